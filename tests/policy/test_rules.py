"""Each rule accepts what keeps it and reports what breaks it, including by omission."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest

from policy import rules
from policy.rules import Resource

BUCKET = ("aws:s3/bucket:Bucket", {"bucket": "images"})
DENY_PLAIN = {"Effect": "Deny", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
TASK = "aws:ecs/taskDefinition:TaskDefinition"
CONTAINER = {
    "name": "orthanc",
    "image": "registry/orthanc@sha256:0",
    "user": "999:999",
    "readonlyRootFilesystem": True,
    "linuxParameters": {"capabilities": {"add": [], "drop": ["ALL"]}},
    "environment": [{"name": "ORTHANC_JSON", "value": '{"DicomAet": "PASSWORD"}'}],
}
ONLY_NAMED = (TASK, {"containerDefinitions": json.dumps([{"name": "orthanc"}])})
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
LISTENER = "aws:lb/listener:Listener"
DATABASE = "aws:rds/instance:Instance"
SAFE_DATABASE = {"backupRetentionPeriod": 7, "multiAz": True, "deletionProtection": True}
SELECTION = "aws:backup/selection:Selection"
KEY = "aws:kms/key:Key"
OWN_KEYS = (DATABASE, "aws:secretsmanager/secret:Secret", "aws:cloudwatch/logGroup:LogGroup")
FILES = ("aws:efs/fileSystem:FileSystem", {"encrypted": True})
ROLE = "aws:iam/role:Role"
SERVICE = "aws:ecs/service:Service"
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
BALANCER, NETWORK = "aws:lb/loadBalancer:LoadBalancer", ("awsx:ec2:Vpc", {})
PUBLIC_BALANCER = (BALANCER, {"internal": False, "loadBalancerType": "network", "securityGroups": ["sg-1"]})
TARGETS, PARAMETERS = "aws:lb/targetGroup:TargetGroup", "aws:rds/parameterGroup:ParameterGroup"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
TOPIC = "aws:sns/topic:Topic"
TAGS = {"Project": "orthanc-on-aws", "Stack": "test"}


Given = tuple[str, dict[str, Any]]


def task(**changes: Any) -> tuple[str, dict[str, Any]]:
    return TASK, {"containerDefinitions": json.dumps([CONTAINER | changes])}


def policy_of(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"policy": json.dumps({"Version": "2012-10-17", "Statement": list(statements)})}


def allow(action: Any, resource: Any = "arn:x", **more: Any) -> tuple[str, dict[str, Any]]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return "aws:iam/policy:Policy", policy_of(statement)


def volume(files: dict[str, Any]) -> dict[str, Any]:
    return {"volumes": [{"name": "files", "efsVolumeConfiguration": files}]}


def backup_policy(status: str) -> Given:
    return "aws:efs/backupPolicy:BackupPolicy", {"backupPolicy": {"status": status}}


def capacity(**bases: int) -> Given:
    strategy = [{"capacityProvider": name, "base": base, "weight": 50} for name, base in bases.items()]
    return SERVICE, {"capacityProviderStrategies": strategy}


def role(principal: Any) -> Given:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    return ROLE, {"assumeRolePolicy": policy_of(statement)["policy"]}


def admits(principal: Any, **more: Any) -> Given:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Principal": principal, "Resource": "*", **more}
    return of_bucket("BucketPolicy", **policy_of(statement))


def distribution(**properties: Any) -> Given:
    return DISTRIBUTION, {"defaultCacheBehavior": {"viewerProtocolPolicy": "https-only"}} | properties


def repository(**changes: Any) -> Given:
    safe = {"imageTagMutability": "MUTABLE", "imageScanningConfiguration": {"scanOnPush": True}}
    return "aws:ecr/repository:Repository", safe | changes


def admit(principal: Any, action: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **more}


def of_bucket(kind: str, **properties: Any) -> tuple[str, dict[str, Any]]:
    return f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}", {"bucket": "images", **properties}


def encryption(algorithm: str | None) -> tuple[str, dict[str, Any]]:
    default = {"sseAlgorithm": algorithm} if algorithm else {}
    rule = {"applyServerSideEncryptionByDefault": default}
    return of_bucket("BucketServerSideEncryptionConfiguration", rules=[rule])


CLOSED = dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True)


class Case(NamedTuple):
    """Groups of resources that keep a rule, and groups that break it."""

    kept: Sequence[Sequence[Given]]
    broken: Sequence[Sequence[Given]]


def alone(kind: str, *properties: dict[str, Any]) -> list[list[Given]]:
    """Groups of a single resource of this type, one for each of `properties`."""
    return [[(kind, each)] for each in properties]


def tasks(*changes: dict[str, Any]) -> list[list[Given]]:
    """Groups of a single task, one for each of `changes`."""
    return [[task(**each)] for each in changes]


CASES: dict[str, Case] = {
    "buckets-are-encrypted": Case(
        kept=[[BUCKET, encryption("aws:kms")], [BUCKET, encryption("AES256")]],
        broken=[[BUCKET], [BUCKET, encryption(None)], [BUCKET, encryption("rot13")]],
    ),
    "buckets-are-private": Case(
        kept=[[BUCKET, of_bucket("BucketPublicAccessBlock", **CLOSED)]],
        broken=[
            [BUCKET],
            *([BUCKET, of_bucket("BucketPublicAccessBlock", **CLOSED | {key: False})] for key in CLOSED),
        ],
    ),
    "buckets-refuse-plain-http": Case(
        kept=[[BUCKET, of_bucket("BucketPolicy", **policy_of(DENY_PLAIN))]],
        broken=[
            [BUCKET],
            *(
                [BUCKET, of_bucket("BucketPolicy", **policy_of(DENY_PLAIN | change))]
                for change in ({"Effect": "Allow"}, {"Action": "s3:GetObject"}, {"Condition": {}})
            ),
        ],
    ),
    "buckets-keep-old-versions": Case(
        kept=[[BUCKET, of_bucket("BucketVersioning", versioningConfiguration={"status": "Enabled"})]],
        broken=[
            [BUCKET],
            [BUCKET, of_bucket("BucketVersioning")],
            [BUCKET, of_bucket("BucketVersioning", versioningConfiguration={"status": "Suspended"})],
        ],
    ),
    "containers-are-confined": Case(
        kept=[[task()]],
        broken=[
            [ONLY_NAMED],
            *tasks({"user": "0:0"}, {"user": "root"}, {"readonlyRootFilesystem": False}, {"privileged": True}),
            [task(linuxParameters={"capabilities": {"add": ["SYS_ADMIN"], "drop": ["ALL"]}})],
        ],
    ),
    "containers-hold-no-secret-in-clear": Case(
        kept=[[ONLY_NAMED], *tasks({}, {"environment": []}, {"command": ["/probes/test-token.py", "--verbose"]})],
        broken=[
            *tasks({"command": ["serve", "--password=p1"]}, {"entryPoint": ["serve", "--token", "t1"]}),
            *(
                [task(environment=[{"name": name, "value": value}])]
                for name, value in [
                    ("DB_PASSWORD", "p1"),
                    ("ORTHANC__REGISTERED_USERS", "{}"),
                    ("ORTHANC_JSON", '{"PostgreSQL": {"Password": "p1"}}'),
                    ("AWS_SECRET_ACCESS_KEY", "k"),
                ]
            ),
        ],
    ),
    "data-is-encrypted-at-rest": Case(
        kept=[*alone(DATABASE, {"storageEncrypted": True}), [FILES]],
        broken=alone(DATABASE, {}, {"storageEncrypted": False}) + alone(FILES[0], {}, {"encrypted": False}),
    ),
    "everything-is-tagged": Case(
        kept=[*alone(DATABASE, {"tagsAll": TAGS}, {"tags": TAGS}), [(ROLE, {})]],
        broken=[*alone(DATABASE, {}, {"tags": {"Project": "x"}}), *alone(BUCKET[0], {"tagsAll": {"Stack": "x"}})],
    ),
    "images-are-scanned-and-deployed-by-digest": Case(
        kept=[[task()], [repository()], [repository(imageTagMutability="IMMUTABLE")]],
        broken=[
            [task(image="registry/orthanc:26.8.1")],
            [repository(imageScanningConfiguration={"scanOnPush": False})],
            [(repository()[0], {})],
        ],
    ),
    "keys-admit-whom-they-name": Case(
        kept=alone(
            KEY,
            {},
            policy_of(admit({"AWS": "arn:aws:iam::1:root"}, "kms:PutKeyPolicy")),
            policy_of(admit("*", "kms:Decrypt", Condition={"StringEquals": {"kms:CallerAccount": "1"}})),
        ),
        broken=alone(
            KEY,
            policy_of(admit("*", "kms:Decrypt")),
            policy_of(admit({"AWS": "*"}, "kms:Decrypt")),
            policy_of(admit({"AWS": ["arn:aws:iam::1:root", "*"]}, "kms:Decrypt")),
            policy_of(admit({"AWS": "arn:aws:iam::1:root"}, "kms:*")),
        ),
    ),
    "keys-rotate": Case(
        kept=alone(KEY, {"enableKeyRotation": True}), broken=alone(KEY, {}, {"enableKeyRotation": False})
    ),
    "logs-are-kept": Case(
        kept=alone(LOG_GROUP, {"retentionInDays": 7}), broken=alone(LOG_GROUP, {}, {"retentionInDays": 0})
    ),
    "nothing-is-public-but-the-edge": Case(
        kept=[
            *alone(DATABASE, {}, {"publiclyAccessible": False}),
            *alone(SERVICE, {}, {"networkConfiguration": {"assignPublicIp": False}}),
            *alone(BALANCER, {"internal": True}, PUBLIC_BALANCER[1]),
            *alone(RULE, {}, {"referencedSecurityGroupId": "sg-1"}, {"cidrIpv4": "10.1.0.0/16"}),
        ],
        broken=[
            *alone(DATABASE, {"publiclyAccessible": True}),
            *alone(SERVICE, {"networkConfiguration": {"assignPublicIp": True}}),
            # A load balancer is internet-facing by default.
            *alone(BALANCER, {}, {"internal": False, "securityGroups": ["sg-1"]}),
            *alone(BALANCER, {"internal": False, "loadBalancerType": "network"}),
            *alone(RULE, {"cidrIpv4": "0.0.0.0/0"}, {"cidrIpv6": "::/0"}),
            *alone("aws:ec2/securityGroup:SecurityGroup", {"ingress": [{"cidrBlocks": ["10.0.0.0/8"]}]}),
        ],
    ),
    "policies-admit-nobody-unnamed": Case(
        kept=[
            [of_bucket("BucketPolicy")],
            [(KEY, {})],
            [admits({"AWS": "arn:aws:iam::123456789012:root"})],
            [admits("*", Effect="Deny")],
            [admits("*", Condition={"StringEquals": {"aws:SourceAccount": "123456789012"}})],
            [("aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy", admits("*")[1])],
        ],
        broken=[
            [admits("*")],
            [admits({"AWS": "*"})],
            [admits({"AWS": ["arn:aws:iam::123456789012:root", "*"]})],
            [admits(None, NotPrincipal={"AWS": "arn:aws:iam::123456789012:root"})],
            [(KEY, admits({"AWS": "*"})[1])],
        ],
    ),
    "production-is-backed-up": Case(
        kept=[
            [(DATABASE, SAFE_DATABASE)],
            [FILES, backup_policy("ENABLED")],
            [(FILES[0], {"arn": "arn:files"}), (SELECTION, {"resources": ["arn:index", "arn:files"]})],
        ],
        broken=[
            *alone(DATABASE, {}, SAFE_DATABASE | {"backupRetentionPeriod": 6}, SAFE_DATABASE | {"multiAz": False}),
            [FILES],
            [FILES, backup_policy("DISABLED")],
            [(FILES[0], {"arn": "arn:files"}), (SELECTION, {"resources": ["arn:index"]})],
        ],
    ),
    "production-has-capacity-of-its-own": Case(
        kept=[
            *alone(SERVICE, {}, {"launchType": "FARGATE"}),
            [capacity(FARGATE=1)],
            [capacity(FARGATE=1, FARGATE_SPOT=0)],
        ],
        broken=[[capacity(FARGATE_SPOT=0)], [capacity(FARGATE_SPOT=1)], [capacity(FARGATE=0, FARGATE_SPOT=0)]],
    ),
    "production-has-keys-of-its-own": Case(
        kept=[
            *([(kind, {"kmsKeyId": "arn:key"})] for kind in OWN_KEYS),
            [(LOG_GROUP, {"namePrefix": "aws-waf-logs-orthanc-"})],
        ],
        broken=[[(kind, given)] for kind in OWN_KEYS for given in ({}, {"kmsKeyId": ""})],
    ),
    "production-is-protected": Case(
        kept=[
            [(DATABASE, SAFE_DATABASE)],
            [BUCKET],
            [FILES],
            *alone(BALANCER, {"enableDeletionProtection": True}, {"loadBalancerType": "network"}),
        ],
        broken=[
            *alone(DATABASE, {}, SAFE_DATABASE | {"deletionProtection": False}),
            *alone(BUCKET[0], {"forceDestroy": True}),
            *alone(BALANCER, {}, {"loadBalancerType": "application", "enableDeletionProtection": False}),
        ],
    ),
    "public-balancers-speak-tls": Case(
        kept=[
            [PUBLIC_BALANCER, (LISTENER, {"protocol": "TLS"}), (LISTENER, {"protocol": "HTTP"})],
            [(BALANCER, {"internal": True}), (LISTENER, {"protocol": "TCP"})],
        ],
        broken=[[PUBLIC_BALANCER, (LISTENER, {"protocol": "TCP"})], [(BALANCER, {}), (LISTENER, {})]],
    ),
    "production-is-recorded": Case(
        kept=[
            *alone(LOG_GROUP, {}, {"retentionInDays": 365}),  # kept forever: logs-are-kept reports it
            *alone(DATABASE, {"enabledCloudwatchLogsExports": ["postgresql", "upgrade"]}),
            *alone(BALANCER, {"accessLogs": {"enabled": True}}, {"loadBalancerType": "network"}),
            [NETWORK, ("aws:ec2/flowLog:FlowLog", {})],
            [distribution(), ("aws:cloudwatch/logDelivery:LogDelivery", {})],
        ],
        broken=[
            *alone(LOG_GROUP, {"retentionInDays": 90}),
            *alone(DATABASE, {}, {"enabledCloudwatchLogsExports": ["upgrade"]}),
            *alone(BALANCER, {}, {"loadBalancerType": "application", "accessLogs": {"enabled": False}}),
            [NETWORK],
            [distribution()],
            [(DISTRIBUTION, {})],
        ],
    ),
    "production-is-watched": Case(
        kept=[[(SERVICE, {}), (ALARM, {"alarmActions": ["arn:topic"]})], []],
        broken=[
            [(SERVICE, {})],
            [(SERVICE, {}), (ALARM, {})],
            [(SERVICE, {}), (ALARM, {"alarmActions": []})],
            [(ALARM, {"alarmActions": ["arn:topic"], "actionsEnabled": False})],
        ],
    ),
    "roles-are-assumed-by-services-only": Case(
        kept=[[(ROLE, {})], [role({"Service": "ecs-tasks.amazonaws.com"})]],
        broken=[
            [role("*")],
            [role({"AWS": "arn:aws:iam::999999999999:root"})],
            [role({"Service": "ecs-tasks.amazonaws.com", "AWS": "999999999999"})],
            [role({"Federated": "token.actions.githubusercontent.com"})],
        ],
    ),
    "roles-have-no-inline-policies": Case(
        kept=[[(ROLE, {})], [allow("s3:GetObject"), role({"Service": "ecs-tasks.amazonaws.com"})]],
        broken=[
            [("aws:iam/rolePolicy:RolePolicy", policy_of())],
            [(ROLE, {"inlinePolicies": [{"name": "more", "policy": "{}"}]})],
        ],
    ),
    "roles-name-their-resources": Case(
        kept=[
            [(ROLE, {}), ("aws:iam/policy:Policy", {})],
            [allow("s3:GetObject")],
            [allow(["ecr:GetAuthorizationToken"], "*")],
            [allow(["tag:GetResources"], "*")],
            [allow(["ssmmessages:CreateControlChannel", "ssmmessages:OpenDataChannel"], "*")],
        ],
        broken=[
            [allow("s3:*")],
            [allow("s3:Get*")],
            [allow(["s3:GetObject", "ecr:GetAuthorizationToken"], "*")],
            [allow("s3:GetObject", NotAction="s3:PutObject")],
        ],
    ),
    "targets-are-spoken-to-over-tls": Case(
        kept=alone(TARGETS, {"protocol": "HTTPS"}, {"protocol": "TLS"}, {"protocol": "TCP"}),
        broken=alone(TARGETS, {}, {"protocol": "HTTP"}, {"protocol": "UDP"}),
    ),
    "topics-are-encrypted": Case(
        kept=alone(TOPIC, {"kmsMasterKeyId": "arn:aws:kms:us-east-1:123456789012:key/1"}),
        broken=alone(
            *(TOPIC, {}, {"kmsMasterKeyId": ""}, {"kmsMasterKeyId": "alias/aws/sns"}),
            {"kmsMasterKeyId": "arn:aws:kms:us-east-1:123456789012:alias/aws/sns"},
        ),
    ),
    "traffic-is-encrypted": Case(
        kept=[
            [distribution(), distribution(viewerCertificate={"cloudfrontDefaultCertificate": True})],
            [distribution(viewerCertificate={"acmCertificateArn": "c", "minimumProtocolVersion": "TLSv1.2_2021"})],
            [distribution(viewerCertificate={"acmCertificateArn": "c", "minimumProtocolVersion": "TLSv1.3_2025"})],
            *alone(LISTENER, {}, {"protocol": "HTTP"}),
            *alone(LISTENER, {"protocol": "HTTPS", "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"}),
            *alone(PARAMETERS, {"parameters": [{"name": "rds.force_ssl", "value": "1"}]}),
            *alone(TASK, {"volumes": [{"name": "tmp"}]}, volume({"transitEncryption": "ENABLED"})),
        ],
        broken=[
            *alone(DISTRIBUTION, {}),
            [distribution(defaultCacheBehavior={"viewerProtocolPolicy": "allow-all"})],
            [distribution(viewerCertificate={"acmCertificateArn": "c", "minimumProtocolVersion": "TLSv1.1_2016"})],
            [distribution(viewerCertificate={"acmCertificateArn": "c"})],
            *alone(LISTENER, {"protocol": "HTTPS", "sslPolicy": "ELBSecurityPolicy-TLS13-1-1-2021-06"}),
            *alone(LISTENER, {"protocol": "TLS"}),
            *alone(PARAMETERS, {}, {"parameters": [{"name": "rds.force_ssl", "value": "0"}]}),
            *alone(TASK, volume({})),
        ],
    ),
}


def findings(rule: str, given: Sequence[Given], *, stack: str = "prod", protect: bool = True) -> list[str]:
    [module] = [module for module in rules.ALL if rules.name(module) == rule]
    resources = [Resource(kind, f"urn:{kind}", properties, protect) for kind, properties in given]
    return [text for _, text in rules.judge(module, resources, stack)]


def test_every_rule_has_its_cases():
    assert {rules.name(rule) for rule in rules.ALL} == set(CASES)


@pytest.mark.parametrize("rule", CASES)
def test_what_keeps_a_rule_passes_and_what_breaks_it_does_not(rule: str):
    case = CASES[rule]
    for given in case.kept:
        assert not findings(rule, given), f"{given} is refused"
    for given in case.broken:
        found = findings(rule, given)
        assert found, f"{given} passes"
        assert all(": " in text for text in found), "it does not say what to do"


@pytest.mark.parametrize("rule", [rule for rule in CASES if rule.startswith("production-")])
def test_only_production_must_be_safe(rule: str):
    assert findings(rule, CASES[rule].broken[0]) and not findings(rule, CASES[rule].broken[0], stack="dev")


@pytest.mark.parametrize("held", [BUCKET, FILES, ("aws:backup/vault:Vault", {})])
def test_what_pulumi_would_delete_is_not_protected(held: Given):
    assert findings("production-is-protected", [held], protect=False)


def test_a_key_that_encrypts_alarms_only_may_go_with_them():
    for service, kept in (("cloudwatch.amazonaws.com", True), ("logs.us-east-1.amazonaws.com", False)):
        key = (KEY, policy_of(admit({"Service": service}, "kms:Decrypt")))
        assert bool(findings("production-is-protected", [key], protect=False)) is not kept
    assert findings("production-is-protected", [(KEY, {})], protect=False)
