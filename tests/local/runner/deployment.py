"""A small deployment on an emulated AWS: what the program deploys, without Pulumi and without Orthanc."""

import json
from typing import Any

import boto3

from components.iam import policies
from local.workspace import Workspace

PREFIX_LIST = "com.amazonaws.global.cloudfront.origin-facing"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
SERVICE = "com.amazonaws.us-east-1."
PORT = 8042


class Deployment:
    """Network, roles, database, secret, load balancer, cluster and edge; `deploy` makes the service.

    The network has no way out: `endpoints` are its VPC endpoints by service, `admitted` their policies.
    """

    def __init__(self, workspace: Workspace):
        self.workspace = workspace
        self.password = "p0000000000000000000"
        self._network()
        self._access()
        self._endpoints()
        self._database()
        self._balancer()
        self._edge()
        self.client("ecs").create_cluster(clusterName="cluster")

    def client(self, service: str) -> Any:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        return boto3.client(service, endpoint_url=self.workspace.endpoint, **keys)

    def connect(self, source: str, target: str, port: int) -> None:
        """Both halves of a connection between two security groups."""
        ec2 = self.client("ec2")
        rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
        out = [{**rule, "UserIdGroupPairs": [{"GroupId": target}]}]
        ec2.authorize_security_group_egress(GroupId=source, IpPermissions=out)
        into = [{**rule, "UserIdGroupPairs": [{"GroupId": source}]}]
        ec2.authorize_security_group_ingress(GroupId=target, IpPermissions=into)

    def task_definition(self, container: dict[str, Any], **more: Any) -> str:
        """Register a definition; answers its ARN."""
        answer = self.client("ecs").register_task_definition(
            family="task",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            executionRoleArn=self.execution_role,
            taskRoleArn=self.task_role,
            containerDefinitions=[container],
            **more,
        )
        return answer["taskDefinition"]["taskDefinitionArn"]

    def deploy(self, task_definition: str, **more: Any) -> None:
        """Create the service."""
        self.client("ecs").create_service(
            cluster="cluster",
            serviceName="service",
            taskDefinition=task_definition,
            launchType="FARGATE",
            networkConfiguration={
                "awsvpcConfiguration": {"subnets": self.subnets, "securityGroups": [self.task_group]}
            },
            loadBalancers=[
                {"targetGroupArn": self.target_group, "containerName": "orthanc", "containerPort": PORT}
            ],
            availabilityZoneRebalancing="DISABLED",
            **{
                "desiredCount": 1,
                "deploymentConfiguration": {
                    "minimumHealthyPercent": 100,
                    "maximumPercent": 200,
                    "deploymentCircuitBreaker": {"enable": True, "rollback": True},
                },
                **more,
            },
        )

    def service(self) -> dict[str, Any]:
        """The service as ECS shows it."""
        return self.client("ecs").describe_services(cluster="cluster", services=["service"])["services"][0]

    def _network(self) -> None:
        ec2 = self.client("ec2")
        self.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(VpcId=self.vpc, InternetGatewayId=gateway)
        self.subnets = [
            ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")[
                "Subnet"
            ]["SubnetId"]
            for n, zone in enumerate("ab")
        ]

        def group(name: str) -> str:
            made = ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc)["GroupId"]
            everywhere = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
            ec2.revoke_security_group_egress(GroupId=made, IpPermissions=[everywhere])
            return made

        self.task_group, self.balancer_group, self.database_group = group("task"), group("balancer"), group("db")
        self.endpoints_group = group("endpoints")
        self.connect(self.balancer_group, self.task_group, PORT)
        self.connect(self.task_group, self.database_group, 5432)
        self.connect(self.task_group, self.endpoints_group, 443)

        def listed(name: str, port: int) -> list[dict[str, Any]]:
            named = [{"Name": "prefix-list-name", "Values": [name]}]
            [found] = ec2.describe_managed_prefix_lists(Filters=named)["PrefixLists"]
            peer = [{"PrefixListId": found["PrefixListId"]}]
            return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "PrefixListIds": peer}]

        ec2.authorize_security_group_ingress(GroupId=self.balancer_group, IpPermissions=listed(PREFIX_LIST, 80))
        ec2.authorize_security_group_egress(GroupId=self.task_group, IpPermissions=listed(f"{SERVICE}s3", 443))

    def _access(self) -> None:
        iam = self.client("iam")
        trust = policies.assumed_by("ecs-tasks.amazonaws.com")
        self.client("logs").create_log_group(logGroupName="tasks")
        self.repository = self.client("ecr").create_repository(repositoryName="image")["repository"]
        value = json.dumps({"password": self.password})
        self.secret = self.client("secretsmanager").create_secret(Name="database", SecretString=value)["ARN"]
        log_group = f"arn:aws:logs:us-east-1:{iam.get_user()['User']['Arn'].split(':')[4]}:log-group:tasks"
        allowed = policies.execution_role(self.repository["repositoryArn"], log_group, [self.secret])
        self.bucket = "arn:aws:s3:::images"
        self.client("s3").create_bucket(Bucket="images")
        use = policies.use_bucket(self.bucket, "arn:aws:kms:us-east-1:123456789012:key/none")
        self.documents = [policies.pull_layers("aws", "us-east-1"), allowed, use]
        services = ("s3", "ecr.api", "ecr.dkr", "logs", "secretsmanager")
        self.admitted = {service: policies.endpoint(service, self.documents) for service in services}
        self.execution_role, self.task_role = (
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
            for name in ("execution", "task")
        )
        iam.put_role_policy(RoleName="execution", PolicyName="execution", PolicyDocument=allowed)
        iam.put_role_policy(RoleName="task", PolicyName="task", PolicyDocument=use)

    def admit(self, service: str, policy: str) -> None:
        """Put a policy on the endpoint of a service."""
        self.client("ec2").modify_vpc_endpoint(VpcEndpointId=self.endpoints[service], PolicyDocument=policy)

    def _endpoints(self) -> None:
        ec2 = self.client("ec2")
        in_vpc = [{"Name": "vpc-id", "Values": [self.vpc]}]
        [table] = ec2.describe_route_tables(Filters=in_vpc)["RouteTables"]
        gateway = {"VpcEndpointType": "Gateway", "RouteTableIds": [table["RouteTableId"]]}
        self.endpoints: dict[str, str] = {}
        for service in self.admitted:
            self.add_endpoint(service, self.documents, gateway if service == "s3" else None)

    def add_endpoint(self, service: str, documents: list[str], kind: dict[str, Any] | None = None) -> None:
        """Add the endpoint of a service, an interface unless `kind` says otherwise, for roles with `documents`."""
        interface = {"VpcEndpointType": "Interface", "SubnetIds": self.subnets, "PrivateDnsEnabled": True}
        made = self.client("ec2").create_vpc_endpoint(
            VpcId=self.vpc,
            ServiceName=f"{SERVICE}{service}",
            PolicyDocument=policies.endpoint(service, documents),
            **(kind or interface | {"SecurityGroupIds": [self.endpoints_group]}),
        )
        self.endpoints[service] = made["VpcEndpoint"]["VpcEndpointId"]

    def _database(self) -> None:
        rds = self.client("rds")
        rds.create_db_subnet_group(DBSubnetGroupName="db", DBSubnetGroupDescription="db", SubnetIds=self.subnets)
        rds.create_db_parameter_group(
            DBParameterGroupName="db", DBParameterGroupFamily="postgres17", Description="db"
        )
        forced = {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "immediate"}
        rds.modify_db_parameter_group(DBParameterGroupName="db", Parameters=[forced])
        instance = rds.create_db_instance(
            DBInstanceIdentifier="db",
            DBInstanceClass="db.t4g.micro",
            Engine="postgres",
            EngineVersion="17",
            AllocatedStorage=20,
            DBName="orthanc",
            MasterUsername="orthanc",
            MasterUserPassword=self.password,
            DBSubnetGroupName="db",
            DBParameterGroupName="db",
            VpcSecurityGroupIds=[self.database_group],
        )["DBInstance"]
        self.database_host = instance["Endpoint"]["Address"]

    def _balancer(self) -> None:
        elb = self.client("elbv2")
        self.balancer = elb.create_load_balancer(
            Name="balancer", Subnets=self.subnets, SecurityGroups=[self.balancer_group], Scheme="internal"
        )["LoadBalancers"][0]
        self.target_group = elb.create_target_group(
            Name="tasks",
            Protocol="HTTP",
            Port=PORT,
            VpcId=self.vpc,
            TargetType="ip",
            HealthCheckPath="/system",
            Matcher={"HttpCode": "200,401"},
            HealthCheckIntervalSeconds=5,
            HealthCheckTimeoutSeconds=2,
            UnhealthyThresholdCount=2,
        )["TargetGroups"][0]["TargetGroupArn"]
        sticky = {"stickiness.enabled": "true", "stickiness.type": "lb_cookie"}
        attributes = [{"Key": key, "Value": value} for key, value in sticky.items()]
        elb.modify_target_group_attributes(TargetGroupArn=self.target_group, Attributes=attributes)
        elb.create_listener(
            LoadBalancerArn=self.balancer["LoadBalancerArn"],
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": self.target_group}],
        )

    def _edge(self) -> None:
        cloudfront = self.client("cloudfront")
        endpoint = {
            "Name": "origin",
            "Arn": self.balancer["LoadBalancerArn"],
            "HTTPPort": 80,
            "HTTPSPort": 443,
            "OriginProtocolPolicy": "http-only",
            "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
        }
        origin = cloudfront.create_vpc_origin(VpcOriginEndpointConfig=endpoint)["VpcOrigin"]["Id"]
        methods = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
        self.distribution = cloudfront.create_distribution(
            DistributionConfig={
                "CallerReference": "1",
                "Comment": "",
                "Enabled": True,
                "Origins": {
                    "Quantity": 1,
                    "Items": [
                        {
                            "Id": "balancer",
                            "DomainName": self.balancer["DNSName"],
                            "VpcOriginConfig": {"VpcOriginId": origin, "OriginReadTimeout": 5},
                        }
                    ],
                },
                "DefaultCacheBehavior": {
                    "TargetOriginId": "balancer",
                    "ViewerProtocolPolicy": "https-only",
                    "AllowedMethods": {
                        "Quantity": 7,
                        "Items": methods,
                        "CachedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]},
                    },
                    "CachePolicyId": CACHING_DISABLED,
                    "OriginRequestPolicyId": ALL_VIEWER,
                },
            }
        )["Distribution"]
