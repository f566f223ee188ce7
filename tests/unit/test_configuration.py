"""Every unusable configuration is refused with one clear error, and all of them at once.

What pydantic rejects (not a number, out of bounds, not a choice) is one rule over all keys. The tables contain
what the program adds to that.
"""

import json
import re
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from components.config import RULES_BETWEEN_KEYS, Settings
from components.config.parse import ConfigurationError, checked, parse
from tests.unit.program import (
    BROUGHT,
    CERTIFICATE,
    EFS,
    INTERNAL,
    KEPT,
    KEY,
    OWN_DOMAIN,
    OWN_ZONE,
    PACS,
    PUBLIC,
    SCANNER,
    configured,
    run,
)

ELSEWHERE = CERTIFICATE.replace("us-east-1", "eu-central-1")
FIELDS = {to_camel(name): field for name, field in Settings.model_fields.items()}

# For each type of default, a value that no key of that type accepts.
UNUSABLE: dict[type, str] = {bool: "yes", int: "many", str: "${PGPASSWORD}", tuple: "no list", BaseModel: "[]"}

# Key, what the error must say about the rule, unusable values.
BAD: list[tuple[str, str, list[str]]] = [
    ("enableMultiAz", "must be true or false", ["", "1", "True", "on"]),
    (
        *("accessLogsBucketArn", "must be the ARN of an S3 bucket (arn:aws:s3:::name, no path)"),
        ["my-bucket", "s3://my-bucket", "arn:aws:s3:::logs/x", "arn:aws:s3:::MyBucket"],
    ),
    ("logRetentionDays", "must be one of 1, 3, 5", ["0", "10", "-1"]),
    ("vpcCidr", "(got /", ["10.0.0.0", "10.0.0.0/8", "10.0.0.0/28"]),
    ("vpcCidr", "host bits set", ["10.0.0.1/16"]),
    ("vpcCidr", "must be a private IPv4 network", ["8.8.0.0/16", "172.32.0.0/16", "fd00::/64", "ten"]),
    ("vpcId", "must be the id of a VPC", ["my-network", "vpc-123", "subnet-0123456789abcdef0"]),
    ("privateSubnetIds", "must be the id of a subnet", ['["subnet-0123456789ABCDEF0"]', '["10.0.0.0/24"]']),
    (
        *("permissionsBoundaryArn", "must be the ARN of a managed policy"),
        ["boundary", "arn:aws:iam::123456789012:role/boundary", "arn:aws:iam::1234:policy/boundary"],
    ),
    # Orthanc cannot read images from deeper archive classes.
    ("storageClass", "'STANDARD', 'INTELLIGENT_TIERING' or 'GLACIER_IR'", ["GLACIER", "DEEP_ARCHIVE"]),
    ("replicaRegion", "must be an AWS region", ["Frankfurt", "eu-central-1a"]),
    ("databaseName", "1 to 63 letters, digits, and _", ["", "1st", "orthanc-index", "x" * 64, "rdsadmin"]),
    ("dbSnapshotIdentifier", "identifier of an RDS snapshot", ["arn:aws:rds:us-east-1:1:snapshot/a", "a--b"]),
    ("existingBucketName", "(no ARN, no path)", ["arn:aws:s3:::images", "Images", "images/2026"]),
    ("existingBucketKeyArn", "no alias", ["alias/images", KEY.replace(":key/", ":alias/"), KEY[-36:]]),
    ("databaseEngineVersion", "14, 15, 16, 17 or 18, without a minor", ["13", "17.2", "latest"]),
    ("databaseInstanceClass", "must be an RDS instance class", ["t4g.small", "db.t4g.tiny", ""]),
    (
        *("orthancImage", "must be an image reference without https://, pinned to a tag other than latest"),
        [
            *(
                "orthancteam/orthanc",
                "orthanc:latest",
                "orthanc:1 ",
                "a:",
                "a:-1",
                "a:.1",
                "a:1:2",
                f"a:{'1' * 129}",
            ),
            *("https://x/y:1", "http://localhost:5000/orthanc:1", "docker://a/orthanc:1", "user@example.org/a:1"),
            *("/a:1", "a/:1", "a//b:1", "-a:1", "a-:1", "a...b:1", "example.org:5000/:1", "example.org:/a:1"),
            *("Orthanc:1", "Registry/Orthanc:1", "r.example.org/Orthanc:1", "registry_1.example.org:5000/a:1"),
            *("a@sha256:12", "a@sha256:" + "0" * 63, "a@sha256:" + "F" * 64, "a@md5:" + "0" * 32, "orthanc:1@"),
        ],
    ),
    ("dicomAet", "1 to 16 ASCII letters", ["", "SEVENTEEN_LETTERS", "ZÜRICH", "A\tB", "A\\B", " A", "A "]),
    ("dicomAet", "must not contain ${", ["${PGPASSWORD}"]),
    ("orthancName", "must not contain ${", ["${PGPASSWORD}"]),
    ("dicomCertificateArn", "ARN of an ACM certificate in the stack's region", ["dicom.example.org", KEY]),
    ("dicomAllowedCidrs", "no wider than /8 (got /", ['["0.0.0.0/0"]', '["128.0.0.0/1"]']),
    ("dicomAllowedCidrs", "is it 10.20.0.5/32?", ['["10.20.0.5"]']),
    ("dicomAllowedCidrs", "host bits set", ['["10.20.0.5/16"]']),
    ("dicomAllowedCidrs", "must be an IPv4 network", ['["fd00::/64"]']),
    ("dicomModalities", "must have keys of a Modality", ['["CT1"]']),
    ("taskCpu", "must be one of 1024, 2048", ["2", "512"]),
    (
        *("domainName", "must be a host name in lower case such as orthanc.example.org, without https:// or path"),
        ["https://a.example.org", "a.example.org/ui", "archive", "Archive.example.org"],
    ),
    ("certificateArn", "must be the ARN of an ACM certificate in us-east-1", [ELSEWHERE, "my-certificate"]),
    ("regionalCertificateArn", "ARN of an ACM certificate in the stack's own region", ["my-certificate", KEY]),
    ("hostedZoneId", "id of a public Route 53 hosted zone", ["example.org", "/hostedzone/Z0123456789", "z0123"]),
    ("allowedCidrs", "ends in /32", ['["203.0.113.7"]']),
    ("allowedCidrs", "host bits set", ['["203.0.113.7/24"]']),
    ("allowedCidrs", "/0 includes everybody", ['["0.0.0.0/0"]', '["::/0"]']),
    ("allowedCidrs", "never a private one", ['["10.1.0.0/16"]', '["fd12::/16"]']),
    ("allowedCidrs", "must be the CIDR block of a public network", ['["hospital/8"]']),
    ("allowedCountries", "ISO 3166-1 in capitals, such as CH, US or GB", ['["UK"]', '["ch"]', '["Switzerland"]']),
    *(
        (
            *(key, "must be an origin: https://host, with a port if it is not 443, without path"),
            [
                *('["*"]', '["null"]', '["https://*.example.org"]', '["https://Viewer.example.org"]'),
                *('["https://a.b/"]', '["https://a.b/c"]', '["https://a.b; script-src *"]', '["http://a.b"]'),
            ],
        )
        for key in ("corsAllowedOrigins", "frameAncestors")
    ),
    ("corsAllowedOrigins", "must be a list", ["https://viewer.example.org", '{"origin": "https://a.b"}']),
    ("orthancUsers", "must have keys of", ['["viewer"]']),
    (
        *("orthancUsers", "starting with a letter, other than admin"),
        ['[{"name": "admin"}]', '[{"name": "a:b"}]', '[{"name": "7"}]', '[{"name": "ward 7"}]'],
    ),
    ("orthancUsers", "repeats viewer", ['[{"name": "viewer"}, {"name": "viewer"}]']),
    (
        *("kmsKeyArn", "must be the ARN of a KMS key in the stack's region (arn:aws:kms:…:key/…, no alias)"),
        ["alias/orthanc", KEY.replace(":key/", ":alias/"), KEY[-36:], KEY.replace("123456789012", "1234")],
    ),
    (
        *("databasePasswordSchedule", "in UTC cron(0 3 ? * SUN *): every 4 hours at most, minute 0"),
        ["weekly", "rate(1 hours)", "cron(30 3 ? * SUN *)", "cron(0 3 * * *)"],
    ),
    ("alarmEmails", "must be an e-mail address", ['["team"]', '["a@localhost"]', '["Team <team@example.org>"]']),
]

# Settings, the key or path that the error names, its value unless the settings contain it, rule, and remedy.
ZONES, IMAGES = {"enableMultiAz": "true"}, {"existingBucketName": "images"}
PLAN, RECORDED = {"enableBackupPlan": "true"}, {"enableAccessLogs": "true"}
DELETE = {"dataOnDestroy": "delete"}


def listed(*modalities: dict[str, Any]) -> str:
    return json.dumps(modalities)


CONFLICTS: list[tuple[dict[str, str], str, str | None, str, str]] = [
    ({"taskCpu": "1024"}, "taskMemoryMib", "16384", "offers 4096 to 8192 MiB", "taskMemoryMib 4096"),
    ({"taskCpu": "8192"}, "taskMemoryMib", "17408", "in steps of 4096", "taskMemoryMib 16384"),
    (ZONES, "minTasks", "1", "must be at least 2", "minTasks 2"),
    (ZONES, "maxTasks", "1", "the 2 tasks of the minimum", "maxTasks 2"),
    ({"minTasks": "3"}, "maxTasks", "2", "less than the 3 tasks of the minimum", "maxTasks 3"),
    ({"maxTasks": "6"}, "databaseInstanceClass", "db.t4g.micro", "runs 12 tasks at a time", "maxTasks 5"),
    ({}, "databaseInstanceClass", "db.m7g.micro", "is not an RDS instance size", "db.t4g.small"),
    ({"orthancImage": "orthancteam/orthanc:24.3.4"}, "cpuArchitecture", "ARM64", "for X86_64 only", "X86_64"),
    ({}, "orthancImage", "r.example.org/orthancteam/orthanc:23.12.1", "older than 24.3.1", "rm orthancImage"),
    ({}, "largestStudyMib", "1024", "need 9 times as much", "largestStudyMib 341, or taskMemoryMib 10240"),
    ({}, "dicomModalities", listed(SCANNER), "no effect while dicomIngress is off", "config set dicomIngress"),
    ({}, "dicomPort", "104", "no effect while dicomIngress is off", "pulumi config rm dicomPort"),
    ({}, "dicomAllowedCidrs", '["10.0.0.0/8"]', "no effect", "pulumi config rm dicomAllowedCidrs"),
    ({}, "dicomCertificateArn", CERTIFICATE, "no effect", "pulumi config rm dicomCertificateArn"),
    (INTERNAL, "dicomModalities", "[]", "Orthanc rejects all modalities", "'dicomModalities[0].aet'"),
    (INTERNAL, "dicomAllowedCidrs", "[]", "no network is allowed", "'dicomAllowedCidrs[0]'"),
    (PUBLIC | BROUGHT, "publicSubnetIds", None, "the load balancer needs subnets", "--path 'publicSubnetIds[0]'"),
    (PUBLIC, "dicomCertificateArn", "", "without encryption", "internal"),
    (
        INTERNAL | {"dicomAllowedCidrs": '["10.20.0.0/24"]'},
        *("dicomModalities[1].host", None, "PACS.2 could not connect", "'dicomAllowedCidrs[1]' 10.20.1.9/32"),
    ),
    (
        INTERNAL | {"dicomAet": "ct1"},
        *("dicomModalities[0].aet", None, "must differ from dicomAet ct1", "ANOTHER_TITLE"),
    ),
    (
        INTERNAL | {"dicomModalities": listed(SCANNER, SCANNER | {"aet": "ct1", "allow": ["echo"]})},
        *("dicomModalities[1].aet", None, "is at 10.20.0.5 in dicomModalities[0].aet already", "[1].aet'"),
    ),
    (
        INTERNAL | {"dicomModalities": listed(SCANNER, SCANNER | {"host": "10.20.0.6"})},
        *("dicomModalities[1].allow", None, "to the first address of CT1, 10.20.0.5", "list this address first"),
    ),
    (
        INTERNAL | {"dicomModalities": listed(SCANNER | {"host": "ct1.example.org"})},
        *("dicomModalities[0].host", None, "so CT1 could not call", "--path 'dicomModalities[0].allow'"),
    ),
    (
        INTERNAL | {"dicomAllowedCidrs": json.dumps([f"10.{n}.0.0/16" for n in range(20, 46)])},
        "dicomModalities",
        listed(*({"aet": f"D{n}", "host": "a.b", "port": 104 + n} for n in range(2))),
        *("need 52 rules", "addresses in place of names"),
    ),
    ({"databaseStorageGib": "200"}, "databaseMaxStorageGib", None, "by at least 10 %", "MaxStorageGib 220"),
    (EFS, "existingBucketName", "images", "conflicts with enableDicomS3Storage", "enableDicomS3Storage true"),
    ({}, "existingBucketKeyArn", KEY, "requires existingBucketName", "existingBucketName NAME"),
    (IMAGES, "storageClass", "STANDARD", "existingBucketName uses an existing one", "rm storageClass"),
    (IMAGES, "objectLockDays", "30", "existingBucketName uses an existing one", "rm objectLockDays"),
    (IMAGES, "replicaRegion", "eu-west-1", "existingBucketName uses an existing one", "rm replicaRegion"),
    (IMAGES, "enableBucketEvents", "true", "existingBucketName uses an existing one", "rm enableBucketEvents"),
    (IMAGES, "oldVersionRetentionDays", "90", "uses an existing one", "rm existingBucketName"),
    (EFS, "oldVersionRetentionDays", "90", "the files are on EFS", "rm enableDicomS3Storage"),
    (DELETE, "objectLockDays", "30", "conflicts with dataOnDestroy delete", "dataOnDestroy keep"),
    ({}, "enableDataEvents", "true", "requires a bucket", "enableAccessLogs true"),
    (RECORDED | EFS, "enableDataEvents", "true", "the files are on EFS", "rm enableDataEvents"),
    ({}, "backupRetentionDays", "90", "configures the backup plan", "enableBackupPlan true"),
    ({}, "backupVaultLockDays", "7", "configures the backup plan", "rm backupVaultLockDays"),
    ({}, "enableBucketBackup", "true", "configures the backup plan", "rm enableBucketBackup"),
    (PLAN, "backupVaultLockDays", "36", "must not exceed backupRetentionDays 35", "backupRetentionDays 36"),
    (PLAN | DELETE, "backupVaultLockDays", "7", "conflicts with dataOnDestroy delete", "dataOnDestroy keep"),
    (PLAN | EFS, "enableBucketBackup", "true", "the files are on EFS", "rm enableBucketBackup"),
    (BROUGHT, "isolatedSubnetIds", "[]", "at least 2 subnets", "--path 'isolatedSubnetIds[0]'"),
    (BROUGHT, "privateSubnetIds", '["subnet-00000001"]', "each in a different Availability Zone", "SubnetIds[1]'"),
    (BROUGHT, "publicSubnetIds", '["subnet-00000001"]', "at least 2 subnets", "--path 'publicSubnetIds[1]'"),
    ({}, "publicSubnetIds", '["subnet-00000001", "subnet-00000002"]', "requires vpcId", "pulumi config set vpcId"),
    (
        BROUGHT | {"publicSubnetIds": BROUGHT["privateSubnetIds"]},
        *("publicSubnetIds[0]", None, "is also in privateSubnetIds", "--path 'publicSubnetIds[0]'"),
    ),
    (BROUGHT, "vpcCidr", "10.1.0.0/16", "vpcId uses an existing one", "rm vpcCidr"),
    (BROUGHT, "natGateways", "none", "vpcId uses an existing one", "rm natGateways"),
    (BROUGHT, "enableVpcFlowLogs", "true", "vpcId uses an existing one", "rm enableVpcFlowLogs"),
    ({"domainName": "a.example.org"}, "certificateArn", None, "or hostedZoneId", "arn:aws:acm:us-east-1:"),
    ({"certificateArn": CERTIFICATE}, "domainName", None, "has no effect without", "config set domainName"),
    ({"hostedZoneId": "Z1"}, "domainName", None, "has no effect without", "pulumi config set domainName"),
    (OWN_ZONE, "regionalCertificateArn", CERTIFICATE, "both certificates, or neither", "config rm regional"),
    (RECORDED, "accessLogsBucketArn", "arn:aws:s3:::logs", "conflicts with enableAccessLogs", "AccessLogs false"),
    ({}, "allowedCidrs", '["203.0.113.0/24"]', "everybody would be allowed", "enableWaf true"),
    ({}, "wafRateLimit", "100", "enforces the limit", "enableWaf true"),
    ({"enableCustomerKeys": "true"}, "kmsKeyArn", KEY, "conflicts with enableCustomerKeys", "CustomerKeys false"),
    ({}, "enableExec", "true", "requires a KMS key", "pulumi config set enableCustomerKeys true"),
    ({}, "databasePasswordSchedule", "rate(30 days)", "has no effect without", "databasePasswordRotation managed"),
    ({}, "alarmEmails", '["team@example.org"]', "neither is enabled", "enableAlarms true"),
    ({}, "monthlyBudgetUsd", "500", "at least one address", "pulumi config set --path 'alarmEmails[0]'"),
]

# What is wrong with the first modality, the path that the error names, and the rule. MISSING: without the key.
MISSING = object()
BAD_MODALITIES: list[tuple[dict[str, Any], str, str]] = [
    ({"aet": "CT1 "}, ".aet", "no spaces at the ends"),
    ({"aet": "SEVENTEEN_LETTERS"}, ".aet", "1 to 16"),
    ({"aet": MISSING}, ".aet", "is needed"),
    ({"host": "ct1"}, ".host", "a destination's DNS name"),
    ({"host": "ct_1.example.org"}, ".host", "must be the IPv4 address"),
    ({"host": "10.20.0.256"}, ".host", "must be the IPv4 address"),
    ({"host": "10.20.0.0/24"}, ".host", "must be the IPv4 address"),
    ({"host": "nobody.invalid"}, ".host", "means nobody"),
    ({"host": "0.0.0.0"}, ".host", "no device has 0.0.0.0"),  # noqa: S104
    ({"port": 65535}, ".port", "less than or equal to 65534"),  # which Orthanc refuses
    ({"allow": ["echo", "Store"]}, ".allow[1]", "'store' or 'storageCommitment'"),
    ({"allow": ["store", "store"]}, ".allow", "each right once"),
    ({"aetitle": "CT1"}, ".aetitle", "is not known"),
]

DIGEST = "@sha256:" + "0" * 64
GOOD: list[tuple[str, list[str]]] = [
    ("vpcCidr", ["192.168.0.0/24", "172.31.0.0/16"]),
    (
        "orthancImage",
        [
            *("orthanc:1", "a/b/c/d:1_2.3-x", "a__b/c--d/e.f_g:1", f"a:{'1' * 128}", f"orthanc:latest{DIGEST}"),
            *("localhost/orthanc:1", "localhost:5000/a:1", "127.0.0.1:5000/orthanc:1", "[::1]:5000/a:1"),
            *("registry:5000/a:1", "Registry.example:1/a:1", "public.ecr.aws/x/orthanc:26.8.1"),
            *(f"registry.example.org:5000/team/orthanc{DIGEST}", f"r.example.org:5000/orthanc:26.8.1{DIGEST}"),
            "123456789012.dkr.ecr.eu-central-1.amazonaws.com/mirror/orthanc:26.8.1-full",
        ],
    ),
    ("corsAllowedOrigins", ['["https://viewer.example.org:8443", "http://localhost:3000"]']),
    ("dbSnapshotIdentifier", ["rds:orthanc-database-2026-11-25-03-07", f"awsbackup:job-{KEY[-36:]}"]),
    ("accessLogsBucketArn", ["arn:aws-us-gov:s3:::logs.example"]),
    ("dicomAet", ["A.B_C-1", "Ward 7 (CT)"]),
    ("kmsKeyArn", [KEY, "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-" + "0" * 32]),
    ("permissionsBoundaryArn", ["arn:aws:iam::aws:policy/PowerUserAccess"]),
    ("replicaRegion", ["us-gov-west-1"]),
]
GOOD_TOGETHER = [
    BROUGHT | {"publicSubnetIds": '["subnet-00000001", "subnet-00000002"]', "vpcCidr": "10.0.0.0/16"},
    {"maxTasks": "5", "databaseInstanceClass": "db.t4g.micro"},
    {"cpuArchitecture": "ARM64", "orthancImage": "orthancteam/orthanc:24.8.3"},
    {"cpuArchitecture": "ARM64", "orthancImage": "registry.example.org/orthanc:1"},
    {"taskCpu": "16384", "taskMemoryMib": "122880"},
    {"databaseStorageGib": "100", "databaseMaxStorageGib": "110"},
    {"largestStudyMib": "10240", "taskCpu": "16384", "taskMemoryMib": "98304"},
    {"largestStudyMib": "1024", "taskMemoryMib": "10240", "responseTimeoutSeconds": "30"},
    PLAN | {"backupVaultLockDays": "35", "enableBucketBackup": "true"},
    {"enableDataEvents": "true", "accessLogsBucketArn": "arn:aws:s3:::logs"},
    IMAGES | {"existingBucketKeyArn": f"{KEY[:-36]}mrk-{'0' * 32}"},
    {"kmsKeyArn": KEY, "enableExec": "true"},
    {"databasePasswordRotation": "managed", "databasePasswordSchedule": "cron(0 3 ? * SUN *)"},
    {"enableAlarms": "true", "alarmEmails": '["pacs-team+alarms@radiology.example.org"]'},
]

# Settings, a Region where they are valid, one where they are not, the key that the error names, and the rule.
OF_ANOTHER = "another Region than the stack (eu-west-1)"
REGIONAL = OWN_DOMAIN | {"regionalCertificateArn": ELSEWHERE}
OF_A_REGION: list[tuple[dict[str, str], str, str, str, str]] = [
    ({}, "eu-central-1", "il-central-1", "aws:region", "certificate authority"),
    (PUBLIC, "us-east-1", "eu-west-1", "dicomCertificateArn", OF_ANOTHER),
    (REGIONAL, "eu-central-1", "eu-west-1", "regionalCertificateArn", OF_ANOTHER),
    (KEPT, "us-east-1", "eu-west-1", "existingBucketKeyArn", OF_ANOTHER),
    ({"kmsKeyArn": KEY}, "us-east-1", "eu-west-1", "kmsKeyArn", OF_ANOTHER),
    ({"replicaRegion": "eu-west-1"}, "us-east-1", "eu-west-1", "replicaRegion", "the stack's own Region"),
]


def problems_of(values: dict[str, Any], **context: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as refused:
        parse(values, **context)
    return refused.value


def refused(key: str, value: str) -> str:
    """The rule in the error for this value of a key."""
    error = problems_of({key: value})
    [problem] = error.problems
    assert problem.key.partition("[")[0] == key
    assert re.search(rf"pulumi config (set|rm) (--path ')?{key}", problem.remedy), "no command fixes it"
    assert f"  {problem.key} = {problem.value!r}: " in str(error) and "nothing was created" in str(error)
    assert str(problem.value) in value.replace('"', "'"), "the value is not the one that was given"
    return problem.rule


@pytest.mark.parametrize("key", FIELDS)
def test_every_setting_rejects_a_wrong_type_and_gives_a_command_that_fixes_it(key: str):
    default = FIELDS[key].default
    kind = BaseModel if isinstance(default, BaseModel) else type(default)
    refused(key, UNUSABLE[kind])
    if kind is int:
        for unbounded in ("-1", str(10**12)):
            refused(key, unbounded)  # which AWS would reject half an hour into the deployment
    if kind is tuple:
        [example] = FIELDS[key].examples or []
        rules = [problem.rule for problem in problems_of({key: json.dumps([example, example])}).problems]
        assert any("once" in rule or "already" in rule for rule in rules), "AWS or Orthanc rejects duplicates"


@pytest.mark.parametrize(("key", "rule", "value"), [(*row, value) for *row, values in BAD for value in values])
def test_a_bad_value_is_refused(key: str, rule: str, value: str):
    assert rule in refused(key, value)


def broken(settings: dict[str, str], key: str, value: str | None) -> dict[str, str]:
    """The settings of a row of CONFLICTS."""
    return settings if value is None else settings | {key: value}


@pytest.mark.parametrize(("settings", "key", "value", "rule", "remedy"), CONFLICTS)
def test_values_that_do_not_go_together(
    settings: dict[str, str], key: str, value: str | None, rule: str, remedy: str
):
    [problem] = problems_of(broken(settings, key, value)).problems
    assert problem.key == key and rule in problem.rule and remedy in problem.remedy


def test_every_rule_between_keys_has_a_row_above():
    every = [checked(broken(*row[:3]), None)[0] for row in CONFLICTS]
    untried = [rule for rule in RULES_BETWEEN_KEYS if not any(map(rule.problems, every))]
    assert not untried, "no test reads the error of this rule"


@pytest.mark.parametrize(("change", "path", "rule"), BAD_MODALITIES)
def test_a_bad_modality_is_named_with_the_path_to_what_is_wrong(change: dict[str, Any], path: str, rule: str):
    modality = {key: value for key, value in (SCANNER | change).items() if value is not MISSING}
    [problem] = problems_of(INTERNAL | {"dicomModalities": listed(modality, SCANNER)}).problems
    assert problem.key == f"dicomModalities[0]{path}" and rule in problem.rule
    assert f"--path 'dicomModalities[0]{path.partition('[')[0]}" in problem.remedy
    assert problem.value is None or str(problem.value) in str(change), "the value is not the one that was given"


def test_every_bad_modality_is_told_at_once():
    modalities = [SCANNER | {"port": 0, "aet": "\\"}, SCANNER, SCANNER | {"host": "::1"}]
    keys = [problem.key for problem in problems_of({"dicomModalities": json.dumps(modalities)}).problems]
    assert keys == ["dicomModalities[0].aet", "dicomModalities[0].port", "dicomModalities[2].host"]
    everywhere = INTERNAL | {"dicomAllowedCidrs": '["192.168.0.0/16"]'}
    assert len(problems_of(everywhere).problems) == 2, "the second modality that cannot connect is not told"


@pytest.mark.parametrize("as_list", [False, True])
def test_modalities_are_taken_as_they_are_written(as_list: bool):
    """As JSON text by the CLI, and numbers as texts where they were set without `--path`."""
    modalities = [SCANNER | {"port": "104"}, PACS]
    settings = parse(INTERNAL | {"dicomModalities": modalities if as_list else json.dumps(modalities)})
    assert [each.model_dump(mode="json") for each in settings.dicom_modalities] == [
        {"manufacturer": "Generic"} | SCANNER,
        PACS,
    ]


@pytest.mark.parametrize("values", [*GOOD_TOGETHER, *({key: value} for key, values in GOOD for value in values)])
def test_good_values_are_taken(values: dict[str, str]):
    settings = parse(values)
    for key, value in values.items():
        field = next(name for name in Settings.model_fields if name.replace("_", "") == key.lower())
        taken = getattr(settings, field)
        assert taken == value or json.loads(value) == (list(taken) if isinstance(taken, tuple) else taken)


def test_everything_wrong_is_told_at_once():
    error = problems_of(
        {"taskCpu": "2", "vpcCidr": "ten", "enableMultiAZ": "true", "databaseStorageGib": "500"}, region="mars-1"
    )
    assert {problem.key for problem in error.problems} == {
        *("vpcCidr", "taskCpu", "enableMultiAZ"),
        *("databaseMaxStorageGib", "aws:region"),
    }
    assert str(error).startswith("the configuration has 5 problems")


def test_a_rule_between_lists_waits_until_both_are_usable():
    [problem] = problems_of(BROUGHT | {"privateSubnetIds": '["subnet-00000001", "x"]'}).problems
    assert problem.key == "privateSubnetIds[1]", "a list with one bad value is reported as missing, too"


def test_an_unknown_key_is_told_with_the_one_that_was_meant():
    [problem] = problems_of({"enableMultiAZ": "true"}).problems
    assert "did you mean enableMultiAz?" in problem.rule and problem.remedy == "pulumi config rm enableMultiAZ"
    [problem] = problems_of({"completelyDifferent": "1"}).problems
    assert "docs/reference/settings.md lists all keys" in problem.rule


@pytest.mark.parametrize(("settings", "region", "other", "key", "rule"), OF_A_REGION)
def test_existing_resources_must_be_in_the_stacks_region(
    settings: dict[str, str], region: str, other: str, key: str, rule: str
):
    parse(settings, region=region)
    parse(settings)
    [problem] = problems_of(settings, region=other).problems
    assert problem.key == key and rule in problem.rule


@pytest.mark.parametrize(
    ("config", "variable"),
    [({"aws:region": "mars-1"}, "us-east-1"), ({}, "mars-1")],
    ids=["of the stack", "of the shell"],
)
def test_the_region_is_the_stacks_or_else_the_shells(
    config: dict[str, str], variable: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AWS_REGION", variable)
    with pytest.raises(ConfigurationError, match="aws:region = 'mars-1'"):
        run(config)


def test_keys_of_another_project_are_ignored():
    assert (
        run(configured({"taskCpu": "1024"}) | {"other:taskCpu": "2"}).one("TaskDefinition").inputs["cpu"] == "1024"
    )
