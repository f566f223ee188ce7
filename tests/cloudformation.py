"""What CloudFormation's resource schemas say about the inputs of a deployed resource.

cfn-lint ships the schemas: for each type the patterns, enumerations, bounds and lengths that its service keeps,
where the service has published them. Properties are found by their folded names, at each depth.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any

import regex
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from offline.stand_ins.aws import load
from offline.stand_ins.mapping import fold
from offline.stand_ins.table import ROWS

load()

_REGION = "us-east-1"
_NOT_COMPARED = {"tags", "tagsAll", "region", "__defaults"}

# Types of the aws SDK, and what CloudFormation calls them; behind a slash the property that is a resource of its
# own in the SDK.
TYPES: Mapping[str, str] = {
    "acm/certificate:Certificate": "AWS::CertificateManager::Certificate",
    "appautoscaling/policy:Policy": "AWS::ApplicationAutoScaling::ScalingPolicy",
    "appautoscaling/target:Target": "AWS::ApplicationAutoScaling::ScalableTarget",
    "backup/plan:Plan": "AWS::Backup::BackupPlan/BackupPlan",
    "backup/selection:Selection": "AWS::Backup::BackupSelection/BackupSelection",
    "backup/vault:Vault": "AWS::Backup::BackupVault",
    "backup/vaultLockConfiguration:VaultLockConfiguration": "AWS::Backup::BackupVault/LockConfiguration",
    "budgets/budget:Budget": "AWS::Budgets::Budget/Budget",
    "cloudfront/distribution:Distribution": "AWS::CloudFront::Distribution/DistributionConfig",
    "cloudfront/function:Function": "AWS::CloudFront::Function",
    "cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": (
        "AWS::CloudFront::ResponseHeadersPolicy/ResponseHeadersPolicyConfig"
    ),
    "cloudfront/vpcOrigin:VpcOrigin": "AWS::CloudFront::VpcOrigin",
    "cloudtrail/trail:Trail": "AWS::CloudTrail::Trail",
    "cloudwatch/dashboard:Dashboard": "AWS::CloudWatch::Dashboard",
    "cloudwatch/eventRule:EventRule": "AWS::Events::Rule",
    "cloudwatch/eventTarget:EventTarget": "AWS::Events::Rule/Targets",
    "cloudwatch/logDelivery:LogDelivery": "AWS::Logs::Delivery",
    "cloudwatch/logDeliveryDestination:LogDeliveryDestination": "AWS::Logs::DeliveryDestination",
    "cloudwatch/logDeliverySource:LogDeliverySource": "AWS::Logs::DeliverySource",
    "cloudwatch/logGroup:LogGroup": "AWS::Logs::LogGroup",
    "cloudwatch/metricAlarm:MetricAlarm": "AWS::CloudWatch::Alarm",
    "ec2/defaultSecurityGroup:DefaultSecurityGroup": "AWS::EC2::SecurityGroup",
    "ec2/eip:Eip": "AWS::EC2::EIP",
    "ec2/flowLog:FlowLog": "AWS::EC2::FlowLog",
    "ec2/internetGateway:InternetGateway": "AWS::EC2::VPCGatewayAttachment",
    "ec2/natGateway:NatGateway": "AWS::EC2::NatGateway",
    "ec2/route:Route": "AWS::EC2::Route",
    "ec2/routeTable:RouteTable": "AWS::EC2::RouteTable",
    "ec2/routeTableAssociation:RouteTableAssociation": "AWS::EC2::SubnetRouteTableAssociation",
    "ec2/securityGroup:SecurityGroup": "AWS::EC2::SecurityGroup",
    "ec2/subnet:Subnet": "AWS::EC2::Subnet",
    "ec2/vpc:Vpc": "AWS::EC2::VPC",
    "ec2/vpcEndpoint:VpcEndpoint": "AWS::EC2::VPCEndpoint",
    "ec2/vpcEndpointPolicy:VpcEndpointPolicy": "AWS::EC2::VPCEndpoint",
    "ecr/lifecyclePolicy:LifecyclePolicy": "AWS::ECR::Repository/LifecyclePolicy",
    "ecr/repository:Repository": "AWS::ECR::Repository",
    "ecs/cluster:Cluster": "AWS::ECS::Cluster",
    "ecs/clusterCapacityProviders:ClusterCapacityProviders": "AWS::ECS::ClusterCapacityProviderAssociations",
    "ecs/service:Service": "AWS::ECS::Service",
    "ecs/taskDefinition:TaskDefinition": "AWS::ECS::TaskDefinition",
    "efs/accessPoint:AccessPoint": "AWS::EFS::AccessPoint",
    "efs/backupPolicy:BackupPolicy": "AWS::EFS::FileSystem",
    "efs/fileSystem:FileSystem": "AWS::EFS::FileSystem",
    "efs/fileSystemPolicy:FileSystemPolicy": "AWS::EFS::FileSystem",
    "efs/mountTarget:MountTarget": "AWS::EFS::MountTarget",
    "iam/policy:Policy": "AWS::IAM::ManagedPolicy",
    "iam/role:Role": "AWS::IAM::Role",
    "iam/rolePolicy:RolePolicy": "AWS::IAM::RolePolicy",
    "kms/key:Key": "AWS::KMS::Key",
    "lb/listener:Listener": "AWS::ElasticLoadBalancingV2::Listener",
    "lb/loadBalancer:LoadBalancer": "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "lb/targetGroup:TargetGroup": "AWS::ElasticLoadBalancingV2::TargetGroup",
    "rds/instance:Instance": "AWS::RDS::DBInstance",
    "rds/parameterGroup:ParameterGroup": "AWS::RDS::DBParameterGroup",
    "rds/subnetGroup:SubnetGroup": "AWS::RDS::DBSubnetGroup",
    "route53/record:Record": "AWS::Route53::RecordSet",
    "s3/bucket:Bucket": "AWS::S3::Bucket",
    "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "AWS::S3::Bucket/LifecycleConfiguration",
    "s3/bucketLogging:BucketLogging": "AWS::S3::Bucket/LoggingConfiguration",
    "s3/bucketNotification:BucketNotification": "AWS::S3::Bucket/NotificationConfiguration",
    "s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": "AWS::S3::Bucket/ObjectLockConfiguration",
    "s3/bucketOwnershipControls:BucketOwnershipControls": "AWS::S3::Bucket/OwnershipControls",
    "s3/bucketPolicy:BucketPolicy": "AWS::S3::BucketPolicy",
    "s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "AWS::S3::Bucket/PublicAccessBlockConfiguration",
    "s3/bucketReplicationConfig:BucketReplicationConfig": "AWS::S3::Bucket/ReplicationConfiguration",
    "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        "AWS::S3::Bucket/BucketEncryption"
    ),
    "s3/bucketVersioning:BucketVersioning": "AWS::S3::Bucket",
    "secretsmanager/secret:Secret": "AWS::SecretsManager::Secret",
    "secretsmanager/secretRotation:SecretRotation": "AWS::SecretsManager::RotationSchedule",
    "secretsmanager/secretVersion:SecretVersion": "AWS::SecretsManager::Secret",
    "sfn/stateMachine:StateMachine": "AWS::StepFunctions::StateMachine",
    "sns/topic:Topic": "AWS::SNS::Topic",
    "sns/topicPolicy:TopicPolicy": "AWS::SNS::TopicPolicy",
    "sns/topicSubscription:TopicSubscription": "AWS::SNS::Subscription",
    "sqs/queue:Queue": "AWS::SQS::Queue",
    "sqs/queuePolicy:QueuePolicy": "AWS::SQS::QueuePolicy",
    "ssm/parameter:Parameter": "AWS::SSM::Parameter",
    "vpc/securityGroupEgressRule:SecurityGroupEgressRule": "AWS::EC2::SecurityGroupEgress",
    "vpc/securityGroupIngressRule:SecurityGroupIngressRule": "AWS::EC2::SecurityGroupIngress",
    "wafv2/ipSet:IpSet": "AWS::WAFv2::IPSet",
    "wafv2/webAcl:WebAcl": "AWS::WAFv2::WebACL",
    "wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": "AWS::WAFv2::LoggingConfiguration",
}

# Properties, at any depth, whose names do not fold into each other; those of the stand-ins' rows count, too.
_RENAMED: Mapping[str, Mapping[str, str]] = {
    "AWS::Backup::BackupPlan": {
        "rules": "BackupPlanRule",
        "schedule": "ScheduleExpression",
        "targetVaultName": "TargetBackupVault",
        "startWindow": "StartWindowMinutes",
        "completionWindow": "CompletionWindowMinutes",
        "deleteAfter": "DeleteAfterDays",
    },
    "AWS::CloudFront::Distribution": {"isIpv6Enabled": "IPV6Enabled", "originId": "Id"},
    "AWS::CloudFront::Function": {"code": "FunctionCode"},
    "AWS::CloudWatch::Alarm": {"metricQueries": "Metrics"},
    "AWS::EC2::SecurityGroup": {"description": "GroupDescription", "name": "GroupName"},
    "AWS::EC2::SecurityGroupEgress": {"cidrIpv4": "CidrIp", "prefixListId": "DestinationPrefixListId"},
    "AWS::EC2::SecurityGroupIngress": {"cidrIpv4": "CidrIp", "prefixListId": "SourcePrefixListId"},
    "AWS::ECS::Cluster": {"settings": "ClusterSettings"},
    "AWS::Events::Rule": {"inputPaths": "InputPathsMap"},
    "AWS::KMS::Key": {"policy": "KeyPolicy", "deletionWindowInDays": "PendingWindowInDays"},
    "AWS::RDS::DBInstance": {"vpcSecurityGroupIds": "VPCSecurityGroups"},
    "AWS::Route53::RecordSet": {"records": "ResourceRecords"},
    "AWS::S3::BucketPolicy": {"policy": "PolicyDocument"},
    "AWS::S3::Bucket": {
        "rules": "ServerSideEncryptionConfiguration",
        "applyServerSideEncryptionByDefault": "ServerSideEncryptionByDefault",
    },
}

# Properties whose patterns are stricter than the service, with what shows it.
_STRICTER: Mapping[tuple[str, str], str] = {
    ("AWS::WAFv2::WebACL", "description"): "WAF's own model has \\w, which takes an underscore",
}


class Checked:
    """What was compared, and what CloudFormation's schemas say against it.

    `types` of CloudFormation; `properties` as (type, path) pairs, of which `unknown` have no counterpart; `rules`
    counts how often a value was compared with one.
    """

    def __init__(self) -> None:
        self.types: set[str] = set()
        self.properties: set[tuple[str, str]] = set()
        self.unknown: set[tuple[str, str]] = set()
        self.rules = 0
        self.problems: list[str] = []

    def check(self, kind: str, name: str, inputs: Mapping[str, Any], *, made_up: Collection[str] = ()) -> None:
        """Compare the inputs of one resource; values in `made_up` stand for what AWS gives, and are left out."""
        path = TYPES.get(kind.removeprefix("aws:"))
        if path is None:
            return
        type, *parts = path.split("/")
        self.types.add(type)
        renamed = {**ROWS[kind].names, **_RENAMED.get(type, {})}
        walk = _Walk(self, type, f"{kind} {name}", renamed, frozenset(made_up))
        schema = walk.root
        for part in parts:
            schema = walk.resolved(walk.resolved(schema)["properties"][part])
            schema = schema.get("items", schema)
        given = {key: value for key, value in inputs.items() if key not in _NOT_COMPARED}
        walk.object(given, walk.resolved(schema), "", required=False)


class _Walk:
    """One resource next to its schema."""

    def __init__(self, checked: Checked, type: str, who: str, renamed: Mapping[str, str], made_up: frozenset[str]):
        self.checked, self.type, self.who, self.renamed, self.made_up = checked, type, who, renamed, made_up
        self.root = _schema(type)

    def resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            found: Any = self.root
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema

    def object(self, value: Mapping[str, Any], schema: Mapping[str, Any], path: str, *, required: bool) -> None:
        names = schema.get("properties", {})
        # A name itself comes before its plural: DeliverySource has ResourceArn and ResourceArns.
        folded = {fold(name): name for name in sorted(names, key=len, reverse=True)}
        found = set()
        for key, part in value.items():
            name = folded.get(fold(self.renamed.get(key, ""))) or folded.get(fold(key))
            where = f"{path}.{key}".removeprefix(".")
            self.checked.properties.add((self.type, where))
            if not name:
                self.checked.unknown.add((self.type, where))
                continue
            found.add(name)
            self.value(part, schema["properties"][name], where)
        missing = set(schema.get("required", ())) - found if required else set()
        if missing:
            self.says(path, f"lacks {', '.join(sorted(missing))}")

    def value(self, value: Any, schema: Mapping[str, Any], path: str) -> None:
        schema = self.resolved(schema)
        if value is None or (isinstance(value, str) and value in self.made_up):
            return
        if isinstance(value, str) and schema.get("type") in ("object", "array"):
            value = json.loads(value)  # such as policies and container definitions
        if isinstance(value, Mapping) and "properties" in schema:
            self.object(value, schema, path, required=True)
        elif isinstance(value, list) and "items" in schema:
            for part in value:
                self.value(part, schema["items"], path)
        for rule, text in _rules(value, schema):
            if rule == "pattern" and (self.type, path) in _STRICTER:
                continue
            self.checked.rules += 1
            if text:
                self.says(path, f"{value!r} {text} ({rule})")
        for branches in (schema.get("anyOf"), schema.get("oneOf")):
            if branches:
                self.one_of(value, branches, path)

    def one_of(self, value: Any, branches: list[Any], path: str) -> None:
        """Of several schemas the value has to fit one."""
        before = list(self.checked.problems)
        wrong: list[str] = []
        for branch in branches:
            self.checked.problems = []
            self.value(value, branch, path)
            if not self.checked.problems:
                self.checked.problems = before
                return
            wrong += self.checked.problems
        self.checked.problems = before + wrong

    def says(self, path: str, text: str) -> None:
        self.checked.problems.append(f"{self.who}: {path} {text}")


def _rules(value: Any, schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each rule of the schema that is about such a value, and what the value breaks of it, if it does."""
    number, text, several = type(value) in (int, float), type(value) is str, type(value) is list
    size: Any = value if number else len(value) if text or several else 0
    rules: dict[str, tuple[bool, Any]] = {
        "pattern": (text, lambda rule: regex.search(rule, value)),
        "enum": (text or number, lambda rule: value in rule or str(value) in rule),
        "enumCaseInsensitive": (text, lambda rule: value.lower() in [each.lower() for each in rule]),
        "minLength": (text, lambda rule: size >= rule),
        "maxLength": (text, lambda rule: size <= rule),
        "minimum": (number, lambda rule: size >= rule),
        "maximum": (number, lambda rule: size <= rule),
        "multipleOf": (number, lambda rule: size % rule == 0),
        "minItems": (several, lambda rule: size >= rule),
        "maxItems": (several, lambda rule: size <= rule),
    }
    for name, (concerns, holds) in rules.items():
        if name in schema and concerns:
            yield name, "" if holds(schema[name]) else f"breaks {schema[name]!r}"


@cache
def _schema(type: str) -> Mapping[str, Any]:
    return PROVIDER_SCHEMA_MANAGER.get_resource_schema(_REGION, type).schema
