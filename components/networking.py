"""The VPC: two zones with private subnets for tasks, isolated ones for data, public ones only for NAT.

Owns the subnets, the way out (NAT gateways, or interface endpoints where there are none), the S3 gateway endpoint
and the flow logs. Who may talk to whom is not decided here but in `security_groups`.
"""

import pulumi
import pulumi_aws as aws
import pulumi_awsx as awsx

from components import policies
from components.security_groups import HTTPS_PORT, SecurityGroups
from components.settings import Settings

ZONES = 2

# Zones, by id, in which CloudFront cannot reach a VPC origin (CloudFront Developer Guide, "Restrict access with
# VPC origins"); a load balancer there would be deployed and never answer.
ZONES_WITHOUT_VPC_ORIGINS = ["use1-az3", "usw1-az2", "apne1-az3", "cac1-az3"]

# What a Fargate task calls before and while it runs: image manifest and layers (the layers themselves come from
# S3), its secrets, its log group (Amazon ECR User Guide, "Interface VPC endpoints").
SERVICES_OF_A_TASK = ["ecr.api", "ecr.dkr", "logs", "secretsmanager"]

_NAT_STRATEGIES = {
    "none": awsx.ec2.NatGatewayStrategy.NONE,
    "single": awsx.ec2.NatGatewayStrategy.SINGLE,
    "onePerZone": awsx.ec2.NatGatewayStrategy.ONE_PER_AZ,
}


class Networking(pulumi.ComponentResource):
    """The network of one stack.

    `vpc_id: Output[str]`, `private_subnet_ids` and `isolated_subnet_ids: Output[Sequence[str]]` (one a zone),
    `security_groups: SecurityGroups`, and `vpc`, the awsx component, to depend on as a whole: a CloudFront VPC
    origin needs the internet gateway that awsx makes, although no route of ours leads through it without NAT.
    """

    vpc_id: pulumi.Output[str]

    def __init__(self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None):
        """Builds the network that `settings` ask for."""
        super().__init__("orthanc:networking:Networking", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)

        self.vpc = self._build_vpc(name, settings)
        self.vpc_id = self.vpc.vpc_id
        self.private_subnet_ids = self.vpc.private_subnet_ids
        self.isolated_subnet_ids = self.vpc.isolated_subnet_ids

        s3 = aws.ec2.VpcEndpoint(
            f"{name}-s3",
            vpc_id=self.vpc_id,
            vpc_endpoint_type="Gateway",
            service_name=_service_name("s3"),
            # Images and ECR's layers reach S3 over this free route and never pay for NAT.
            route_table_ids=self.vpc.route_tables.apply(
                lambda tables: pulumi.Output.all(*[table.id for table in tables])
            ),
            opts=self._child,
        )
        self.security_groups = SecurityGroups(
            f"{name}-sg",
            settings,
            vpc_id=self.vpc_id,
            s3_prefix_list_id=s3.prefix_list_id,
            opts=self._child,
        )
        if settings.nat_gateways == "none":
            self._reach_aws_without_nat(name)
        if settings.enable_vpc_flow_logs:
            self._log_flows(name, settings)
        self.register_outputs({"vpcId": self.vpc_id})

    def _build_vpc(self, name: str, settings: Settings) -> awsx.ec2.Vpc:
        zones = aws.get_availability_zones(
            state="available",
            exclude_zone_ids=ZONES_WITHOUT_VPC_ORIGINS,
            # Neither local zones nor those that an account must opt into have what the system needs.
            filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
        )
        # The place of the public subnets stays reserved without NAT, so that turning NAT on or off moves no
        # other subnet: moving one would replace the database.
        public = awsx.ec2.SubnetType.UNUSED if settings.nat_gateways == "none" else awsx.ec2.SubnetType.PUBLIC
        subnets = [
            awsx.ec2.SubnetSpecArgs(type=public, name="public"),
            awsx.ec2.SubnetSpecArgs(type=awsx.ec2.SubnetType.PRIVATE, name="private"),
            awsx.ec2.SubnetSpecArgs(type=awsx.ec2.SubnetType.ISOLATED, name="isolated"),
        ]
        return awsx.ec2.Vpc(
            name,
            cidr_block=settings.vpc_cidr,
            availability_zone_names=zones.names[:ZONES],
            subnet_strategy=awsx.ec2.SubnetAllocationStrategy.AUTO,
            subnet_specs=subnets,
            nat_gateways=awsx.ec2.NatGatewayConfigurationArgs(strategy=_NAT_STRATEGIES[settings.nat_gateways]),
            enable_dns_hostnames=True,  # EFS and private endpoints are found by name
            enable_dns_support=True,
            opts=self._child,
        )

    def _reach_aws_without_nat(self, name: str) -> None:
        security_group = self.security_groups.reached_by_tasks(
            "endpoints", "Interface endpoints of AWS services", HTTPS_PORT
        )
        for service in SERVICES_OF_A_TASK:
            aws.ec2.VpcEndpoint(
                f"{name}-{service.replace('.', '-')}",
                vpc_id=self.vpc_id,
                vpc_endpoint_type="Interface",
                service_name=_service_name(service),
                subnet_ids=self.private_subnet_ids,
                security_group_ids=[security_group.id],
                private_dns_enabled=True,
                opts=self._child,
            )

    def _log_flows(self, name: str, settings: Settings) -> None:
        log_group = aws.cloudwatch.LogGroup(
            f"{name}-flow-logs", retention_in_days=settings.log_retention_days, opts=self._child
        )
        role = aws.iam.Role(
            f"{name}-flow-logs",
            assume_role_policy=policies.assumed_by("vpc-flow-logs.amazonaws.com"),
            opts=self._child,
        )
        policy = aws.iam.RolePolicy(
            f"{name}-flow-logs",
            role=role.id,
            policy=log_group.arn.apply(policies.write_flow_logs),
            opts=self._child,
        )
        aws.ec2.FlowLog(
            f"{name}-flow-logs",
            vpc_id=self.vpc_id,
            traffic_type="ALL",
            log_destination=log_group.arn,
            iam_role_arn=role.arn,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )


def _service_name(service: str) -> str:
    return f"com.amazonaws.{aws.get_region().region}.{service}"
