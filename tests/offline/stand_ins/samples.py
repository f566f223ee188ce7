"""A sample of every resource type that the aws stand-in knows: inputs as the program gives them, and changes."""

import json
import os
from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

from components.config.account import Account
from components.iam import key_policies, policies
from components.service.rotation import new_value_of, state_machine
from offline.stand_ins.aws import Aws

Inputs = dict[str, Any]


def policy(effect: str, action: str, resource: str, **more: Any) -> str:
    """A policy of one statement."""
    statement = {"Effect": effect, "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(service: str) -> str:
    """A role's trust policy."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Made(NamedTuple):
    """A resource that exists."""

    kind: str
    id: str
    inputs: Inputs
    outputs: Inputs


class World:
    """Resources of one account; those that a sample only refers to are shared."""

    def __init__(self, aws: Aws):
        self._aws = aws
        self._shared: dict[str, Made] = {}

    def __getitem__(self, name: str) -> Made:
        """The shared resource of the sample `name`, or of a second one under `name#2`."""
        if name not in self._shared:
            self._shared[name] = self.make(name.partition("#")[0])
        return self._shared[name]

    def make(self, name: str, /, **changed: Any) -> Made:
        """A new resource of the sample, with other inputs as given; None leaves one out, as in the engine."""
        sample = SAMPLES[name]
        given = {key: value for key, value in (sample.inputs(self) | changed).items() if value is not None}
        inputs = self._aws.check(sample.kind, given, {}, name, os.urandom(8))
        return Made(sample.kind, *self._split(self._aws.create(sample.kind, inputs, print), inputs))

    @cached_property
    def zone(self) -> str:
        """The id of a public hosted zone, example.org, which the program is given."""
        made = self._aws.client("route53").create_hosted_zone(Name="example.org", CallerReference="1")
        return made["HostedZone"]["Id"].rpartition("/")[2]

    @cached_property
    def log_bucket(self) -> str:
        """A bucket that takes access logs, as the documents tell its owner."""
        s3, account = self._aws.client("s3"), "123456789012"
        s3.create_bucket(Bucket=LOG_BUCKET)
        s3.put_bucket_policy(
            Bucket=LOG_BUCKET, Policy=policies.write_access_logs(f"arn:aws:s3:::{LOG_BUCKET}", account)
        )
        return LOG_BUCKET

    def versioned(self) -> str:
        """The name of a new bucket that keeps versions."""
        return self.make("versioning", bucket=self.make("bucket").id).id

    @staticmethod
    def _split(created: tuple[str, Inputs], inputs: Inputs) -> tuple[str, Inputs, Inputs]:
        return created[0], inputs, created[1]


class Sample(NamedTuple):
    """`change`: what an update changes in place."""

    kind: str
    inputs: Callable[[World], Inputs]
    change: Inputs = {}  # noqa: RUF012


def _sample(token: str, inputs: Callable[[World], Inputs], change: Inputs | None = None) -> Sample:
    return Sample(f"aws:{token}", inputs, change or {})


def _tracking(metric: str, target: float, **more: str) -> Inputs:
    specification = {"predefinedMetricType": metric, **more}
    return {"targetValue": target, "scaleInCooldown": 300, "predefinedMetricSpecification": specification}


def _requests(listener: Made) -> Inputs:
    balancer = listener.inputs["loadBalancerArn"].partition(":loadbalancer/")[2]
    group = listener.inputs["defaultActions"][0]["targetGroupArn"].rpartition(":")[2]
    label = f"{balancer}/{group}"
    return _tracking("ALBRequestCountPerTarget", 1500, resourceLabel=label)


LOG_BUCKET = "logs-of-the-owner"
_FORBIDDEN = {"statusCode": "403", "contentType": "text/plain", "messageBody": "no"}
_CORS = {
    "accessControlAllowOrigins": {"items": ["https://viewer.example.org"]},
    "accessControlAllowCredentials": True,
    "accessControlAllowMethods": {"items": ["GET"]},
    "accessControlAllowHeaders": {"items": ["Accept"]},
    "originOverride": True,
}
_SECURITY = {
    "strictTransportSecurity": {"accessControlMaxAgeSec": 31536000, "override": True},
    "frameOptions": {"frameOption": "SAMEORIGIN", "override": True},
}
_VISIBLE = {"cloudwatchMetricsEnabled": True, "metricName": "edge", "sampledRequestsEnabled": True}
_LIMIT = {"limit": 100, "aggregateKeyType": "IP", "evaluationWindowSec": 300}
_COUNTED = [{"name": "SizeRestrictions_BODY", "actionToUse": {"count": {}}}]
_COMMON = {
    "managedRuleGroupStatement": {
        "vendorName": "AWS",
        "name": "AWSManagedRulesCommonRuleSet",
        "ruleActionOverrides": _COUNTED,
    }
}
_SHELLS = {
    "executeCommandConfiguration": {
        "kmsKeyId": "arn:key",
        "logging": "OVERRIDE",
        "logConfiguration": {"cloudWatchLogGroupName": "exec", "cloudWatchEncryptionEnabled": True},
    }
}
OWNER = Account("aws", "123456789012", "us-east-1")
_HEALTH = {"path": "/system", "matcher": "200,401", "interval": 15, "timeout": 10, "healthyThreshold": 2}
_CONTAINER = {"name": "orthanc", "image": "orthanc", "cpu": 0, "essential": True}
_READ_WRITE = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
_IMAGES = {"tagStatus": "any", "countType": "imageCountMoreThan"}


def _expiry(images: int) -> str:
    rule = {"rulePriority": 1, "selection": {**_IMAGES, "countNumber": images}, "action": {"type": "expire"}}
    return json.dumps({"rules": [rule]})


def _rule(world: World) -> Inputs:
    return {
        "securityGroupId": world["group"].id,
        "referencedSecurityGroupId": world["group#2"].id,
        "ipProtocol": "tcp",
        "fromPort": 80,
        "toPort": 80,
        "description": "From the other",
    }


def _waf_rule(priority: int, statement: Inputs, **more: Any) -> Inputs:
    rule = {"name": f"rule-{priority}", "priority": priority, "statement": statement}
    return {**rule, "visibilityConfig": _VISIBLE, **more}


def _copied(world: World, markers: str) -> Inputs:
    return {
        "id": "everything",
        "status": "Enabled",
        "priority": 0,
        "filter": {"prefix": ""},
        "deleteMarkerReplication": {"status": markers},
        "sourceSelectionCriteria": {"sseKmsEncryptedObjects": {"status": "Enabled"}},
        "destination": {
            "bucket": f"arn:aws:s3:::{world.versioned()}",
            "encryptionConfiguration": {"replicaKmsKeyId": world["key"].outputs["arn"]},
        },
    }


def _backup_rule(vault: str, days: int) -> Inputs:
    times = {"schedule": "cron(0 3 ? * * *)", "startWindow": 120, "completionWindow": 10080}
    return {"ruleName": "daily", "targetVaultName": vault, **times, "lifecycle": {"deleteAfter": days}}


def _measured(id: str) -> Inputs:
    """A query of an alarm that computes something of several metrics."""
    metric = {"namespace": "AWS/ApplicationELB", "metricName": id, "dimensions": {"LoadBalancer": "app/web/1"}}
    return {"id": id, "metric": metric | {"stat": "Sum", "period": 300}, "returnData": False}


def _told(percent: int, email: str) -> Inputs:
    """A notification of a budget."""
    return {
        "notificationType": "FORECASTED",
        "comparisonOperator": "GREATER_THAN",
        "threshold": percent,
        "thresholdType": "PERCENTAGE",
        "subscriberEmailAddresses": [email],
    }


def _data_events(bucket: str) -> Inputs:
    fields = [
        {"field": "eventCategory", "equals": ["Data"]},
        {"field": "resources.type", "equals": ["AWS::S3::Object"]},
        {"field": "resources.ARN", "startsWiths": [f"arn:aws:s3:::{bucket}/"]},
    ]
    return {"name": "DICOM files", "fieldSelectors": fields}


def _one_of(world: World) -> Inputs:
    sets = [{"ipSetReferenceStatement": {"arn": world[name].outputs["arn"]}} for name in ("ip-set", "ip-set#2")]
    return {"orStatement": {"statements": sets}}


SAMPLES: dict[str, Sample] = {
    "vpc": _sample(
        "ec2/vpc:Vpc",
        lambda w: {"cidrBlock": "10.0.0.0/16", "enableDnsSupport": True, "enableDnsHostnames": False},
        {"enableDnsHostnames": True, "tags": {"Name": "main"}},
    ),
    "gateway": _sample(
        "ec2/internetGateway:InternetGateway", lambda w: {"vpcId": w["vpc"].id}, {"tags": {"a": "b"}}
    ),
    "other-gateway": _sample("ec2/internetGateway:InternetGateway", lambda w: {"vpcId": w["vpc#2"].id}),
    "subnet-a": _sample(
        "ec2/subnet:Subnet",
        lambda w: {"vpcId": w["vpc"].id, "cidrBlock": "10.0.0.0/24", "availabilityZone": "us-east-1a"},
    ),
    "subnet-b": _sample(
        "ec2/subnet:Subnet",
        lambda w: {"vpcId": w["vpc"].id, "cidrBlock": "10.0.1.0/24", "availabilityZone": "us-east-1b"},
    ),
    "subnet": _sample(
        "ec2/subnet:Subnet",
        lambda w: {
            "vpcId": w["vpc"].id,
            "cidrBlock": "10.0.9.0/24",
            "availabilityZone": "us-east-1a",
            "mapPublicIpOnLaunch": False,
        },
        {"mapPublicIpOnLaunch": True},
    ),
    "table": _sample("ec2/routeTable:RouteTable", lambda w: {"vpcId": w["vpc"].id}, {"tags": {"Name": "t"}}),
    "association": _sample(
        "ec2/routeTableAssociation:RouteTableAssociation",
        lambda w: {"routeTableId": w["table"].id, "subnetId": w["subnet-a"].id},
    ),
    "route": _sample(
        "ec2/route:Route",
        lambda w: {
            "routeTableId": w["table"].id,
            "destinationCidrBlock": "0.0.0.0/0",
            "gatewayId": w["gateway"].id,
        },
    ),
    "address": _sample("ec2/eip:Eip", lambda w: {}, {"tags": {"Name": "nat"}}),
    "nat": _sample(
        "ec2/natGateway:NatGateway",
        lambda w: {"subnetId": w["subnet-a"].id, "allocationId": w.make("address").id},
        {"tags": {"Name": "nat"}},
    ),
    "s3-endpoint": _sample(
        "ec2/vpcEndpoint:VpcEndpoint",
        lambda w: {
            "vpcId": w["vpc"].id,
            "serviceName": "com.amazonaws.us-east-1.s3",
            "vpcEndpointType": "Gateway",
            "routeTableIds": [w["table"].id],
        },
    ),
    "endpoint": _sample(
        "ec2/vpcEndpoint:VpcEndpoint",
        lambda w: {
            "vpcId": w["vpc"].id,
            "serviceName": "com.amazonaws.us-east-1.logs",
            "vpcEndpointType": "Interface",
            "subnetIds": [w["subnet-a"].id, w["subnet-b"].id],
            "securityGroupIds": [w["group"].id],
            "privateDnsEnabled": True,
        },
    ),
    "endpoint-policy": _sample(
        "ec2/vpcEndpointPolicy:VpcEndpointPolicy",
        lambda w: {
            "vpcEndpointId": w["endpoint"].id,
            "policy": policy("Allow", "logs:PutLogEvents", "*", Principal="*"),
        },
        {"policy": policy("Allow", "logs:CreateLogStream", "*", Principal="*")},
    ),
    "group": _sample("ec2/securityGroup:SecurityGroup", lambda w: {"vpcId": w["vpc"].id, "description": "tasks"}),
    "default-group": _sample("ec2/defaultSecurityGroup:DefaultSecurityGroup", lambda w: {"vpcId": w["vpc"].id}),
    "ingress": _sample(
        "vpc/securityGroupIngressRule:SecurityGroupIngressRule", _rule, {"fromPort": 81, "toPort": 81}
    ),
    "egress": _sample("vpc/securityGroupEgressRule:SecurityGroupEgressRule", _rule, {"description": "To it"}),
    "flow-log": _sample(
        "ec2/flowLog:FlowLog",
        lambda w: {
            "vpcId": w["vpc"].id,
            "trafficType": "ALL",
            "logDestination": w["log-group"].outputs["arn"],
            "iamRoleArn": w["role"].outputs["arn"],
        },
    ),
    "role": _sample(
        "iam/role:Role",
        lambda w: {
            "assumeRolePolicy": trust("ecs-tasks.amazonaws.com"),
            "permissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "tags": {"a": "b"},
        },
        {
            "assumeRolePolicy": trust("ec2.amazonaws.com"),
            "permissionsBoundary": "arn:aws:iam::aws:policy/PowerUserAccess",
            "tags": {"c": "d"},
        },
    ),
    "role-policy": _sample(
        "iam/rolePolicy:RolePolicy",
        lambda w: {"role": w["role"].id, "policy": policy("Allow", "s3:GetObject", "arn:aws:s3:::b/*")},
        {"policy": policy("Allow", "s3:GetObject", "arn:aws:s3:::c/*")},
    ),
    "policy": _sample(
        "iam/policy:Policy",
        lambda w: {"policy": policy("Allow", "s3:GetObject", "arn:aws:s3:::b/*"), "tags": {"a": "b"}},
        {"policy": policy("Allow", "s3:GetObject", "arn:aws:s3:::c/*"), "tags": {"c": "d"}},
    ),
    "attachment": _sample(
        "iam/rolePolicyAttachment:RolePolicyAttachment",
        lambda w: {
            "role": w["role"].id,
            "policyArn": "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
        },
    ),
    "key": _sample(
        "kms/key:Key",
        lambda w: {
            "description": "files",
            "enableKeyRotation": True,
            "deletionWindowInDays": 7,
            "policy": key_policies.used_through(OWNER, ["rds", "secretsmanager"]),
        },
        {"description": "DICOM files", "policy": key_policies.used_through(OWNER, ["rds"]), "tags": {"a": "b"}},
    ),
    "logs-key": _sample(
        "kms/key:Key",
        lambda w: {"region": "us-east-1", "policy": key_policies.of_logs(OWNER, sessions=True)},
    ),
    "bucket": _sample("s3/bucket:Bucket", lambda w: {"forceDestroy": True}, {"tags": {"a": "b"}}),
    "versioning": _sample(
        "s3/bucketVersioning:BucketVersioning",
        lambda w: {"bucket": w["bucket"].id, "versioningConfiguration": {"status": "Enabled"}},
        {"versioningConfiguration": {"status": "Suspended"}},
    ),
    "encryption": _sample(
        "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        lambda w: {
            "bucket": w["bucket"].id,
            "rules": [
                {
                    "applyServerSideEncryptionByDefault": {
                        "sseAlgorithm": "aws:kms",
                        "kmsMasterKeyId": w["key"].outputs["arn"],
                    },
                    "bucketKeyEnabled": True,
                }
            ],
        },
        {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
    ),
    "access-block": _sample(
        "s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        lambda w: {
            "bucket": w["bucket"].id,
            "blockPublicAcls": True,
            "ignorePublicAcls": True,
            "blockPublicPolicy": True,
            "restrictPublicBuckets": True,
        },
        {"blockPublicAcls": False},
    ),
    "ownership": _sample(
        "s3/bucketOwnershipControls:BucketOwnershipControls",
        lambda w: {"bucket": w["bucket"].id, "rule": {"objectOwnership": "BucketOwnerEnforced"}},
        {"rule": {"objectOwnership": "BucketOwnerPreferred"}},
    ),
    "bucket-policy": _sample(
        "s3/bucketPolicy:BucketPolicy",
        lambda w: {
            "bucket": w["bucket"].id,
            "policy": policy("Deny", "s3:DeleteBucket", w["bucket"].outputs["arn"], Principal="*"),
        },
        {"policy": policy("Deny", "s3:PutObject", "arn:aws:s3:::b/*", Principal="*")},
    ),
    "lifecycle": _sample(
        "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        lambda w: {
            "bucket": w["bucket"].id,
            "rules": [
                {
                    "id": "tier",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "transitions": [{"days": 30, "storageClass": "INTELLIGENT_TIERING"}],
                }
            ],
        },
        {
            "rules": [
                {
                    "id": "old",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "noncurrentVersionExpiration": {"noncurrentDays": 9},
                }
            ]
        },
    ),
    "bucket-logging": _sample(
        "s3/bucketLogging:BucketLogging",
        lambda w: {"bucket": w["bucket"].id, "targetBucket": w.log_bucket, "targetPrefix": "bucket/"},
    ),
    "bucket-events": _sample(
        "s3/bucketNotification:BucketNotification", lambda w: {"bucket": w["bucket"].id, "eventbridge": True}
    ),
    "queue": _sample(
        "sqs/queue:Queue",
        lambda w: {"sqsManagedSseEnabled": True, "messageRetentionSeconds": 600},
        {"messageRetentionSeconds": 1209600, "tags": {"a": "b"}},
    ),
    "queue-policy": _sample(
        "sqs/queuePolicy:QueuePolicy",
        lambda w: {"queueUrl": w["queue"].id, "policy": policy("Allow", "sqs:SendMessage", "*", Principal="*")},
        {"policy": policy("Deny", "sqs:SendMessage", "*", Principal="*")},
    ),
    "object-lock": _sample(
        "s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
        lambda w: {"bucket": w.versioned(), "rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 30}}},
        {"rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 60}}},
    ),
    "replication": _sample(
        "s3/bucketReplicationConfig:BucketReplicationConfig",
        lambda w: {
            "bucket": w.versioned(),
            "role": w["role"].outputs["arn"],
            "rules": [_copied(w, "Enabled")],
        },
        {"role": "arn:aws:iam::123456789012:role/other"},
    ),
    "vault": _sample(
        "backup/vault:Vault",
        lambda w: {"kmsKeyArn": w["key"].outputs["arn"], "forceDestroy": True},
        {"tags": {"a": "b"}},
    ),
    "vault-lock": _sample(
        "backup/vaultLockConfiguration:VaultLockConfiguration",
        lambda w: {"backupVaultName": w["vault"].id, "minRetentionDays": 7},
        {"minRetentionDays": 14},
    ),
    "plan": _sample(
        "backup/plan:Plan",
        lambda w: {"rules": [_backup_rule(w["vault"].id, 35)]},
        {"tags": {"a": "b"}},
    ),
    "selection": _sample(
        "backup/selection:Selection",
        lambda w: {
            "planId": w["plan"].id,
            "iamRoleArn": w["role"].outputs["arn"],
            "resources": [w["database"].outputs["arn"]],
        },
    ),
    "trail": _sample(
        "cloudtrail/trail:Trail",
        lambda w: {
            "s3BucketName": w.log_bucket,
            "s3KeyPrefix": "trail",
            "kmsKeyId": w["key"].outputs["arn"],
            "enableLogFileValidation": True,
            "includeGlobalServiceEvents": False,
            "advancedEventSelectors": [_data_events("bucket")],
        },
        {"advancedEventSelectors": [_data_events("other")], "tags": {"a": "b"}},
    ),
    "files": _sample(
        "efs/fileSystem:FileSystem",
        lambda w: {
            "encrypted": True,
            "kmsKeyId": w["key"].outputs["arn"],
            "throughputMode": "elastic",
            "lifecyclePolicies": [{"transitionToIa": "AFTER_14_DAYS"}],
        },
        {"throughputMode": "bursting", "lifecyclePolicies": [{"transitionToIa": "AFTER_30_DAYS"}]},
    ),
    "mount-target": _sample(
        "efs/mountTarget:MountTarget",
        lambda w: {
            "fileSystemId": w["files"].id,
            "subnetId": w["subnet-a"].id,
            "securityGroups": [w["group"].id],
        },
    ),
    "access-point": _sample(
        "efs/accessPoint:AccessPoint",
        lambda w: {
            "fileSystemId": w["files"].id,
            "posixUser": {"uid": 999, "gid": 999},
            "rootDirectory": {
                "path": "/orthanc",
                "creationInfo": {"ownerUid": 999, "ownerGid": 999, "permissions": "0750"},
            },
        },
        {"tags": {"a": "b"}},
    ),
    "files-policy": _sample(
        "efs/fileSystemPolicy:FileSystemPolicy",
        lambda w: {
            "fileSystemId": w["files"].id,
            "policy": policy("Deny", "elasticfilesystem:ClientRootAccess", "*", Principal={"AWS": "*"}),
        },
        {"policy": policy("Deny", "elasticfilesystem:Client*", "*", Principal={"AWS": "*"})},
    ),
    "files-backup": _sample(
        "efs/backupPolicy:BackupPolicy",
        lambda w: {"fileSystemId": w["files"].id, "backupPolicy": {"status": "ENABLED"}},
        {"backupPolicy": {"status": "DISABLED"}},
    ),
    "subnet-group": _sample(
        "rds/subnetGroup:SubnetGroup",
        lambda w: {"subnetIds": [w["subnet-a"].id, w["subnet-b"].id]},
        {"description": "For the index"},
    ),
    "parameter-group": _sample(
        "rds/parameterGroup:ParameterGroup",
        lambda w: {
            "family": "postgres17",
            "parameters": [{"name": "rds.force_ssl", "value": "1", "applyMethod": "pending-reboot"}],
        },
        {"parameters": [{"name": "rds.force_ssl", "value": "0", "applyMethod": "immediate"}]},
    ),
    "database": _sample(
        "rds/instance:Instance",
        lambda w: {
            "engine": "postgres",
            "engineVersion": "17",
            "instanceClass": "db.t4g.small",
            "storageType": "gp3",
            "allocatedStorage": 20,
            "maxAllocatedStorage": 200,
            "storageEncrypted": True,
            "kmsKeyId": w["key"].outputs["arn"],
            "multiAz": False,
            "dbName": "orthanc",
            "username": "orthanc",
            "password": "p12345678",
            "dbSubnetGroupName": w["subnet-group"].id,
            "vpcSecurityGroupIds": [w["group"].id],
            "parameterGroupName": w["parameter-group"].id,
            "backupRetentionPeriod": 0,
            "deletionProtection": False,
            "skipFinalSnapshot": True,
            "enabledCloudwatchLogsExports": ["postgresql", "upgrade"],
            "monitoringInterval": 60,
            "monitoringRoleArn": w["role"].outputs["arn"],
            "applyImmediately": True,
        },
        {
            "backupRetentionPeriod": 30,
            "multiAz": True,
            "allocatedStorage": 30,
            "enabledCloudwatchLogsExports": ["postgresql"],
        },
    ),
    "secret": _sample(
        "secretsmanager/secret:Secret",
        lambda w: {"description": "users", "recoveryWindowInDays": 0, "kmsKeyId": w["key"].outputs["arn"]},
        {"description": "Orthanc's users", "tags": {"a": "b"}},
    ),
    "secret-version": _sample(
        "secretsmanager/secretVersion:SecretVersion",
        lambda w: {"secretId": w["secret"].id, "secretString": '{"admin": "one"}'},
    ),
    "repository": _sample(
        "ecr/repository:Repository",
        lambda w: {
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": False},
            "encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": w["key"].outputs["arn"]}],
            "forceDelete": True,
        },
        {"imageTagMutability": "MUTABLE", "imageScanningConfiguration": {"scanOnPush": True}},
    ),
    "images-lifecycle": _sample(
        "ecr/lifecyclePolicy:LifecyclePolicy",
        lambda w: {"repository": w["repository"].id, "policy": _expiry(10)},
        {"policy": _expiry(20)},
    ),
    "cluster": _sample("ecs/cluster:Cluster", lambda w: {}, {"configuration": _SHELLS, "tags": {"a": "b"}}),
    "shells": _sample("ecs/cluster:Cluster", lambda w: {"configuration": _SHELLS}),
    "task-definition": _sample(
        "ecs/taskDefinition:TaskDefinition",
        lambda w: {
            "family": "orthanc",
            "requiresCompatibilities": ["FARGATE"],
            "networkMode": "awsvpc",
            "cpu": "2048",
            "memory": "4096",
            "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
            "executionRoleArn": w["role"].outputs["arn"],
            "volumes": [
                {"name": "tmp"},
                {
                    "name": "files",
                    "efsVolumeConfiguration": {
                        "fileSystemId": w["files"].id,
                        "transitEncryption": "ENABLED",
                        "authorizationConfig": {"accessPointId": w["access-point"].id, "iam": "ENABLED"},
                    },
                },
            ],
            "containerDefinitions": json.dumps([_CONTAINER]),
        },
        {"tags": {"a": "b"}},
    ),
    "service": _sample(
        "ecs/service:Service",
        lambda w: {
            "cluster": w["cluster"].id,
            "taskDefinition": w["task-definition"].outputs["arn"],
            "capacityProviderStrategies": [
                {"capacityProvider": provider, "base": 0, "weight": 1}
                for provider in w["providers"].inputs["capacityProviders"]
            ],
            "forceNewDeployment": True,
            "desiredCount": 1,
            "networkConfiguration": {
                "subnets": [w["subnet-a"].id, w["subnet-b"].id],
                "securityGroups": [w["group"].id],
                "assignPublicIp": False,
            },
            "loadBalancers": [
                {
                    "targetGroupArn": w["listener"].inputs["defaultActions"][0]["targetGroupArn"],
                    "containerName": "orthanc",
                    "containerPort": 8042,
                }
            ],
            "deploymentMinimumHealthyPercent": 100,
            "deploymentMaximumPercent": 200,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "availabilityZoneRebalancing": "DISABLED",
            "healthCheckGracePeriodSeconds": 180,
            "enableEcsManagedTags": True,
            "propagateTags": "SERVICE",
            "waitForSteadyState": True,
        },
        {
            "desiredCount": 2,
            "healthCheckGracePeriodSeconds": 60,
            "deploymentMaximumPercent": 150,
            "capacityProviderStrategies": [{"capacityProvider": "FARGATE", "base": 1, "weight": 1}],
        },
    ),
    "providers": _sample(
        "ecs/clusterCapacityProviders:ClusterCapacityProviders",
        lambda w: {
            "clusterName": w["cluster"].inputs["name"],
            "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
        },
        {"capacityProviders": ["FARGATE"]},
    ),
    "scalable": _sample(
        "appautoscaling/target:Target",
        lambda w: {
            "serviceNamespace": "ecs",
            "scalableDimension": "ecs:service:DesiredCount",
            "resourceId": f"service/{w['cluster'].inputs['name']}/{w['service'].inputs['name']}",
            "minCapacity": 1,
            "maxCapacity": 2,
        },
        {"maxCapacity": 4, "tags": {"a": "b"}},
    ),
    "scaling": _sample(
        "appautoscaling/policy:Policy",
        lambda w: {
            **{
                name: w["scalable"].inputs[name]
                for name in ("serviceNamespace", "scalableDimension", "resourceId")
            },
            "policyType": "TargetTrackingScaling",
            "targetTrackingScalingPolicyConfiguration": _requests(w["listener"]),
        },
        {"targetTrackingScalingPolicyConfiguration": _tracking("ECSServiceAverageCPUUtilization", 60)},
    ),
    "parameter": _sample(
        "ssm/parameter:Parameter",
        lambda w: {"name": "/orthanc/image", "type": "String", "value": "orthanc:1", "description": "What runs"},
        {"value": "orthanc:2", "tags": {"a": "b"}},
    ),
    "balancer": _sample(
        "lb/loadBalancer:LoadBalancer",
        lambda w: {
            "internal": True,
            "loadBalancerType": "application",
            "subnets": [w["subnet-a"].id, w["subnet-b"].id],
            "securityGroups": [w["group"].id],
            "idleTimeout": 130,
            "dropInvalidHeaderFields": bool(w.log_bucket),
        },
        {"idleTimeout": 60, "accessLogs": {"bucket": LOG_BUCKET, "prefix": "load-balancer", "enabled": True}},
    ),
    "logged-balancer": _sample(
        "lb/loadBalancer:LoadBalancer",
        lambda w: {
            "internal": True,
            "subnets": [w["subnet-a"].id, w["subnet-b"].id],
            "securityGroups": [w["group"].id],
            "accessLogs": {"bucket": w.log_bucket, "prefix": "load-balancer", "enabled": True},
        },
        {"accessLogs": {"bucket": LOG_BUCKET, "prefix": "load-balancer", "enabled": False}},
    ),
    "target-group": _sample(
        "lb/targetGroup:TargetGroup",
        lambda w: {
            "vpcId": w["vpc"].id,
            "targetType": "ip",
            "protocol": "HTTP",
            "port": 8042,
            "healthCheck": _HEALTH,
            "stickiness": {"type": "lb_cookie", "enabled": True, "cookieDuration": 3600},
            "deregistrationDelay": 120,
        },
        {"healthCheck": {**_HEALTH, "path": "/"}, "deregistrationDelay": 60},
    ),
    "listener": _sample(
        "lb/listener:Listener",
        lambda w: {
            "loadBalancerArn": w.make("balancer").id,
            "protocol": "HTTP",
            "port": 80,
            "defaultActions": [{"type": "forward", "targetGroupArn": w.make("target-group").id}],
        },
        {"port": 81},
    ),
    "listener-rule": _sample(
        "lb/listenerRule:ListenerRule",
        lambda w: {
            "listenerArn": w.make("answering-listener").id,
            "priority": 1,
            "conditions": [{"httpHeader": {"httpHeaderName": "x-mark", "values": ["passed"]}}],
            "actions": [{"type": "forward", "targetGroupArn": w["target-group"].id}],
        },
        {
            "priority": 2,
            "conditions": [{"queryStrings": [{"key": "_method", "value": "*"}]}],
            "actions": [{"type": "fixed-response", "fixedResponse": _FORBIDDEN}],
        },
    ),
    "answering-listener": _sample(
        "lb/listener:Listener",
        lambda w: {
            "loadBalancerArn": w["balancer"].id,
            "protocol": "HTTP",
            "port": 82,
            "defaultActions": [{"type": "fixed-response", "fixedResponse": _FORBIDDEN}],
        },
        {"port": 83},
    ),
    "https-listener": _sample(
        "lb/listener:Listener",
        lambda w: {
            "loadBalancerArn": w.make("balancer").id,
            "protocol": "HTTPS",
            "port": 443,
            "certificateArn": w["validation"].id,
            "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
            "defaultActions": [{"type": "forward", "targetGroupArn": w.make("target-group").id}],
        },
        {"port": 8443, "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"},
    ),
    "certificate": _sample(
        "acm/certificate:Certificate",
        lambda w: {
            "region": "us-east-1",
            "domainName": f"archive-{os.urandom(4).hex()}.example.org",
            "validationMethod": "DNS",
        },
        {"tags": {"a": "b"}},
    ),
    "record": _sample(
        "route53/record:Record",
        lambda w: {
            "zoneId": w.zone,
            "name": w["certificate"].outputs["domainValidationOptions"][0]["resourceRecordName"],
            "type": "CNAME",
            "records": [w["certificate"].outputs["domainValidationOptions"][0]["resourceRecordValue"]],
            "ttl": 300,
            "allowOverwrite": True,
        },
        {"ttl": 60},
    ),
    "alias": _sample(
        "route53/record:Record",
        lambda w: {
            "zoneId": w.zone,
            "name": f"archive-{os.urandom(4).hex()}.example.org",
            "type": "AAAA",
            "aliases": [
                {
                    "name": w["distribution"].outputs["domainName"],
                    "zoneId": w["distribution"].outputs["hostedZoneId"],
                    "evaluateTargetHealth": False,
                }
            ],
        },
    ),
    "validation": _sample(
        "acm/certificateValidation:CertificateValidation",
        lambda w: {
            "region": "us-east-1",
            "certificateArn": w["certificate"].id,
            "validationRecordFqdns": [w["record"].outputs["fqdn"]],
        },
    ),
    "ip-set": _sample(
        "wafv2/ipSet:IpSet",
        lambda w: {
            "region": "us-east-1",
            "scope": "CLOUDFRONT",
            "description": "Who may come in",
            "ipAddressVersion": "IPV4",
            "addresses": ["203.0.113.0/24"],
        },
        {"addresses": ["203.0.113.0/24", "198.51.100.7/32"], "tags": {"a": "b"}},
    ),
    "web-acl": _sample(
        "wafv2/webAcl:WebAcl",
        lambda w: {
            "region": "us-east-1",
            "scope": "CLOUDFRONT",
            "description": "Who comes in",
            "defaultAction": {"allow": {}},
            "rules": [
                _waf_rule(0, {"notStatement": {"statement": _one_of(w)}}, action={"block": {}}),
                _waf_rule(1, {"rateBasedStatement": _LIMIT}, action={"block": {}}),
                _waf_rule(2, _COMMON, overrideAction={"none": {}}),
            ],
            "dataProtectionConfig": {
                "dataProtections": [
                    {"action": "SUBSTITUTION", "field": {"fieldType": "SINGLE_HEADER", "fieldKeys": ["cookie"]}}
                ]
            },
            "visibilityConfig": _VISIBLE,
        },
        {"rules": [_waf_rule(0, {"rateBasedStatement": _LIMIT}, action={"block": {}})], "tags": {"a": "b"}},
    ),
    "waf-logging": _sample(
        "wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
        lambda w: {
            "region": "us-east-1",
            "resourceArn": w["web-acl"].outputs["arn"],
            "logDestinationConfigs": [w.make("log-group", namePrefix="aws-waf-logs-").outputs["arn"]],
            "redactedFields": [{"singleHeader": {"name": "authorization"}}],
        },
        {"redactedFields": [{"singleHeader": {"name": "authorization"}}, {"singleHeader": {"name": "cookie"}}]},
    ),
    "network-balancer": _sample(
        "lb/loadBalancer:LoadBalancer",
        lambda w: {
            "internal": True,
            "loadBalancerType": "network",
            "subnets": [w["subnet-a"].id],  # one zone is enough for it
            "securityGroups": [w["group"].id],
            "enableCrossZoneLoadBalancing": True,
        },
        {"enableCrossZoneLoadBalancing": False},
    ),
    "network-targets": _sample(
        "lb/targetGroup:TargetGroup",
        lambda w: {
            "vpcId": w["vpc"].id,
            "targetType": "ip",
            "protocol": "TCP",
            "port": 4242,
            "preserveClientIp": "true",
            "healthCheck": {"protocol": "TCP", "interval": 10, "healthyThreshold": 2, "unhealthyThreshold": 2},
            "deregistrationDelay": 300,
        },
        {"preserveClientIp": "false", "deregistrationDelay": 60},
    ),
    "tcp-listener": _sample(
        "lb/listener:Listener",
        lambda w: {
            "loadBalancerArn": w.make("network-balancer").id,
            "protocol": "TCP",
            "port": 11112,
            "tcpIdleTimeoutSeconds": 3600,
            "defaultActions": [{"type": "forward", "targetGroupArn": w.make("network-targets").id}],
        },
        {"port": 104, "tcpIdleTimeoutSeconds": 600},
    ),
    "tls-listener": _sample(
        "lb/listener:Listener",
        lambda w: {
            "loadBalancerArn": w.make("network-balancer").id,
            "protocol": "TLS",
            "port": 2762,
            "certificateArn": w["validation"].id,
            "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
            "defaultActions": [{"type": "forward", "targetGroupArn": w.make("network-targets").id}],
        },
        {"sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"},
    ),
    "origin": _sample(
        "cloudfront/vpcOrigin:VpcOrigin",
        lambda w: {
            "vpcOriginEndpointConfig": {
                "name": f"origin-{os.urandom(4).hex()}",
                "arn": w["balancer"].id,
                "httpPort": 80,
                "httpsPort": 443,
                "originProtocolPolicy": "http-only",
                "originSslProtocols": {"items": ["TLSv1.2"], "quantity": 1},
            },
            "timeouts": {"create": "30m"},
        },
        {"tags": {"a": "b"}},
    ),
    "function": _sample(
        "cloudfront/function:Function",
        lambda w: {
            "runtime": "cloudfront-js-2.0",
            "comment": "preflight",
            "code": "function handler(event) { return event.request; }",
            "publish": True,
        },
        {"comment": "CORS preflight"},
    ),
    "headers": _sample(
        "cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
        lambda w: {"comment": "CORS", "corsConfig": _CORS, "securityHeadersConfig": _SECURITY},
        {
            "corsConfig": {**_CORS, "accessControlAllowMethods": {"items": ["GET", "PUT"]}},
            "securityHeadersConfig": {**_SECURITY, "frameOptions": {"frameOption": "DENY", "override": True}},
        },
    ),
    "distribution": _sample(
        "cloudfront/distribution:Distribution",
        lambda w: {
            "comment": "Orthanc",
            "enabled": True,
            "isIpv6Enabled": True,
            "httpVersion": "http2and3",
            "priceClass": "PriceClass_100",
            "aliases": [],
            "origins": [
                {
                    "originId": "load-balancer",
                    "domainName": w["balancer"].outputs["dnsName"],
                    "vpcOriginConfig": {
                        "vpcOriginId": w["origin"].id,
                        "originReadTimeout": 120,
                        "originKeepaliveTimeout": 60,
                    },
                }
            ],
            "defaultCacheBehavior": {
                "targetOriginId": "load-balancer",
                "viewerProtocolPolicy": "https-only",
                "allowedMethods": _READ_WRITE,
                "cachedMethods": ["GET", "HEAD"],
                "cachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
                "originRequestPolicyId": "216adef6-5c7f-47e4-b989-5492eafa07d3",
                "responseHeadersPolicyId": w["headers"].id,
                "functionAssociations": [
                    {"eventType": "viewer-request", "functionArn": w["function"].outputs["arn"]}
                ],
            },
            "restrictions": {"geoRestriction": {"restrictionType": "none", "locations": []}},
            "webAclId": w["web-acl"].outputs["arn"],
            "viewerCertificate": {"cloudfrontDefaultCertificate": True},
        },
        {
            "comment": "Orthanc, stack prod",
            "restrictions": {"geoRestriction": {"restrictionType": "whitelist", "locations": ["CH"]}},
        },
    ),
    "event-rule": _sample(
        "cloudwatch/eventRule:EventRule",
        lambda w: {"description": "new value", "eventPattern": new_value_of(w["secret"].outputs["arn"])},
        {"description": "the secret has a new value", "eventPattern": new_value_of("arn:another")},
    ),
    "event-target": _sample(
        "cloudwatch/eventTarget:EventTarget",
        lambda w: {
            "rule": w["event-rule"].id,
            "arn": w["state-machine"].id,
            "roleArn": w["role"].outputs["arn"],
            "retryPolicy": {"maximumEventAgeInSeconds": 3600, "maximumRetryAttempts": 60},
        },
        {"retryPolicy": {"maximumEventAgeInSeconds": 60, "maximumRetryAttempts": 1}},
    ),
    "state-machine": _sample(
        "sfn/stateMachine:StateMachine",
        lambda w: {
            "definition": state_machine("aws", w["cluster"].id, "arn:service"),
            "roleArn": w["role"].outputs["arn"],
        },
        {"definition": state_machine("aws", "arn:another", "arn:service"), "tags": {"a": "b"}},
    ),
    "event-to-topic": _sample(
        "cloudwatch/eventTarget:EventTarget",
        lambda w: {
            "rule": w["event-rule"].id,
            "arn": w["topic"].id,
            "inputTransformer": {"inputPaths": {"reason": "$.detail.reason"}, "inputTemplate": '"<reason>"'},
        },
        {"inputTransformer": {"inputPaths": {"id": "$.id"}, "inputTemplate": '"<id>"'}},
    ),
    "alarm": _sample(
        "cloudwatch/metricAlarm:MetricAlarm",
        lambda w: {
            "alarmDescription": "nobody answers",
            "namespace": "AWS/ApplicationELB",
            "metricName": "HealthyHostCount",
            "dimensions": {"LoadBalancer": "app/web/1", "TargetGroup": "targetgroup/web/1"},
            "statistic": "Maximum",
            "period": 60,
            "evaluationPeriods": 3,
            "datapointsToAlarm": 3,
            "threshold": 1,
            "comparisonOperator": "LessThanThreshold",
            "treatMissingData": "breaching",
            "alarmActions": [w["topic"].id],
            "okActions": [w["topic"].id],
        },
        {"threshold": 2, "dimensions": {"LoadBalancer": "app/web/2"}, "tags": {"a": "b"}},
    ),
    "alarm-of-a-log": _sample(
        "cloudwatch/metricAlarm:MetricAlarm",
        lambda w: {
            "namespace": "of-the-stack",
            "metricName": "Counted",
            "statistic": "Sum",
            "period": 300,
            "evaluationPeriods": 1,
            "threshold": 4,
            "comparisonOperator": "GreaterThanThreshold",
        },
        {"threshold": 2},
    ),
    "alarm-of-several": _sample(
        "cloudwatch/metricAlarm:MetricAlarm",
        lambda w: {
            "metricQueries": [
                {"id": "result", "label": "share", "expression": "100 * failed / all", "returnData": True},
                _measured("failed"),
                _measured("all"),
            ],
            "evaluationPeriods": 1,
            "threshold": 5,
            "comparisonOperator": "GreaterThanThreshold",
            "alarmActions": [w["topic"].id],
        },
        {"metricQueries": [{"id": "result", "expression": "all", "returnData": True}, _measured("all")]},
    ),
    "slow-alarm": _sample(
        "cloudwatch/metricAlarm:MetricAlarm",
        lambda w: {
            "namespace": "AWS/ApplicationELB",
            "metricName": "TargetResponseTime",
            "dimensions": {"LoadBalancer": "app/web/1"},
            "extendedStatistic": "p95",
            "evaluateLowSampleCountPercentiles": "ignore",
            "period": 300,
            "evaluationPeriods": 3,
            "threshold": 30,
            "comparisonOperator": "GreaterThanThreshold",
        },
        {"extendedStatistic": "p99"},
    ),
    "dashboard": _sample(
        "cloudwatch/dashboard:Dashboard",
        lambda w: {"dashboardName": "orthanc", "dashboardBody": '{"widgets": []}'},
        {"dashboardBody": '{"widgets": [{"type": "text"}]}'},
    ),
    "topic": _sample(
        "sns/topic:Topic",
        lambda w: {"displayName": "Orthanc", "kmsMasterKeyId": w["key"].outputs["arn"]},
        {"displayName": "Orthanc prod", "tags": {"a": "b"}},
    ),
    "topic-policy": _sample(
        "sns/topicPolicy:TopicPolicy",
        lambda w: {
            "arn": w["topic"].id,
            "policy": policies.topic_of_alarms(w["topic"].id, "123456789012", events=True),
        },
        {"policy": policies.topic_of_alarms("arn:aws:sns:us-east-1:123456789012:t", "123456789012", events=False)},
    ),
    "subscription": _sample(
        "sns/topicSubscription:TopicSubscription",
        lambda w: {"topic": w["topic"].id, "protocol": "email", "endpoint": "team@example.org"},
    ),
    "budget": _sample(
        "budgets/budget:Budget",
        lambda w: {
            "budgetType": "COST",
            "limitAmount": "500",
            "limitUnit": "USD",
            "timeUnit": "MONTHLY",
            "costFilters": [{"name": "TagKeyValue", "values": ["user:Stack$prod"]}],
            "notifications": [_told(80, "team@example.org")],
        },
        {"limitAmount": "700", "notifications": [_told(90, "others@example.org")], "tags": {"a": "b"}},
    ),
    "rotation": _sample(
        "secretsmanager/secretRotation:SecretRotation",
        lambda w: {
            "secretId": w.make("database", password=None, manageMasterUserPassword=True).outputs[
                "masterUserSecrets"
            ][0]["secretArn"],
            "rotateImmediately": False,
            "rotationRules": {"scheduleExpression": "rate(7 days)"},
        },
        {"rotationRules": {"scheduleExpression": "cron(0 3 ? * SUN *)"}},
    ),
    "log-group": _sample(
        "cloudwatch/logGroup:LogGroup",
        lambda w: {"retentionInDays": 7, "kmsKeyId": w["logs-key"].outputs["arn"]},
        {"retentionInDays": 90},
    ),
    "metric-filter": _sample(
        "cloudwatch/logMetricFilter:LogMetricFilter",
        lambda w: {
            "logGroupName": w["log-group"].id,
            "pattern": '"an error"',
            "metricTransformation": {"name": "Errors", "namespace": "Logs", "value": "1", "unit": "Count"},
        },
        {"pattern": '"another error"'},
    ),
    "delivery-source": _sample(
        "cloudwatch/logDeliverySource:LogDeliverySource",
        lambda w: {
            "region": "us-east-1",
            "logType": "ACCESS_LOGS",
            "resourceArn": w["distribution"].outputs["arn"],
        },
    ),
    "delivery-destination": _sample(
        "cloudwatch/logDeliveryDestination:LogDeliveryDestination",
        lambda w: {
            "region": "us-east-1",
            "outputFormat": "json",
            "deliveryDestinationConfiguration": {
                "destinationResourceArn": f"arn:aws:s3:::{w.log_bucket}/cloudfront"
            },
        },
    ),
    "delivery": _sample(
        "cloudwatch/logDelivery:LogDelivery",
        lambda w: {
            "region": "us-east-1",
            "deliverySourceName": w["delivery-source"].id,
            "deliveryDestinationArn": w["delivery-destination"].outputs["arn"],
            "recordFields": ["date", "time", "c-ip"],
        },
        {"recordFields": ["date", "time"]},
    ),
}
