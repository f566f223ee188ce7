"""A new VPC in two Availability Zones: private subnets for tasks, isolated ones for data, public ones if needed.

Creates the subnets, NAT gateways or interface endpoints, the S3 gateway endpoint, and the flow logs. Who can
connect to whom is defined in `security_groups`, and what the endpoints allow in `endpoint_policies`.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws
import pulumi_awsx as awsx

from components.config import Settings, ports
from components.iam import policies, roles
from components.iam.keys import Keys
from components.iam.task_services import service_name, services_of_tasks
from components.network.network import Network
from components.network.security_groups import SecurityGroups
from components.preflight import memory

_NAT_STRATEGIES = {
    "none": awsx.ec2.NatGatewayStrategy.NONE,
    "single": awsx.ec2.NatGatewayStrategy.SINGLE,
    "onePerZone": awsx.ec2.NatGatewayStrategy.ONE_PER_AZ,
}


class NewVpc(Network):
    """The network of one stack.

    `origin_needs` is the whole awsx component: a VPC origin requires the internet gateway that awsx creates,
    although without NAT no route leads through it.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        keys: Keys,
        zones: Sequence[str],
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Creates the network according to `settings` in `zones` (by name), and records the zones."""
        super().__init__("orthanc:network:NewVpc", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)

        memory.remember(
            f"{name}-zones",
            memory.ZONES,
            ",".join(zones),
            "The zones of the stack's subnets: they stay, whatever zones AWS lists later",
            parent=self,
        )
        vpc = self._build_vpc(name, settings, zones)
        self.vpc_id = vpc.vpc_id
        self.private_subnet_ids = vpc.private_subnet_ids
        self.isolated_subnet_ids = vpc.isolated_subnet_ids
        self.public_subnet_ids = vpc.public_subnet_ids
        self.isolated_subnets = len(zones)
        self.origin_needs = [vpc]

        s3 = aws.ec2.VpcEndpoint(
            f"{name}-s3",
            vpc_id=self.vpc_id,
            vpc_endpoint_type="Gateway",
            service_name=service_name("s3", settings.account.region),
            # DICOM files and ECR's image layers use this free route to S3, so they cause no NAT charges.
            route_table_ids=vpc.route_tables.apply(
                lambda tables: pulumi.Output.all(*[table.id for table in tables])
            ),
            opts=self._child,
        )
        self.endpoints = {"s3": s3}
        self.security_groups = SecurityGroups(f"{name}-sg", settings, vpc_id=self.vpc_id, opts=self._child)
        if settings.nat_gateways == "none":
            self.security_groups.let_tasks_call_s3(s3.prefix_list_id)
            self.endpoints |= self._endpoints_of_tasks(name, settings)
        else:
            self.security_groups.let_tasks_call_anybody()
        if settings.enable_vpc_flow_logs:
            self._log_flows(name, settings, keys)
        self.register_outputs({"vpcId": self.vpc_id})

    def _build_vpc(self, name: str, settings: Settings, zones: Sequence[str]) -> awsx.ec2.Vpc:
        # The address range of public subnets stays reserved if nothing needs them. Otherwise adding or removing
        # them would move other subnets, which would replace the database.
        public = awsx.ec2.SubnetType.PUBLIC if settings.public_subnets_needed else awsx.ec2.SubnetType.UNUSED
        subnets = [
            awsx.ec2.SubnetSpecArgs(type=public, name="public"),
            awsx.ec2.SubnetSpecArgs(type=awsx.ec2.SubnetType.PRIVATE, name="private"),
            awsx.ec2.SubnetSpecArgs(type=awsx.ec2.SubnetType.ISOLATED, name="isolated"),
        ]
        return awsx.ec2.Vpc(
            name,
            cidr_block=settings.vpc_cidr,
            availability_zone_names=list(zones),
            subnet_strategy=awsx.ec2.SubnetAllocationStrategy.AUTO,
            subnet_specs=subnets,
            nat_gateways=awsx.ec2.NatGatewayConfigurationArgs(strategy=_NAT_STRATEGIES[settings.nat_gateways]),
            enable_dns_hostnames=True,  # EFS and private endpoints are found by name
            enable_dns_support=True,
            opts=self._child,
        )

    def _endpoints_of_tasks(self, name: str, settings: Settings) -> dict[str, aws.ec2.VpcEndpoint]:
        security_group = self.security_groups.reached_by_tasks(
            "endpoints", "Interface endpoints of AWS services", ports.HTTPS
        )
        return {
            service: aws.ec2.VpcEndpoint(
                f"{name}-{service.replace('.', '-')}",
                vpc_id=self.vpc_id,
                vpc_endpoint_type="Interface",
                service_name=service_name(service, settings.account.region),
                subnet_ids=self.private_subnet_ids,
                security_group_ids=[security_group.id],
                private_dns_enabled=True,
                opts=self._child,
            )
            for service in services_of_tasks(settings)
        }

    def _log_flows(self, name: str, settings: Settings, keys: Keys) -> None:
        log_group = aws.cloudwatch.LogGroup(
            f"{name}-flow-logs",
            retention_in_days=settings.log_retention_days,
            kms_key_id=keys.logs_arn,
            opts=self._child,
        )
        role_arn = roles.build(
            f"{name}-flow-logs",
            settings,
            service="vpc-flow-logs.amazonaws.com",
            document=log_group.arn.apply(policies.write_flow_logs),
            opts=self._child,
        )
        aws.ec2.FlowLog(
            f"{name}-flow-logs",
            vpc_id=self.vpc_id,
            traffic_type="ALL",
            log_destination=log_group.arn,
            iam_role_arn=role_arn,
            opts=self._child,
        )
