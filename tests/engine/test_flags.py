"""What each setting changes in a stack that is there, and that turning it back undoes just that."""

import json
from collections import Counter
from typing import Any

import pytest

from components.iam import policies
from components.preflight import automatic_backups
from tests.certificates import imported
from tests.embedded import Embedded, summary
from tests.engine.changes import DATA, ON_S3, back, backed_up, turn_and_back, types
from tools.exposure import exposure

REPLACED = ("create-replacement", "replace", "delete-replaced")

LOGS_BUCKET = "access-logs-of-the-hospital"

ON_EFS = {"AccessPoint", "BackupPolicy", "FileSystem", "FileSystemPolicy"}

FLOW_LOGS = {"FlowLog", "LogGroup", "Policy", "Role", "RolePolicyAttachment"}

LOG_DELIVERY = Counter({("create", f"LogDelivery{part}"): 1 for part in ("", "Source", "Destination")})

# What each setting does that is turned, beside replacing nothing that holds data.
RECORDS = {"enableVpcFlowLogs": "true"}
RECORDED = Counter({("create", type): 1 for type in FLOW_LOGS})
BACKUPS = {"enableRdsBackup": "true"}
BACKED_UP = Counter({("update", "Instance"): 1})
ZONES = {"enableMultiAz": "true"}
IN_TWO_ZONES = Counter({("update", "Instance"): 1, ("update", "Service"): 1})
LOGS = {"accessLogsBucketArn": f"arn:aws:s3:::{LOGS_BUCKET}"}
LOGGED = Counter({("update", "LoadBalancer"): 1, ("create", "BucketLogging"): 1}) + LOG_DELIVERY
# More tasks under load (few enough for each to keep its connections), some on spare capacity, all stopped first.
SCALING: dict[str, str | list[str]] = {
    "maxTasks": "2",
    "targetCpuPercent": "50",
    "fargateSpotPercent": "50",
    "deploymentMode": "stopFirst",
}

WITH_THE_LOAD = Counter({("create", "Target"): 1, ("create", "Policy"): 2}) + Counter(
    ("update", type) for type in ("Service", "TargetGroup")
)

# All that the edge can be given, and what that does. The hosted zone of the domain is made first.
EDGE: dict[str, str | list[str]] = {
    "domainName": "archive.example.org",
    "enableWaf": "true",
    "allowedCidrs": ["203.0.113.0/24", "2001:db8::/32"],
    "allowedCountries": ["CH"],
    "corsAllowedOrigins": ["https://viewer.example.org"],
    "frameAncestors": ["https://portal.example.org"],
    "enableAccessLogs": "true",
}

ON_THE_EDGE = (
    Counter(("create", type) for type in ("WebAcl", "WebAclLoggingConfiguration", "LogGroup", "IpSet", "IpSet"))
    + Counter(("create", type) for type in ("Certificate", "CertificateValidation", "Record", "Record", "Record"))
    + Counter(("create", type) for type in {*ON_S3, "BucketLogging"})
    + LOG_DELIVERY
    + Counter((step, type) for step in REPLACED for type in ("Listener", "ListenerRule", "VpcOrigin"))
    + Counter(("update", type) for type in ("Distribution", "Function", "ResponseHeadersPolicy", "LoadBalancer"))
    + Counter({("update", "SecurityGroupIngressRule"): 1})
)

LET_IN = (
    Counter(("create", type) for type in ("LoadBalancer", "TargetGroup", "Listener", "SecurityGroup"))
    + Counter({("create", "SecurityGroupIngressRule"): 3, ("create", "SecurityGroupEgressRule"): 4})
    + Counter({("update", "Service"): 1})
    + Counter((step, "TaskDefinition") for step in REPLACED)
)

AROUND_THE_DATA = (
    Counter({("update", "BucketLifecycleConfiguration"): 1})
    + Counter(("create", type) for type in {*ON_S3, "BucketReplicationConfig", "BucketNotification"})
    + Counter(("create", type) for type in ("Key", "Role", "Policy", "RolePolicyAttachment") * 2)
    + Counter(("create", type) for type in ("Vault", "Plan", "Selection"))
)


# Which are turned together, since each deployment takes its time.
TOGETHER = {
    "records, backups, logs, load": [
        (RECORDS, RECORDED),
        (BACKUPS, BACKED_UP),
        (LOGS, LOGGED),
        (SCALING, WITH_THE_LOAD),
    ],
    "zones, data": [(ZONES, IN_TWO_ZONES), (DATA, AROUND_THE_DATA)],
}


@pytest.mark.parametrize("together", TOGETHER)
def test_a_flag_changes_what_it_should_and_back(embedded: Embedded, together: str):
    s3, policy = embedded.client("s3"), policies.write_access_logs(f"arn:aws:s3:::{LOGS_BUCKET}", "123456789012")
    s3.create_bucket(Bucket=LOGS_BUCKET)
    s3.put_bucket_policy(Bucket=LOGS_BUCKET, Policy=policy)
    settings: dict[str, str | list[str]] = {}
    expected: Counter[tuple[str, str]] = Counter()
    for turned, changed in TOGETHER[together]:
        settings |= turned
        # What several of them update is updated once.
        created = Counter({step: n for step, n in changed.items() if step[0] != "update"})
        expected = (expected + created) | changed
    turn_and_back(embedded, settings, expected)
    assert not embedded.client("cloudwatch").describe_alarms()["MetricAlarms"], "somebody would still scale"
    kept = s3.get_bucket_policy(Bucket=LOGS_BUCKET)["Policy"]
    assert json.loads(kept) == json.loads(policy), "the documented policy lacks what AWS added to it"
    for log in s3.list_objects_v2(Bucket=LOGS_BUCKET).get("Contents", []):
        s3.delete_object(Bucket=LOGS_BUCKET, Key=log["Key"])
    s3.delete_bucket(Bucket=LOGS_BUCKET)


def test_the_edge_takes_on_what_it_is_given_and_lays_it_down(embedded: Embedded):
    route53 = embedded.client("route53")
    zone = route53.create_hosted_zone(Name="example.org", CallerReference="1")["HostedZone"]["Id"]
    turn_and_back(embedded, EDGE | {"hostedZoneId": zone.rpartition("/")[2]}, ON_THE_EDGE)
    route53.delete_hosted_zone(Id=zone)  # which Route 53 refuses while a record of the stack's is in it


def test_dicom_is_let_in_from_near_then_from_far_and_shut_out(embedded: Embedded):
    acm = embedded.client("acm")
    certificate = imported(acm, "dicom.example.org")
    # A title of digits, and a destination that only DNS knows.
    listed = {"aet": "4711", "host": "10.20.0.5", "port": 104, "allow": ["store"]}
    destination = {"aet": "ARCHIVE", "host": "pacs.example.org", "port": 104}
    internal: dict[str, Any] = {
        "dicomIngress": "internal",
        "dicomAllowedCidrs": ["10.20.0.0/16"],
        "dicomModalities": [listed, destination],
        "dicomDefaultEncoding": "Latin1",
        "orthancConfiguration": {"UnknownSopClassAccepted": "true"},
    }
    embedded.configure(**internal)
    assert summary(embedded.changes()) == LET_IN
    near = embedded.outputs()["dicomEndpoint"]
    embedded.pulumi("preview", "--policy-pack", "policy")
    _tls_is_turned_on_and_off_at_one_port(embedded, certificate)
    # From two zones to the internet: another balancer, since AWS moves none.
    embedded.configure(dicomIngress="public", dicomCertificateArn=certificate)
    moved = summary(embedded.changes())
    assert moved == Counter(
        {(step, type): 1 for step in ("create", "delete") for type in ("LoadBalancer", "TargetGroup", "Listener")}
        | {("update", "Service"): 1}
    )
    assert embedded.outputs()["dicomEndpoint"] != near
    embedded.pulumi("preview", "--policy-pack", "policy")
    told = exposure(json.loads(embedded.pulumi("stack", "export").stdout))
    assert "| `orthanc-dicom-public` (load balancer) | 10.20.0.0/16 | TCP 11112 |" in told
    embedded.configure(**dict.fromkeys([*internal, "dicomCertificateArn"]))
    assert summary(embedded.changes()) == back(LET_IN)
    acm.delete_certificate(CertificateArn=certificate)


def _tls_is_turned_on_and_off_at_one_port(embedded: Embedded, certificate: str) -> None:
    on, off = Counter({("update", "Listener"): 1}), Counter((step, "Listener") for step in REPLACED)
    for arn, changed, protocol in ((certificate, on, "TLS"), (None, off, "TCP"), (certificate, on, "TLS")):
        embedded.configure(dicomCertificateArn=arn)
        steps = embedded.changes()
        assert summary(steps) == changed, "the tasks, or the balancer's name, change with it"
        if changed == off:
            listeners = [step.operation for step in steps if step.type.endswith(":Listener")]
            assert listeners.index("delete-replaced") < listeners.index("create-replacement"), "the port is taken"
        elbv2 = embedded.client("elbv2")
        [balancer] = [
            each for each in elbv2.describe_load_balancers()["LoadBalancers"] if each["Type"] == "network"
        ]
        [listener] = elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
        assert (listener["Protocol"], listener["Port"]) == (protocol, 11112)
    embedded.configure(dicomCertificateArn=None)
    assert summary(embedded.changes()) == off


def test_without_nat_nothing_pays_for_addresses_and_nothing_else_moves(embedded: Embedded):
    ec2 = embedded.client("ec2")
    before = {subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]}
    embedded.configure(natGateways="none")
    there = summary(embedded.changes())
    assert not ec2.describe_addresses()["Addresses"], "a public IPv4 address is paid for and not used"
    gateways = ec2.describe_nat_gateways()["NatGateways"]
    assert all(gateway["State"] == "deleted" for gateway in gateways), "a NAT gateway is paid for and not used"
    after = {subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]}
    assert after < before and len(before - after) == 2, "other subnets went than the two public ones"
    assert not types(there) & {"Instance", "LoadBalancer", "Service", "SubnetGroup", "TaskDefinition"}
    told = exposure(json.loads(embedded.pulumi("stack", "export").stdout))
    assert "any IPv4 address" not in told and "internet gateway" not in told, "there is a way out"

    embedded.configure(natGateways=None)
    assert summary(embedded.changes()) == back(there)


def test_storage_moves_to_efs_and_back(embedded: Embedded):
    embedded.configure(enableDicomS3Storage="false", enableBackupPlan="true")
    there = summary(embedded.changes())
    assert types(there, "create") >= ON_EFS | {"MountTarget"}
    assert types(there, "delete") >= ON_S3, "what the chosen mode does not need stays behind"
    assert "Instance" not in types(there), "the index is none of this flag's business"
    assert summary(embedded.changes()) == Counter()

    assert backed_up(embedded.client) == {"rds", "elasticfilesystem"}
    _copies_that_efs_made_are_warned_of(embedded)
    embedded.configure(enableDicomS3Storage=None, enableBackupPlan=None)
    home = summary(embedded.changes())
    assert not embedded.client("backup").list_backup_vaults()["BackupVaultList"], "copies stay behind"
    rds = embedded.client("rds")
    assert not rds.describe_db_snapshots(SnapshotType="awsbackup")["DBSnapshots"], "copies stay behind"
    assert types(home, "create") >= ON_S3 and types(home, "delete") >= ON_EFS
    assert "Instance" not in types(home)


def _copies_that_efs_made_are_warned_of(embedded: Embedded) -> None:
    """A copy in the account's vault, as from a time when `dataOnDestroy` was another."""
    backup, vault = embedded.client("backup"), {"BackupVaultName": automatic_backups.VAULT}
    assert vault["BackupVaultName"] not in embedded.pulumi("preview").stdout, "there is no such vault"
    backup.create_backup_vault(**vault)
    iam, role = embedded.client("iam"), {"RoleName": "of-efs"}
    trust = policies.assumed_by("backup.amazonaws.com")
    arn = iam.create_role(**role, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    everything = policies.document({"Effect": "Allow", "Action": ["*"], "Resource": ["*"]})
    iam.put_role_policy(**role, PolicyName="everything", PolicyDocument=everything)
    [system] = embedded.client("efs").describe_file_systems()["FileSystems"]
    job = {"ResourceArn": system["FileSystemArn"], "IamRoleArn": arn}
    copy = backup.start_backup_job(**vault, **job)["RecoveryPointArn"]
    assert (
        f"{automatic_backups.VAULT} of this account has recovery points (1)" in embedded.pulumi("preview").stdout
    )
    backup.delete_recovery_point(**vault, RecoveryPointArn=copy)
    backup.delete_backup_vault(**vault)
    iam.delete_role_policy(**role, PolicyName="everything")
    iam.delete_role(**role)


def test_another_key_for_the_database_is_refused(embedded: Embedded):
    """RDS changes no instance's key: it would be another database, an empty one, where that may be deleted."""
    embedded.configure(enableCustomerKeys="true")
    failed = embedded.pulumi("up", "--yes", "--skip-preview", check=False)
    text = failed.stdout + failed.stderr
    assert failed.returncode and "RDS changes no instance's key" in text and "nothing was created" in text, text
    embedded.configure(enableCustomerKeys=None)
    assert summary(embedded.changes()) == Counter()
