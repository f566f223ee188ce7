"""Each rule lets pass what keeps it, reports what breaks it, and knows what to say where nothing is said."""

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
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
LISTENER = "aws:lb/listener:Listener"
PUBLIC_BALANCER = (
    "aws:lb/loadBalancer:LoadBalancer",
    {"internal": False, "loadBalancerType": "network", "securityGroups": ["sg-1"]},
)
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


def listener(**properties: Any) -> Given:
    return "aws:lb/listener:Listener", properties


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
    """What keeps a rule, what breaks it (each alone), and how often what says nothing breaks it."""

    kept: Sequence[Sequence[Given]]
    broken: Sequence[Sequence[Given]]
    undefined: Sequence[Given]
    findings: int


CASES: dict[str, Case] = {
    "buckets-are-encrypted": Case(
        kept=[[BUCKET, encryption("aws:kms")], [BUCKET, encryption("AES256")]],
        broken=[[BUCKET, encryption(None)], [BUCKET, encryption("rot13")]],
        undefined=[BUCKET],
        findings=1,
    ),
    "buckets-are-private": Case(
        kept=[[BUCKET, of_bucket("BucketPublicAccessBlock", **CLOSED)]],
        broken=[[BUCKET, of_bucket("BucketPublicAccessBlock", **CLOSED | {key: False})] for key in CLOSED],
        undefined=[BUCKET],
        findings=1,
    ),
    "buckets-refuse-plain-http": Case(
        kept=[[BUCKET, of_bucket("BucketPolicy", **policy_of(DENY_PLAIN))]],
        broken=[
            [BUCKET, of_bucket("BucketPolicy", **policy_of(DENY_PLAIN | change))]
            for change in ({"Effect": "Allow"}, {"Action": "s3:GetObject"}, {"Condition": {}})
        ],
        undefined=[BUCKET],
        findings=1,
    ),
    "containers-are-confined": Case(
        kept=[[task()]],
        broken=[
            [task(user="0:0")],
            [task(user="root")],
            [task(readonlyRootFilesystem=False)],
            [task(privileged=True)],
            [task(linuxParameters={"capabilities": {"add": ["SYS_ADMIN"], "drop": ["ALL"]}})],
        ],
        undefined=[(TASK, {"containerDefinitions": json.dumps([{"name": "orthanc"}])})],
        findings=3,
    ),
    "containers-hold-no-secret-in-clear": Case(
        kept=[[task()], [task(environment=[])], [task(command=["/probes/test-token.py", "--verbose"])]],
        broken=[
            [task(environment=[{"name": name, "value": value}])]
            for name, value in [
                ("DB_PASSWORD", "p1"),
                ("ORTHANC__REGISTERED_USERS", "{}"),
                ("ORTHANC_JSON", '{"PostgreSQL": {"Password": "p1"}}'),
                ("AWS_SECRET_ACCESS_KEY", "k"),
            ]
        ]
        + [[task(command=["serve", "--password=p1"])], [task(entryPoint=["serve", "--token", "t1"])]],
        undefined=[(TASK, {"containerDefinitions": json.dumps([{"name": "orthanc"}])})],
        findings=0,
    ),
    "data-is-encrypted-at-rest": Case(
        kept=[[(DATABASE, {"storageEncrypted": True})], [FILES]],
        broken=[[(DATABASE, {"storageEncrypted": False})], [(FILES[0], {"encrypted": False})]],
        undefined=[(DATABASE, {}), (FILES[0], {})],
        findings=2,
    ),
    "everything-is-tagged": Case(
        kept=[[(DATABASE, {"tagsAll": TAGS})], [(DATABASE, {"tags": TAGS})], [("aws:iam/role:Role", {})]],
        broken=[[(DATABASE, {"tags": {"Project": "orthanc-on-aws"}})], [(BUCKET[0], {"tagsAll": {"Stack": "x"}})]],
        undefined=[(DATABASE, {})],
        findings=1,
    ),
    "images-are-scanned-and-deployed-by-digest": Case(
        kept=[[task()], [repository()], [repository(imageTagMutability="IMMUTABLE")]],
        broken=[
            [task(image="registry/orthanc:26.8.1")],
            [repository(imageScanningConfiguration={"scanOnPush": False})],
        ],
        undefined=[("aws:ecr/repository:Repository", {})],
        findings=1,
    ),
    "buckets-keep-old-versions": Case(
        kept=[[BUCKET, of_bucket("BucketVersioning", versioningConfiguration={"status": "Enabled"})]],
        broken=[[BUCKET, of_bucket("BucketVersioning", versioningConfiguration={"status": "Suspended"})]],
        undefined=[BUCKET, of_bucket("BucketVersioning")],
        findings=1,
    ),
    "keys-admit-whom-they-name": Case(
        kept=[
            [(KEY, policy_of(admit({"AWS": "arn:aws:iam::1:root"}, "kms:PutKeyPolicy")))],
            [(KEY, policy_of(admit("*", "kms:Decrypt", Condition={"StringEquals": {"kms:CallerAccount": "1"}})))],
        ],
        broken=[
            [(KEY, policy_of(admit("*", "kms:Decrypt")))],
            [(KEY, policy_of(admit({"AWS": "*"}, "kms:Decrypt")))],
            [(KEY, policy_of(admit({"AWS": ["arn:aws:iam::1:root", "*"]}, "kms:Decrypt")))],
            [(KEY, policy_of(admit({"AWS": "arn:aws:iam::1:root"}, "kms:*")))],
        ],
        undefined=[(KEY, {})],
        findings=0,
    ),
    "keys-rotate": Case(
        kept=[[("aws:kms/key:Key", {"enableKeyRotation": True})]],
        broken=[[("aws:kms/key:Key", {"enableKeyRotation": False})]],
        undefined=[("aws:kms/key:Key", {})],
        findings=1,
    ),
    "logs-are-kept": Case(
        kept=[[("aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": 7})]],
        broken=[[("aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": 0})]],
        undefined=[("aws:cloudwatch/logGroup:LogGroup", {})],
        findings=1,
    ),
    "nothing-is-public-but-the-edge": Case(
        kept=[
            [(DATABASE, {"publiclyAccessible": False})],
            [("aws:ecs/service:Service", {"networkConfiguration": {"assignPublicIp": False}})],
            [("aws:lb/loadBalancer:LoadBalancer", {"internal": True})],
            [PUBLIC_BALANCER],
            [(RULE, {"referencedSecurityGroupId": "sg-1"})],
            [(RULE, {"cidrIpv4": "10.1.0.0/16"})],
        ],
        broken=[
            [(DATABASE, {"publiclyAccessible": True})],
            [("aws:ecs/service:Service", {"networkConfiguration": {"assignPublicIp": True}})],
            [("aws:lb/loadBalancer:LoadBalancer", {"internal": False, "securityGroups": ["sg-1"]})],
            [("aws:lb/loadBalancer:LoadBalancer", {"internal": False, "loadBalancerType": "network"})],
            [(RULE, {"cidrIpv4": "0.0.0.0/0"})],
            [(RULE, {"cidrIpv6": "::/0"})],
            [("aws:ec2/securityGroup:SecurityGroup", {"ingress": [{"cidrBlocks": ["10.0.0.0/8"]}]})],
        ],
        undefined=[
            (DATABASE, {}),
            ("aws:ecs/service:Service", {}),
            ("aws:lb/loadBalancer:LoadBalancer", {}),
            (RULE, {}),
        ],
        findings=1,  # a load balancer faces the internet unless it is told not to
    ),
    "policies-admit-nobody-unnamed": Case(
        kept=[
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
            [("aws:kms/key:Key", admits({"AWS": "*"})[1])],
        ],
        undefined=[of_bucket("BucketPolicy"), ("aws:kms/key:Key", {})],
        findings=0,
    ),
    "production-is-backed-up": Case(
        kept=[
            [(DATABASE, SAFE_DATABASE)],
            [FILES, ("aws:efs/backupPolicy:BackupPolicy", {"backupPolicy": {"status": "ENABLED"}})],
            [(FILES[0], {"arn": "arn:files"}), (SELECTION, {"resources": ["arn:index", "arn:files"]})],
        ],
        broken=[
            [(FILES[0], {"arn": "arn:files"}), (SELECTION, {"resources": ["arn:index"]})],
            [(DATABASE, SAFE_DATABASE | {"backupRetentionPeriod": 6})],
            [(DATABASE, SAFE_DATABASE | {"multiAz": False})],
            [FILES, ("aws:efs/backupPolicy:BackupPolicy", {"backupPolicy": {"status": "DISABLED"}})],
        ],
        undefined=[(DATABASE, {}), FILES],
        findings=3,
    ),
    "production-has-capacity-of-its-own": Case(
        kept=[
            [(SERVICE, {"launchType": "FARGATE"})],
            [capacity(FARGATE=1)],
            [capacity(FARGATE=1, FARGATE_SPOT=0)],
        ],
        broken=[[capacity(FARGATE_SPOT=0)], [capacity(FARGATE_SPOT=1)], [capacity(FARGATE=0, FARGATE_SPOT=0)]],
        undefined=[(SERVICE, {})],
        findings=0,
    ),
    "production-has-keys-of-its-own": Case(
        kept=[
            *([(kind, {"kmsKeyId": "arn:key"})] for kind in OWN_KEYS),
            [(OWN_KEYS[2], {"namePrefix": "aws-waf-logs-orthanc-"})],
        ],
        broken=[[(kind, {"kmsKeyId": ""})] for kind in OWN_KEYS],
        undefined=[(kind, {}) for kind in OWN_KEYS],
        findings=3,
    ),
    "production-is-protected": Case(
        kept=[
            [(DATABASE, SAFE_DATABASE)],
            [BUCKET],
            [FILES],
            [(BALANCER, {"enableDeletionProtection": True})],
            [(BALANCER, {"loadBalancerType": "network"})],
        ],
        broken=[
            [(DATABASE, SAFE_DATABASE | {"deletionProtection": False})],
            [(BUCKET[0], {"forceDestroy": True})],
            [(BALANCER, {"loadBalancerType": "application", "enableDeletionProtection": False})],
        ],
        undefined=[(DATABASE, {}), (BALANCER, {})],
        findings=2,
    ),
    "public-balancers-speak-tls": Case(
        kept=[
            [PUBLIC_BALANCER, (LISTENER, {"protocol": "TLS"}), (LISTENER, {"protocol": "HTTP"})],
            [("aws:lb/loadBalancer:LoadBalancer", {"internal": True}), (LISTENER, {"protocol": "TCP"})],
        ],
        broken=[[PUBLIC_BALANCER, (LISTENER, {"protocol": "TCP"})]],
        undefined=[("aws:lb/loadBalancer:LoadBalancer", {}), (LISTENER, {})],
        findings=1,
    ),
    "production-is-recorded": Case(
        kept=[
            [(LOG_GROUP, {"retentionInDays": 365})],
            [(DATABASE, {"enabledCloudwatchLogsExports": ["postgresql", "upgrade"]})],
            [(BALANCER, {"accessLogs": {"enabled": True}})],
            [(BALANCER, {"loadBalancerType": "network"})],
            [NETWORK, ("aws:ec2/flowLog:FlowLog", {})],
            [distribution(), ("aws:cloudwatch/logDelivery:LogDelivery", {})],
        ],
        broken=[
            [(LOG_GROUP, {"retentionInDays": 90})],
            [(DATABASE, {"enabledCloudwatchLogsExports": ["upgrade"]})],
            [(BALANCER, {"loadBalancerType": "application", "accessLogs": {"enabled": False}})],
            [NETWORK],
            [distribution()],
        ],
        undefined=[(LOG_GROUP, {}), (DATABASE, {}), (BALANCER, {}), NETWORK, (DISTRIBUTION, {})],
        findings=4,  # a log group without a time is kept for ever, which logs-are-kept reports
    ),
    "production-is-watched": Case(
        kept=[[(SERVICE, {}), (ALARM, {"alarmActions": ["arn:topic"]})], []],
        broken=[
            [(SERVICE, {})],
            [(SERVICE, {}), (ALARM, {"alarmActions": []})],
            [(ALARM, {"alarmActions": ["arn:topic"], "actionsEnabled": False})],
        ],
        undefined=[(SERVICE, {}), (ALARM, {})],
        findings=1,
    ),
    "roles-are-assumed-by-services-only": Case(
        kept=[[role({"Service": "ecs-tasks.amazonaws.com"})]],
        broken=[
            [role("*")],
            [role({"AWS": "arn:aws:iam::999999999999:root"})],
            [role({"Service": "ecs-tasks.amazonaws.com", "AWS": "999999999999"})],
            [role({"Federated": "token.actions.githubusercontent.com"})],
        ],
        undefined=[(ROLE, {})],
        findings=0,
    ),
    "roles-have-no-inline-policies": Case(
        kept=[[allow("s3:GetObject"), role({"Service": "ecs-tasks.amazonaws.com"})]],
        broken=[
            [("aws:iam/rolePolicy:RolePolicy", policy_of())],
            [(ROLE, {"inlinePolicies": [{"name": "more", "policy": "{}"}]})],
        ],
        undefined=[(ROLE, {})],
        findings=0,
    ),
    "roles-name-their-resources": Case(
        kept=[
            [allow("s3:GetObject")],
            [allow(["ecr:GetAuthorizationToken"], "*")],
            [allow(["tag:GetResources"], "*")],
            [allow(["ssmmessages:CreateControlChannel", "ssmmessages:OpenDataChannel"], "*")],
            [(ROLE, {})],
        ],
        broken=[
            [allow("s3:*")],
            [allow("s3:Get*")],
            [allow(["s3:GetObject", "ecr:GetAuthorizationToken"], "*")],
            [allow("s3:GetObject", NotAction="s3:PutObject")],
        ],
        undefined=[("aws:iam/policy:Policy", {})],
        findings=0,
    ),
    "targets-are-spoken-to-over-tls": Case(
        kept=[
            [("aws:lb/targetGroup:TargetGroup", {"protocol": protocol})] for protocol in ("HTTPS", "TLS", "TCP")
        ],
        broken=[[("aws:lb/targetGroup:TargetGroup", {"protocol": protocol})] for protocol in ("HTTP", "UDP")],
        undefined=[("aws:lb/targetGroup:TargetGroup", {})],
        findings=1,
    ),
    "topics-are-encrypted": Case(
        kept=[[(TOPIC, {"kmsMasterKeyId": "arn:aws:kms:us-east-1:123456789012:key/1"})]],
        broken=[
            [(TOPIC, {"kmsMasterKeyId": key})]
            for key in ("", "alias/aws/sns", "arn:aws:kms:us-east-1:123456789012:alias/aws/sns")
        ],
        undefined=[(TOPIC, {})],
        findings=1,
    ),
    "traffic-is-encrypted": Case(
        kept=[
            [distribution(), distribution(viewerCertificate={"cloudfrontDefaultCertificate": True})],
            [distribution(viewerCertificate={"acmCertificateArn": "c", "minimumProtocolVersion": "TLSv1.2_2021"})],
            [distribution(viewerCertificate={"acmCertificateArn": "c", "minimumProtocolVersion": "TLSv1.3_2025"})],
            [
                listener(protocol="HTTPS", sslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06"),
                listener(protocol="HTTP"),
            ],
            [("aws:rds/parameterGroup:ParameterGroup", {"parameters": [{"name": "rds.force_ssl", "value": "1"}]})],
            [(TASK, {"volumes": [{"name": "files", "efsVolumeConfiguration": {"transitEncryption": "ENABLED"}}]})],
            [(TASK, {"volumes": [{"name": "tmp"}]})],
        ],
        broken=[
            [distribution(defaultCacheBehavior={"viewerProtocolPolicy": "allow-all"})],
            [distribution(viewerCertificate={"acmCertificateArn": "c", "minimumProtocolVersion": "TLSv1.1_2016"})],
            [distribution(viewerCertificate={"acmCertificateArn": "c"})],
            [listener(protocol="HTTPS", sslPolicy="ELBSecurityPolicy-TLS13-1-1-2021-06")],
            [listener(protocol="TLS")],
            [("aws:rds/parameterGroup:ParameterGroup", {"parameters": [{"name": "rds.force_ssl", "value": "0"}]})],
            [(TASK, {"volumes": [{"name": "files", "efsVolumeConfiguration": {}}]})],
        ],
        undefined=[
            (DISTRIBUTION, {}),
            listener(),
            ("aws:rds/parameterGroup:ParameterGroup", {}),
        ],
        findings=2,
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
    assert len(findings(rule, case.undefined)) == case.findings


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
