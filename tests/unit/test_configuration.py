"""Every unusable configuration is refused with one clear error, and all of them at once."""

import contextvars
import json
import re
from typing import Any

import pulumi
import pytest

from components.config import Settings
from components.config.account import Account
from components.config.parse import ConfigurationError, parse
from components.preflight import account, plan, rollouts
from components.preflight.load import load
from components.preflight.plan import Plan
from tests.unit.program import (
    BROUGHT,
    CERTIFICATE,
    INTERNAL,
    KEPT,
    KEY,
    NAME,
    OWN_DOMAIN,
    OWN_ZONE,
    PACS,
    PUBLIC,
    REGION,
    SCANNER,
)

ELSEWHERE = CERTIFICATE.replace("us-east-1", "eu-central-1")

# Key, unusable value, what the message must say about the rule.
BAD: list[tuple[str, Any, str]] = [
    ("enableDicomS3Storage", "yes", "must be true or false"),
    ("enableDicomS3Storage", "", "must be true or false"),
    ("enableMultiAz", "1", "must be true or false"),
    ("enableMultiAz", "True", "must be true or false"),
    ("enableRdsBackup", "on", "must be true or false"),
    ("enableVpcFlowLogs", "enabled", "must be true or false"),
    ("accessLogsBucketArn", "my-bucket", "must be the ARN of an S3 bucket"),
    ("accessLogsBucketArn", "s3://my-bucket", "must be the ARN of an S3 bucket"),
    ("accessLogsBucketArn", "arn:aws:s3:::my-bucket/logs", "no path"),
    ("accessLogsBucketArn", "arn:aws:s3:::MyBucket", "must be the ARN of an S3 bucket"),
    ("accessLogsBucketArn", "arn:aws:iam::123456789012:role/x", "must be the ARN of an S3 bucket"),
    ("enableAccessLogs", "on", "must be true or false"),
    ("accessLogRetentionDays", "0", "greater than or equal to 1"),
    ("accessLogRetentionDays", "4000", "less than or equal to 3650"),
    ("accessLogRetentionDays", "year", "valid integer"),
    ("dataOnDestroy", "retain", "'refuse', 'keep' or 'delete'"),
    ("dataOnDestroy", "", "'refuse', 'keep' or 'delete'"),
    ("dataOnDestroy", "Delete", "'refuse', 'keep' or 'delete'"),
    ("logRetentionDays", "0", "must be one of 1, 3, 5"),
    ("logRetentionDays", "10", "must be one of 1, 3, 5"),
    ("logRetentionDays", "ever", "valid integer"),
    ("logRetentionDays", "-1", "must be one of 1, 3, 5"),
    ("vpcCidr", "10.0.0.0", "between /16 and /24"),
    ("vpcCidr", "10.0.0.0/8", "got /8"),
    ("vpcCidr", "10.0.0.0/28", "got /28"),
    ("vpcCidr", "10.0.0.1/16", "host bits set"),
    ("vpcCidr", "8.8.0.0/16", "must be a private IPv4 network"),
    ("vpcCidr", "172.32.0.0/16", "must be a private IPv4 network"),
    ("vpcCidr", "fd00::/64", "must be a private IPv4 network"),
    ("vpcCidr", "ten", "must be a private IPv4 network"),
    ("natGateways", "two", "'none', 'single' or 'onePerZone'"),
    ("natGateways", "oneperzone", "'none', 'single' or 'onePerZone'"),
    ("vpcId", "my-network", "must be the id of a VPC"),
    ("vpcId", "vpc-123", "must be the id of a VPC"),
    ("vpcId", "subnet-0123456789abcdef0", "must be the id of a VPC"),
    ("privateSubnetIds", '["subnet-0123456789ABCDEF0"]', "must be the id of a subnet"),
    ("privateSubnetIds", "subnet-0123456789abcdef0", "must be"),
    ("isolatedSubnetIds", '["10.0.0.0/24"]', "must be the id of a subnet"),
    ("isolatedSubnetIds", '["subnet-00000001", "subnet-00000001"]', "each subnet once"),
    ("publicSubnetIds", '["vpc-0123456789abcdef0"]', "must be the id of a subnet"),
    ("publicSubnetIds", "[1]", "valid string"),
    ("permissionsBoundaryArn", "developer-boundary", "must be the ARN of a managed policy"),
    ("permissionsBoundaryArn", "arn:aws:iam::123456789012:role/boundary", "must be the ARN of a managed policy"),
    ("permissionsBoundaryArn", "arn:aws:iam::1234:policy/boundary", "must be the ARN of a managed policy"),
    ("oldVersionRetentionDays", "0", "greater than or equal to 1"),
    ("oldVersionRetentionDays", "9999", "less than or equal to 3650"),
    ("oldVersionRetentionDays", "1.5", "valid integer"),
    ("storageClass", "GLACIER", "'STANDARD', 'INTELLIGENT_TIERING' or 'GLACIER_IR'"),
    ("storageClass", "DEEP_ARCHIVE", "'GLACIER_IR'"),
    ("storageClass", "standard", "'STANDARD'"),
    ("objectLockDays", "-1", "greater than or equal to 0"),
    ("objectLockDays", "40000", "less than or equal to 36500"),
    ("objectLockDays", "10y", "valid integer"),
    ("replicaRegion", "Frankfurt", "must be an AWS region"),
    ("replicaRegion", "eu-central-1a", "must be an AWS region"),
    ("enableBucketEvents", "yes", "must be true or false"),
    ("enableDataEvents", "1", "must be true or false"),
    ("enableBackupPlan", "daily", "must be true or false"),
    ("enableBucketBackup", "on", "must be true or false"),
    ("backupRetentionDays", "0", "greater than or equal to 1"),
    ("backupRetentionDays", "ever", "valid integer"),
    ("backupVaultLockDays", "-7", "greater than or equal to 0"),
    ("backupVaultLockDays", "9999", "less than or equal to 3650"),
    ("databaseName", "", "name of a PostgreSQL database"),
    ("databaseName", "1st", "not starting with a digit"),
    ("databaseName", "orthanc-index", "letters, digits, and _"),
    ("databaseName", "x" * 64, "1 to 63"),
    ("databaseName", "rdsadmin", "name of a PostgreSQL database"),
    ("dbSnapshotIdentifier", "arn:aws:rds:us-east-1:123456789012:snapshot/a", "identifier of an RDS snapshot"),
    ("dbSnapshotIdentifier", "a--b", "identifier of an RDS snapshot"),
    ("dbSnapshotIdentifier", "ends-", "identifier of an RDS snapshot"),
    ("dbSnapshotIdentifier", "s" * 256, "at most 255 characters"),
    ("existingBucketName", "arn:aws:s3:::images", "no ARN"),
    ("existingBucketName", "Images", "name of an S3 bucket"),
    ("existingBucketName", "images/2026", "no path"),
    ("existingBucketKeyArn", "alias/images", "no alias"),
    ("existingBucketKeyArn", KEY.replace(":key/", ":alias/"), "no alias"),
    ("existingBucketKeyArn", KEY[-36:], "must be the ARN of a KMS key"),
    ("databaseEngineVersion", "13", "14, 15, 16, 17 or 18"),
    ("databaseEngineVersion", "17.2", "without a minor"),
    ("databaseEngineVersion", "latest", "14, 15, 16, 17 or 18"),
    ("databaseInstanceClass", "t4g.small", "must be an RDS instance class"),
    ("databaseInstanceClass", "db.t4g.tiny", "must be an RDS instance class"),
    ("databaseInstanceClass", "", "must be an RDS instance class"),
    ("databaseStorageGib", "10", "greater than or equal to 20"),
    ("databaseStorageGib", "100000", "less than or equal to 65536"),
    ("databaseMaxStorageGib", "20", "greater than or equal to 22"),
    ("databaseMaxStorageGib", "lots", "valid integer"),
    ("orthancImage", "orthancteam/orthanc", "pinned to a tag"),
    ("orthancImage", "orthancteam/orthanc:latest", "other than latest"),
    ("orthancImage", "orthancteam/orthanc@sha256:12", "pinned to a tag"),
    ("orthancImage", "Orthanc:26.8.1", "must be an image reference"),
    *(
        ("orthancImage", reference, "must be an image reference without https://")
        for reference in (
            *("https://x/y:1", "http://localhost:5000/orthanc:1", "docker://orthancteam/orthanc:1"),
            *("/orthanc:1", "orthanc/:1", "a//b:1", "registry.example.org:5000/:1", "registry.example.org:/a:1"),
            *("orthanc:", "orthanc:-1", "orthanc:.1", "orthanc:1:2", f"orthanc:{'1' * 129}", "orthanc:1 "),
            *("Registry/Orthanc:1", "registry.example.org/Orthanc:1", "-orthanc:1", "orthanc-:1", "a...b:1"),
            *("orthanc@sha256:" + "0" * 63, "orthanc@sha256:" + "F" * 64, "orthanc@md5:" + "0" * 32),
            *("user@registry.example.org/orthanc:1", "registry_1.example.org:5000/a:1", "orthanc:1@", "orthanc"),
        )
    ),
    ("orthancName", "", "at least 1 character"),
    ("orthancName", "${PGPASSWORD}", "must not contain ${"),
    ("orthancName", "x" * 65, "at most 64 characters"),
    ("dicomAet", "", "1 to 16 ASCII letters"),
    ("dicomAet", " ORTHANC", "no spaces at the ends"),
    ("dicomAet", "ORTHANC ", "no spaces at the ends"),
    ("dicomAet", "SEVENTEEN_LETTERS", "1 to 16 ASCII letters"),
    ("dicomAet", "ZÜRICH", "1 to 16 ASCII letters"),
    ("dicomAet", "A\tB", "1 to 16 ASCII letters"),
    ("dicomAet", "A\\B", "no \\"),
    ("dicomAet", "${PGPASSWORD}", "must not contain ${"),
    ("dicomDefaultEncoding", "UTF-8", "'Ascii', 'Utf8'"),
    ("dicomDefaultEncoding", "latin1", "'Latin1'"),
    ("dicomIngress", "on", "'off', 'internal' or 'public'"),
    ("dicomIngress", "Public", "'off', 'internal' or 'public'"),
    ("dicomPort", "0", "greater than or equal to 1"),
    ("dicomPort", "65536", "less than or equal to 65535"),
    ("dicomPort", "dicom", "valid integer"),
    ("dicomCertificateArn", "dicom.example.org", "must be the ARN of an ACM certificate in the stack's region"),
    ("dicomCertificateArn", "arn:aws:iam::123456789012:server-certificate/x", "must be the ARN of an ACM"),
    ("dicomAllowedCidrs", '["0.0.0.0/0"]', "no wider than /8 (got /0)"),
    ("dicomAllowedCidrs", '["128.0.0.0/1"]', "no wider than /8 (got /1)"),
    ("dicomAllowedCidrs", '["10.20.0.5"]', "is it 10.20.0.5/32?"),
    ("dicomAllowedCidrs", '["10.20.0.5/16"]', "host bits set"),
    ("dicomAllowedCidrs", '["fd00::/64"]', "must be an IPv4 network"),
    ("dicomAllowedCidrs", '["10.20.0.0/16", "10.20.0.0/16"]', "each network once"),
    ("dicomAllowedCidrs", "10.20.0.0/16", "must be a list"),
    ("dicomModalities", "CT1", "must be a list"),
    ("dicomModalities", '["CT1"]', "must have keys of a Modality"),
    ("deploymentMode", "recreate", "'auto', 'rolling' or 'stopFirst'"),
    ("minTasks", "-1", "greater than or equal to 0"),
    ("maxTasks", "17", "less than or equal to 16"),
    ("maxTasks", "many", "valid integer"),
    ("targetCpuPercent", "5", "greater than or equal to 10"),
    ("targetCpuPercent", "100", "less than or equal to 90"),
    ("targetRequestsPerTask", "1", "greater than or equal to 10"),
    ("cpuArchitecture", "arm64", "'X86_64' or 'ARM64'"),
    ("fargateSpotPercent", "101", "less than or equal to 100"),
    ("fargateSpotPercent", "half", "valid integer"),
    ("taskCpu", "2", "must be one of 1024, 2048"),
    ("taskCpu", "512", "must be one of 1024, 2048"),
    ("taskCpu", "two", "valid integer"),
    ("taskMemoryMib", "2048", "greater than or equal to 4096"),
    ("taskMemoryMib", "4GB", "valid integer"),
    ("domainName", "https://archive.example.org", "without https://"),
    ("domainName", "archive.example.org/ui", "without https:// or path"),
    ("domainName", "Archive.example.org", "in lower case"),
    ("domainName", "archive", "must be a host name"),
    ("certificateArn", "arn:aws:acm:eu-west-1:123456789012:certificate/" + "0" * 36, "in us-east-1"),
    ("certificateArn", "my-certificate", "must be the ARN of an ACM certificate"),
    ("regionalCertificateArn", "my-certificate", "in the stack's own region"),
    ("regionalCertificateArn", "arn:aws:iam::123456789012:server-certificate/x", "ARN of an ACM certificate"),
    ("hostedZoneId", "example.org", "id of a public Route 53 hosted zone"),
    ("hostedZoneId", "/hostedzone/Z0123456789", "id of a public Route 53 hosted zone"),
    ("hostedZoneId", "z0123", "id of a public Route 53 hosted zone"),
    ("enableWaf", "yes", "must be true or false"),
    ("wafRateLimit", "9", "greater than or equal to 10"),
    ("wafRateLimit", "2000000001", "less than or equal to 2000000000"),
    ("wafRateLimit", "100/s", "valid integer"),
    ("allowedCidrs", '["203.0.113.7"]', "ends in /32"),
    ("allowedCidrs", '["203.0.113.7/24"]', "host bits set"),
    ("allowedCidrs", '["0.0.0.0/0"]', "/0 includes everybody"),
    ("allowedCidrs", '["::/0"]', "/0 includes everybody"),
    ("allowedCidrs", '["10.1.0.0/16"]', "never a private one"),
    ("allowedCidrs", '["fd12::/16"]', "never a private one"),
    ("allowedCidrs", '["hospital"]', "must be the CIDR block of a public network"),
    ("allowedCidrs", '["203.0.113.0/24", "203.0.113.0/24"]', "each network once"),
    ("allowedCidrs", "203.0.113.0/24", "must be"),
    ("allowedCountries", '["UK"]', "such as CH, US or GB"),
    ("allowedCountries", '["ch"]', "ISO 3166-1 in capitals"),
    ("allowedCountries", '["Switzerland"]', "ISO 3166-1"),
    ("allowedCountries", '["CH", "CH"]', "each country once"),
    ("allowedCountries", "CH", "must be"),
    ("corsAllowedOrigins", '["*"]', "no *"),
    ("corsAllowedOrigins", '["null"]', "must be an origin"),
    ("corsAllowedOrigins", '["https://Viewer.example.org"]', "must be an origin"),
    ("corsAllowedOrigins", '["https://viewer.example.org/"]', "trailing slash"),
    ("corsAllowedOrigins", '["http://viewer.example.org"]', "http only for localhost"),
    ("corsAllowedOrigins", '["https://a.b", "https://a.b"]', "each origin once"),
    ("corsAllowedOrigins", "https://viewer.example.org", "must be"),
    ("corsAllowedOrigins", '{"origin": "https://a.b"}', "must be"),
    ("frameAncestors", '["*"]', "no *"),
    ("frameAncestors", '["https://*.example.org"]', "no *"),
    ("frameAncestors", '["https://portal.example.org/worklist"]', "without path"),
    ("frameAncestors", '["http://portal.example.org"]', "http only for localhost"),
    ("frameAncestors", '["https://a.b; script-src *"]', "must be an origin"),
    ("frameAncestors", '["https://a.b", "https://a.b"]', "each origin once"),
    ("priceClass", "PriceClass_50", "PriceClass_100"),
    ("priceClass", "100", "PriceClass_100"),
    ("largestStudyMib", "63", "greater than or equal to 64"),
    ("largestStudyMib", "20000", "less than or equal to 10240"),
    ("largestStudyMib", "1GiB", "valid integer"),
    ("responseTimeoutSeconds", "29", "greater than or equal to 30"),
    ("responseTimeoutSeconds", "121", "less than or equal to 120"),
    ("responseTimeoutSeconds", "2m", "valid integer"),
    ("orthancUsers", "viewer", "must be"),
    ("orthancUsers", '["viewer"]', "must have keys of"),
    ("orthancUsers", '[{"name": "admin"}]', "other than admin"),
    ("orthancUsers", '[{"name": "a:b"}]', "1 to 64 of the characters"),
    ("orthancUsers", '[{"name": "7"}]', "starting with a letter"),
    ("orthancUsers", '[{"name": "ward 7"}]', "1 to 64 of the characters"),
    ("orthancUsers", '[{"name": "viewer"}, {"name": "viewer"}]', "repeats viewer"),
    ("orthancUsers", '[{"name": "viewer", "role": "read"}]', "'full' or 'readOnly'"),
    ("credentialsVersion", "0", "greater than or equal to 1"),
    ("credentialsVersion", "2.5", "valid integer"),
    ("credentialsVersion", "new", "valid integer"),
    ("enableCustomerKeys", "yes", "must be true or false"),
    ("kmsKeyArn", "alias/orthanc", "no alias"),
    ("kmsKeyArn", "arn:aws:kms:us-east-1:123456789012:alias/orthanc", "no alias"),
    ("kmsKeyArn", "arn:aws:kms:us-east-1:1234:key/00000000-0000-0000-0000-000000000000", "ARN of a KMS key"),
    ("kmsKeyArn", "00000000-0000-0000-0000-000000000000", "ARN of a KMS key"),
    ("enableExec", "on", "must be true or false"),
    ("databasePasswordRotation", "true", "'none' or 'managed'"),
    ("databasePasswordRotation", "lambda", "'none' or 'managed'"),
    ("databasePasswordSchedule", "weekly", "such as rate(30 days)"),
    ("databasePasswordSchedule", "rate(1 hours)", "every 4 hours at most"),
    ("databasePasswordSchedule", "cron(30 3 ? * SUN *)", "minute 0"),
    ("databasePasswordSchedule", "cron(0 3 * * *)", "cron(0 3 ? * SUN *)"),
    ("enableAlarms", "on", "must be true or false"),
    ("alarmEmails", "team@example.org", "must be a list"),
    ("alarmEmails", '["team"]', "must be an e-mail address"),
    ("alarmEmails", '["team@localhost"]', "must be an e-mail address"),
    ("alarmEmails", '["Team <team@example.org>"]', "must be an e-mail address"),
    ("alarmEmails", '["team@example.org", "team@example.org"]', "must name each address once"),
    ("alarmEmails", json.dumps([f"a{n}@example.org" for n in range(11)]), "at most 10 items"),
    ("enableDashboard", "1", "must be true or false"),
    ("enableContainerInsights", "enhanced", "must be true or false"),
    ("monthlyBudgetUsd", "-1", "greater than or equal to 0"),
    ("monthlyBudgetUsd", "99.5", "valid integer"),
]

# Values that do not go together, the key that the error names, its rule and remedy.
CONFLICTS: list[tuple[dict[str, str], str, str, str]] = [
    (
        {"taskCpu": "1024", "taskMemoryMib": "16384"},
        "taskMemoryMib",
        "offers 4096 to 8192 MiB",
        "taskMemoryMib 4096",
    ),
    ({"taskCpu": "2048", "taskMemoryMib": "5000"}, "taskMemoryMib", "in steps of 1024", "taskMemoryMib 4096"),
    ({"minTasks": "1", "enableMultiAz": "true"}, "minTasks", "must be at least 2", "minTasks 2"),
    ({"minTasks": "3", "maxTasks": "2"}, "maxTasks", "less than the 3 tasks of the minimum", "maxTasks 3"),
    ({"maxTasks": "1", "enableMultiAz": "true"}, "maxTasks", "the 2 tasks of the minimum", "maxTasks 2"),
    (
        {"maxTasks": "6", "databaseInstanceClass": "db.t4g.micro"},
        "databaseInstanceClass",
        "admits 56 connections of tasks; an update runs 12 tasks at a time",
        "pulumi config set maxTasks 5",
    ),
    (
        {"cpuArchitecture": "ARM64", "orthancImage": "orthancteam/orthanc:24.3.4"},
        "cpuArchitecture",
        "for X86_64 only",
        "cpuArchitecture X86_64",
    ),
    (
        {"orthancImage": "registry.example.org/orthancteam/orthanc:23.12.1"},
        "orthancImage",
        "older than 24.3.1",
        "config rm orthancImage",
    ),
    (
        {"databaseInstanceClass": "db.m7g.micro"},
        "databaseInstanceClass",
        "is not an RDS instance size",
        "db.t4g.small",
    ),
    ({"taskCpu": "8192", "taskMemoryMib": "17408"}, "taskMemoryMib", "in steps of 4096", "taskMemoryMib 16384"),
    (
        {"largestStudyMib": "1024"},
        "largestStudyMib",
        "2 such uploads at once need 9 times as much of a task's memory, and 1024 MiB are for the rest: 10240 MiB",
        "largestStudyMib 341, or taskMemoryMib 10240",
    ),
    (
        INTERNAL | {"dicomIngress": "off", "dicomAllowedCidrs": "[]"},
        "dicomModalities",
        "no effect",
        "dicomIngress",
    ),
    ({"dicomPort": "104"}, "dicomPort", "no effect while dicomIngress is off", "pulumi config rm dicomPort"),
    ({"dicomAllowedCidrs": '["10.0.0.0/8"]'}, "dicomAllowedCidrs", "no effect", "pulumi config set dicomIngress"),
    ({"dicomCertificateArn": CERTIFICATE}, "dicomCertificateArn", "no effect", "pulumi config rm"),
    (
        INTERNAL | {"dicomModalities": "[]"},
        "dicomModalities",
        "Orthanc rejects all modalities",
        "'dicomModalities[0].aet'",
    ),
    (
        INTERNAL | {"dicomAllowedCidrs": "[]"},
        "dicomAllowedCidrs",
        "no network is allowed",
        "'dicomAllowedCidrs[0]'",
    ),
    (
        PUBLIC | BROUGHT,
        "publicSubnetIds",
        "the load balancer needs subnets",
        "--path 'publicSubnetIds[0]'",
    ),
    (PUBLIC | {"dicomCertificateArn": ""}, "dicomCertificateArn", "without encryption", "internal"),
    (PUBLIC | {"dicomAllowedCidrs": "[]"}, "dicomAllowedCidrs", "no network is allowed", "'dicomAllowedCidrs[0]'"),
    (
        INTERNAL | {"dicomAllowedCidrs": '["10.20.0.0/24"]'},
        "dicomModalities[1].host",
        "PACS.2 could not connect",
        "'dicomAllowedCidrs[1]' 10.20.1.9/32",
    ),
    (
        INTERNAL | {"dicomAet": "ct1"},
        "dicomModalities[0].aet",
        "must differ from dicomAet ct1",
        "ANOTHER_TITLE",
    ),
    (
        INTERNAL | {"dicomModalities": json.dumps([SCANNER, SCANNER | {"aet": "ct1", "allow": ["echo"]}])},
        "dicomModalities[1].aet",
        "is at 10.20.0.5 in dicomModalities[0].aet already",
        "'dicomModalities[1].aet'",
    ),
    (
        INTERNAL | {"dicomModalities": json.dumps([SCANNER, SCANNER | {"host": "10.20.0.6"}])},
        "dicomModalities[1].allow",
        "would report to the first address of CT1, 10.20.0.5",
        "list this address first",
    ),
    (
        INTERNAL | {"dicomModalities": json.dumps([SCANNER | {"host": "ct1.example.org"}])},
        "dicomModalities[0].host",
        "so CT1 could not call",
        "--path 'dicomModalities[0].allow'",
    ),
    (
        INTERNAL
        | {
            "dicomAllowedCidrs": json.dumps([f"10.{n}.0.0/16" for n in range(20, 46)]),
            "dicomModalities": json.dumps([{"aet": f"D{n}", "host": "a.b", "port": 104 + n} for n in range(2)]),
        },
        "dicomModalities",
        "need 52 rules",
        "addresses in place of names",
    ),
    (
        {"databaseStorageGib": "200"},
        "databaseMaxStorageGib",
        "exceed databaseStorageGib 200 by at least 10 %",
        "220",
    ),
    (
        {"enableDicomS3Storage": "false", "existingBucketName": "images"},
        "existingBucketName",
        "conflicts with enableDicomS3Storage false",
        "enableDicomS3Storage true",
    ),
    (
        {"existingBucketKeyArn": KEY},
        "existingBucketKeyArn",
        "requires existingBucketName",
        "existingBucketName NAME",
    ),
    *(
        ({"existingBucketName": "images", key: value}, key, "existingBucketName uses an existing one", f"rm {key}")
        for key, value in {
            "storageClass": "STANDARD",
            "objectLockDays": "30",
            "replicaRegion": "eu-west-1",
            "enableBucketEvents": "true",
        }.items()
    ),
    (
        {"objectLockDays": "30", "dataOnDestroy": "delete"},
        "objectLockDays",
        "conflicts with dataOnDestroy delete",
        "keep",
    ),
    ({"enableDataEvents": "true"}, "enableDataEvents", "requires a bucket", "enableAccessLogs true"),
    (
        {"enableDataEvents": "true", "enableAccessLogs": "true", "enableDicomS3Storage": "false"},
        "enableDataEvents",
        "the files are on EFS",
        "rm enableDataEvents",
    ),
    *(
        ({key: value}, key, "configures the backup plan", "enableBackupPlan true")
        for key, value in {
            "backupRetentionDays": "90",
            "backupVaultLockDays": "7",
            "enableBucketBackup": "true",
        }.items()
    ),
    (
        {"enableBackupPlan": "true", "backupVaultLockDays": "36"},
        "backupVaultLockDays",
        "must not exceed backupRetentionDays 35",
        "backupRetentionDays 36",
    ),
    (
        {"enableBackupPlan": "true", "backupVaultLockDays": "7", "dataOnDestroy": "delete"},
        "backupVaultLockDays",
        "conflicts with dataOnDestroy delete",
        "keep",
    ),
    (
        {"enableBackupPlan": "true", "enableBucketBackup": "true", "enableDicomS3Storage": "false"},
        "enableBucketBackup",
        "the files are on EFS",
        "rm enableBucketBackup",
    ),
    (
        {"existingBucketName": "images", "oldVersionRetentionDays": "90"},
        "oldVersionRetentionDays",
        "existingBucketName uses an existing one",
        "rm existingBucketName",
    ),
    (
        {"enableDicomS3Storage": "false", "oldVersionRetentionDays": "90"},
        "oldVersionRetentionDays",
        "the files are on EFS",
        "rm enableDicomS3Storage",
    ),
    (
        {"vpcId": BROUGHT["vpcId"], "privateSubnetIds": BROUGHT["privateSubnetIds"]},
        "isolatedSubnetIds",
        "at least 2 subnets",
        "--path 'isolatedSubnetIds[0]'",
    ),
    (
        BROUGHT | {"privateSubnetIds": '["subnet-00000001"]'},
        "privateSubnetIds",
        "each in a different Availability Zone",
        "--path 'privateSubnetIds[1]'",
    ),
    (
        BROUGHT | {"publicSubnetIds": '["subnet-00000001"]'},
        "publicSubnetIds",
        "at least 2 subnets",
        "--path 'publicSubnetIds[1]'",
    ),
    (
        {"publicSubnetIds": '["subnet-00000001", "subnet-00000002"]'},
        "publicSubnetIds",
        "requires vpcId",
        "pulumi config set vpcId",
    ),
    (
        BROUGHT | {"publicSubnetIds": BROUGHT["privateSubnetIds"]},
        "publicSubnetIds[0]",
        "is also in privateSubnetIds",
        "--path 'publicSubnetIds[0]'",
    ),
    (BROUGHT | {"vpcCidr": "10.1.0.0/16"}, "vpcCidr", "vpcId uses an existing one", "rm vpcCidr"),
    (BROUGHT | {"natGateways": "none"}, "natGateways", "vpcId uses an existing one", "rm natGateways"),
    (
        BROUGHT | {"enableVpcFlowLogs": "true"},
        "enableVpcFlowLogs",
        "vpcId uses an existing one",
        "rm enableVpcFlowLogs",
    ),
    ({"domainName": "archive.example.org"}, "certificateArn", "or hostedZoneId", "arn:aws:acm:us-east-1:"),
    ({"certificateArn": CERTIFICATE}, "domainName", "has no effect without", "pulumi config set domainName"),
    ({"hostedZoneId": "Z1"}, "domainName", "has no effect without", "pulumi config set domainName"),
    (
        {**OWN_ZONE, "regionalCertificateArn": CERTIFICATE},
        "regionalCertificateArn",
        "both certificates, or neither",
        "rm",
    ),
    (
        {"enableAccessLogs": "true", "accessLogsBucketArn": "arn:aws:s3:::logs"},
        "accessLogsBucketArn",
        "conflicts with enableAccessLogs",
        "pulumi config set enableAccessLogs false",
    ),
    ({"allowedCidrs": '["203.0.113.0/24"]'}, "allowedCidrs", "everybody would be allowed", "enableWaf true"),
    ({"wafRateLimit": "100"}, "wafRateLimit", "enforces the limit", "enableWaf true"),
    (
        {"enableCustomerKeys": "true", "kmsKeyArn": KEY},
        "kmsKeyArn",
        "conflicts with enableCustomerKeys",
        "enableCustomerKeys false",
    ),
    ({"enableExec": "true"}, "enableExec", "requires a KMS key", "pulumi config set enableCustomerKeys true"),
    (
        {"databasePasswordSchedule": "rate(30 days)"},
        "databasePasswordSchedule",
        "has no effect without",
        "databasePasswordRotation managed",
    ),
    ({"alarmEmails": '["team@example.org"]'}, "alarmEmails", "neither is enabled", "enableAlarms true"),
    (
        {"monthlyBudgetUsd": "500"},
        "monthlyBudgetUsd",
        "at least one address",
        "pulumi config set --path 'alarmEmails[0]'",
    ),
]

# What is wrong with the first modality, at which path, its rule and remedy; MISSING: the key is not there.
MISSING = object()
BAD_MODALITIES: list[tuple[dict[str, Any], str, str, str]] = [
    ({"aet": "CT1 "}, ".aet", "no spaces at the ends", "'dicomModalities[0].aet' CT1"),
    ({"aet": 1.5}, ".aet", "valid string", "'dicomModalities[0].aet' CT1"),
    ({"aet": "SEVENTEEN_LETTERS"}, ".aet", "1 to 16", "'dicomModalities[0].aet' CT1"),
    ({"aet": MISSING}, ".aet", "is needed", "'dicomModalities[0].aet' CT1"),
    ({"host": "ct1"}, ".host", "a destination's DNS name", "'dicomModalities[0].host' 10.20.0.5"),
    ({"host": "ct_1.example.org"}, ".host", "must be the IPv4 address", "'dicomModalities[0].host' 10.20.0.5"),
    ({"host": "10.20.0.256"}, ".host", "must be the IPv4 address", "'dicomModalities[0].host' 10.20.0.5"),
    ({"host": "10.20.0.0/24"}, ".host", "must be the IPv4 address", "'dicomModalities[0].host' 10.20.0.5"),
    ({"host": "nobody.invalid"}, ".host", "means nobody", "'dicomModalities[0].host' 10.20.0.5"),
    ({"host": "0.0.0.0"}, ".host", "no device has 0.0.0.0", "'dicomModalities[0].host' 10.20.0.5"),  # noqa: S104
    ({"host": MISSING}, ".host", "is needed", "'dicomModalities[0].host' 10.20.0.5"),
    ({"port": 0}, ".port", "greater than or equal to 1", "'dicomModalities[0].port' 104"),
    ({"port": 65535}, ".port", "less than or equal to 65534", "'dicomModalities[0].port' 104"),
    ({"port": "dicom"}, ".port", "valid integer", "'dicomModalities[0].port' 104"),
    ({"port": MISSING}, ".port", "is needed", "'dicomModalities[0].port' 104"),
    ({"manufacturer": "Siemens"}, ".manufacturer", "'Vitrea' or 'GE'", ".manufacturer' Generic"),
    ({"allow": "store"}, ".allow", "must be a list", "'dicomModalities[0].allow[0]' store"),
    ({"allow": ["echo", "Store"]}, ".allow[1]", "'store' or 'storageCommitment'", ".allow[0]' store"),
    ({"allow": ["store", "store"]}, ".allow", "each right once", ".allow[0]' store"),
    ({"aetitle": "CT1"}, ".aetitle", "is not known", "rm --path 'dicomModalities[0].aetitle'"),
]

GOOD = [
    {},
    {"vpcCidr": "192.168.0.0/24"},
    {"vpcCidr": "172.31.0.0/16"},
    BROUGHT,
    BROUGHT | {"publicSubnetIds": '["subnet-00000001", "subnet-00000002"]', "vpcCidr": "10.0.0.0/16"},
    {"minTasks": "3", "maxTasks": "3", "enableMultiAz": "true"},
    {"maxTasks": "5", "databaseInstanceClass": "db.t4g.micro"},
    {"cpuArchitecture": "ARM64", "orthancImage": "orthancteam/orthanc:24.8.3"},
    {"cpuArchitecture": "ARM64", "orthancImage": "registry.example.org/orthanc:1"},
    {"maxTasks": "16", "databaseInstanceClass": "db.r7g.large", "fargateSpotPercent": "50"},
    {"taskCpu": "16384", "taskMemoryMib": "122880"},
    {"taskCpu": "1024", "taskMemoryMib": "8192"},
    {"databaseStorageGib": "100", "databaseMaxStorageGib": "110"},
    {"largestStudyMib": "10240", "taskCpu": "16384", "taskMemoryMib": "98304"},
    {"largestStudyMib": "1024", "taskMemoryMib": "10240", "responseTimeoutSeconds": "30"},
    OWN_DOMAIN,
    OWN_ZONE,
    OWN_DOMAIN | OWN_ZONE,
    OWN_DOMAIN | OWN_ZONE | {"regionalCertificateArn": ELSEWHERE},
    {"enableAccessLogs": "true", "accessLogRetentionDays": "3650"},
    {"enableWaf": "true", "wafRateLimit": "10"},
    {"enableWaf": "true", "allowedCidrs": '["203.0.113.0/24", "2001:db8::/32", "198.51.100.7/32"]'},
    {"allowedCountries": '["CH", "LI"]'},
    {"corsAllowedOrigins": '["https://viewer.example.org:8443", "http://localhost:3000"]'},
    {"frameAncestors": '["https://portal.example.org", "https://portal.example.org:8443"]'},
    *(
        {"orthancImage": reference}
        for reference in (
            *("registry.example.org:5000/orthanc:26.8.1@sha256:" + "0" * 64, "orthanc:1", "a/b/c/d:1_2.3-x"),
            *("registry.example.org:5000/team/orthanc@sha256:" + "0" * 64, "orthanc:latest@sha256:" + "0" * 64),
            *("localhost/orthanc:1", "localhost:5000/orthanc:1", "127.0.0.1:5000/orthanc:1", "[::1]:5000/a:1"),
            *(
                "123456789012.dkr.ecr.eu-central-1.amazonaws.com/mirror/orthanc:26.8.1-full",
                "Registry.example:1/a:1",
            ),
            *("public.ecr.aws/x/orthanc:26.8.1", "a__b/c--d/e.f_g:1", "registry:5000/orthanc:1", f"a:{'1' * 128}"),
        )
    ),
    KEPT | {"databaseName": "postgres"},
    KEPT | {"enableDataEvents": "true", "enableAccessLogs": "true", "enableBackupPlan": "true"},
    {"storageClass": "GLACIER_IR", "objectLockDays": "36500", "replicaRegion": "us-gov-west-1"},
    {"enableBackupPlan": "true", "backupVaultLockDays": "35", "enableBucketBackup": "true"},
    {"enableDataEvents": "true", "accessLogsBucketArn": "arn:aws:s3:::logs"},
    {"dbSnapshotIdentifier": "rds:orthanc-database-2026-11-25-03-07"},
    {"dbSnapshotIdentifier": "awsbackup:job-00000000-0000-0000-0000-000000000000"},
    {"existingBucketName": "images", "existingBucketKeyArn": f"{KEY[:-36]}mrk-{'0' * 32}"},
    {"accessLogsBucketArn": "arn:aws-us-gov:s3:::logs.example"},
    {"dicomAet": "A.B_C-1"},
    {"dicomAet": "Ward 7 (CT)"},
    {"dicomDefaultEncoding": "JapaneseKanji"},
    {"credentialsVersion": "2"},
    {"kmsKeyArn": KEY, "enableExec": "true"},
    {"kmsKeyArn": "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-" + "0" * 32},
    {"enableCustomerKeys": "true", "enableExec": "true"},
    {"databasePasswordRotation": "managed", "databasePasswordSchedule": "cron(0 3 ? * SUN *)"},
    {"databasePasswordRotation": "managed", "databasePasswordSchedule": "rate(1 day)"},
    {"enableAlarms": "true"},
    {"enableAlarms": "true", "alarmEmails": '["pacs-team+alarms@radiology.example.org"]'},
    {"monthlyBudgetUsd": "500", "alarmEmails": '["a@b.ch", "b@b.ch"]'},
]


def problems_of(values: dict[str, Any], **context: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as refused:
        parse(values, **context)
    return refused.value


@pytest.mark.parametrize(("key", "value", "rule"), BAD)
def test_a_bad_value_is_refused(key: str, value: Any, rule: str):
    error = problems_of({key: value})
    [problem] = error.problems
    assert problem.key.partition("[")[0] == key and rule in problem.rule
    # A remedy is a command that can be run.
    assert re.search(rf"pulumi config (set|rm) (--path ')?{key}", problem.remedy)
    assert f"  {problem.key} = {problem.value!r}: " in str(error) and "nothing was created" in str(error)
    assert str(problem.value) in value.replace('"', "'"), "the value is not the one that was given"


@pytest.mark.parametrize(("values", "key", "rule", "remedy"), CONFLICTS)
def test_values_that_do_not_go_together(values: dict[str, str], key: str, rule: str, remedy: str):
    [problem] = problems_of(values).problems
    assert problem.key == key and rule in problem.rule and remedy in problem.remedy


@pytest.mark.parametrize(("change", "path", "rule", "remedy"), BAD_MODALITIES)
def test_a_bad_modality_is_named_with_the_path_to_what_is_wrong(
    change: dict[str, Any], path: str, rule: str, remedy: str
):
    modality = {key: value for key, value in (SCANNER | change).items() if value is not MISSING}
    [problem] = problems_of(INTERNAL | {"dicomModalities": json.dumps([modality, SCANNER])}).problems
    assert problem.key == f"dicomModalities[0]{path}" and rule in problem.rule and remedy in problem.remedy
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
    assert parse(PUBLIC).dicom_certificate_arn == CERTIFICATE


def test_a_certificate_of_another_region_is_refused():
    parse(PUBLIC, region="us-east-1")
    [problem] = problems_of(PUBLIC, region="eu-central-1").problems
    assert problem.key == "dicomCertificateArn" and "another Region than the stack (eu-central-1)" in problem.rule


def test_the_table_is_long_enough():
    assert len(BAD) + len(CONFLICTS) >= 60


@pytest.mark.parametrize("values", GOOD)
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


def test_every_bad_user_is_named():
    users = [{"name": "viewer", "role": "read"}, {"name": "chief"}, {"name": "a:b"}, {"role": "full"}]
    problems = problems_of({"orthancUsers": json.dumps(users)}).problems
    assert [problem.key for problem in problems] == [
        *("orthancUsers[0].role", "orthancUsers[2].name", "orthancUsers[3].name"),
    ]
    assert all("--path 'orthancUsers[" in problem.remedy for problem in problems)


def test_an_unknown_key_is_told_with_the_one_that_was_meant():
    [problem] = problems_of({"enableMultiAZ": "true"}).problems
    assert "did you mean enableMultiAz?" in problem.rule and problem.remedy == "pulumi config rm enableMultiAZ"
    [problem] = problems_of({"completelyDifferent": "1"}).problems
    assert "docs/settings.md lists all keys" in problem.rule


@pytest.mark.parametrize(
    ("region", "served"), [("us-east-1", True), ("eu-central-1", True), ("il-central-1", False)]
)
def test_a_region_whose_databases_the_tasks_would_refuse(region: str, served: bool):
    if served:
        parse({}, region=region)
    else:
        [problem] = problems_of({}, region=region).problems
        assert problem.key == "aws:region" and "certificate authority" in problem.rule


@pytest.mark.parametrize(("region", "fits"), [("eu-central-1", True), (None, True), ("eu-west-1", False)])
@pytest.mark.parametrize(
    ("key", "settings"),
    [
        ("regionalCertificateArn", OWN_DOMAIN | {"regionalCertificateArn": ELSEWHERE}),
        ("existingBucketKeyArn", KEPT | {"existingBucketKeyArn": KEY.replace("us-east-1", "eu-central-1")}),
    ],
)
def test_what_is_brought_is_of_the_stacks_region(key: str, settings: dict[str, str], region: str, fits: bool):
    if fits:
        parse(settings, region=region)
    else:
        [problem] = problems_of(settings, region=region).problems
        assert problem.key == key and "another Region than the stack (eu-west-1)" in problem.rule


@pytest.mark.parametrize(("region", "fits"), [("us-east-1", True), (None, True), ("eu-west-1", False)])
def test_the_key_is_of_the_stacks_region(region: str, fits: bool):
    if fits:
        parse({"kmsKeyArn": KEY}, region=region)
    else:
        [problem] = problems_of({"kmsKeyArn": KEY}, region=region).problems
        assert problem.key == "kmsKeyArn" and "another Region than the stack (eu-west-1)" in problem.rule


@pytest.mark.parametrize(
    ("settings", "regions"),
    [
        ({}, []),
        (OWN_ZONE, ["us-east-1", "eu-central-1"]),
        (OWN_DOMAIN, ["us-east-1"]),
        (OWN_DOMAIN | OWN_ZONE, ["us-east-1"]),
        (OWN_DOMAIN | {"regionalCertificateArn": ELSEWHERE}, ["us-east-1", "eu-central-1"]),
    ],
)
def test_cloudfront_speaks_https_to_a_load_balancer_that_a_certificate_covers(
    settings: dict[str, str], regions: list[str]
):
    found = [region for region in ("us-east-1", "eu-central-1") if parse(settings).https_to_load_balancer(region)]
    assert found == regions


def loaded(config: dict[str, str]) -> Settings:
    """The settings of a stack with this configuration: whole keys, values as the CLI hands them over."""

    def settings() -> Settings:
        pulumi.runtime.set_all_config(config)
        return load()[0]

    return contextvars.copy_context().run(settings)


@pytest.fixture
def _project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi, "get_project", lambda: NAME)
    monkeypatch.setattr(account, "look", lambda: Account("aws", "123456789012", "us-east-1"))
    monkeypatch.setattr(plan, "drawn_up", lambda _: Plan(rollouts.ROLLING))


def test_a_replica_at_home_is_lost_with_the_home():
    [problem] = problems_of({"replicaRegion": "eu-west-1"}, region="eu-west-1").problems
    assert problem.key == "replicaRegion" and "the stack's own Region" in problem.rule
    parse({"replicaRegion": "eu-west-1"}, region="us-east-1")


@pytest.mark.usefixtures("_project")
def test_settings_come_from_the_stack():
    own = {
        "taskCpu": "4096",
        "taskMemoryMib": "8192",
        "enableMultiAz": "true",
        "corsAllowedOrigins": '["https://a.b"]',
    }
    settings = loaded(REGION | {f"{NAME}:{key}": value for key, value in own.items()} | {"other:taskCpu": "2"})
    assert (settings.task_cpu, settings.task_memory_mib, settings.enable_multi_az) == (4096, 8192, True)
    assert settings.cors_allowed_origins == ("https://a.b",)
    assert loaded(REGION).model_dump() == Settings().model_dump(), "`pulumi up` needs a setting"


@pytest.mark.usefixtures("_project")
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
        loaded(config)
