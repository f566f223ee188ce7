"""What becomes of data: snapshots and what is restored from them, replicas, backup plans, trails."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from components.iam import data_policies, policies

KEY = "arn:aws:kms:us-east-1:123456789012:key/none"
INSTANCE = {"DBInstanceClass": "db.t4g.small", "Engine": "postgres", "MasterUsername": "orthanc"}


def test_what_is_restored_is_of_the_snapshots_version_and_nobody_elses(client: Any, refused: Any) -> None:
    rds = client("rds")
    for version in ("15", "17"):
        rds.create_db_parameter_group(
            DBParameterGroupName=f"of-{version}", DBParameterGroupFamily=f"postgres{version}", Description="d"
        )
    rds.create_db_instance(
        **INSTANCE,
        DBInstanceIdentifier="old",
        EngineVersion="15",
        MasterUserPassword="first-password",
        AllocatedStorage=20,
        StorageType="gp3",
        StorageEncrypted=True,
        DeletionProtection=True,
        BackupRetentionPeriod=0,
        Tags=[{"Key": "Stack", "Value": "old"}],
    )
    assert not rds.describe_db_snapshots()["DBSnapshots"], "a snapshot that nobody asked for"
    rds.create_db_snapshot(DBInstanceIdentifier="old", DBSnapshotIdentifier="kept")
    new = {"DBInstanceIdentifier": "new", "DBSnapshotIdentifier": "kept", "DBInstanceClass": "db.t4g.micro"}
    restore = rds.restore_db_instance_from_db_snapshot
    assert refused(restore, **new, DBParameterGroupName="of-17") == "InvalidParameterCombination"
    assert refused(restore, **new, Iops=3000) == "InvalidParameterCombination", "20 GiB have no other iops"
    made = restore(**new, DBParameterGroupName="of-15", Tags=[{"Key": "Stack", "Value": "new"}])["DBInstance"]
    assert (made["MasterUsername"], made["EngineVersion"], made["DeletionProtection"]) == (
        "orthanc",
        "15.15",
        False,
    )
    assert made["Iops"] == 3000, "the source's, which nobody gave"
    assert made["KmsKeyId"].startswith("arn:aws:kms:us-east-1:"), "no policy can name the key"
    assert made["TagList"] == [{"Key": "Stack", "Value": "new"}]
    rds.modify_db_instance(DBInstanceIdentifier="old", DeletionProtection=False)
    for name in ("old", "new"):
        rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    rds.delete_db_snapshot(DBSnapshotIdentifier="kept")


@pytest.fixture
def bucket(client: Any) -> Callable[[str], str]:
    """Makes a bucket with versions."""
    s3 = client("s3")

    def make(name: str) -> str:
        s3.create_bucket(Bucket=name)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    return make


def rule(target: str) -> dict[str, Any]:
    return {
        "ID": "everything",
        "Status": "Enabled",
        "Priority": 0,
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{target}"},
    }


@pytest.mark.parametrize(
    ("service", "resource", "copied"),
    [
        ("s3.amazonaws.com", "replica-0", True),
        ("ec2.amazonaws.com", "replica-1", False),
        ("s3.amazonaws.com", "x", False),
    ],
)
def test_an_object_is_replicated_where_the_role_may(
    client: Any, bucket: Callable[[str], str], service: str, resource: str, copied: bool, request: Any
) -> None:
    s3, iam, number = client("s3"), client("iam"), request.node.callspec.indices["service"]
    source, target, role = bucket(f"source-{number}"), bucket(f"replica-{number}"), f"copyist-{number}"
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=policies.assumed_by(service))["Role"]["Arn"]
    allowed = data_policies.replicate(
        f"arn:aws:s3:::{source}", KEY, "us-east-1", f"arn:aws:s3:::{resource}", KEY, "us-east-1"
    )
    iam.put_role_policy(RoleName=role, PolicyName="copy", PolicyDocument=allowed)
    s3.put_bucket_replication(Bucket=source, ReplicationConfiguration={"Role": arn, "Rules": [rule(target)]})
    s3.put_object(Bucket=source, Key="study", Body=b"image")
    keys = [found["Key"] for found in s3.list_objects_v2(Bucket=target).get("Contents", [])]
    assert keys == (["study"] if copied else [])


def test_replicas_are_versioned_and_locked_as_their_source(
    client: Any, bucket: Callable[[str], str], refused: Any
) -> None:
    s3, source = client("s3"), bucket("locked-source")
    s3.put_object(Bucket=source, Key="before", Body=b"image")
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}
    s3.put_object_lock_configuration(Bucket=source, ObjectLockConfiguration=lock)
    s3.create_bucket(Bucket="plain")
    for target in ("absent", "plain", bucket("unlocked")):
        wanted = {"Role": "arn:aws:iam::123456789012:role/any", "Rules": [rule(target)]}
        assert (
            refused(s3.put_bucket_replication, Bucket=source, ReplicationConfiguration=wanted) == "InvalidRequest"
        )


def test_plans_are_for_vaults_that_are_there_and_go_after_what_they_select(client: Any, refused: Any) -> None:
    backup = client("backup")
    plan = {"BackupPlanName": "daily", "Rules": [{"RuleName": "daily", "TargetBackupVaultName": "vault"}]}
    assert refused(backup.create_backup_plan, BackupPlan=plan) == "InvalidParameterValueException"
    backup.create_backup_vault(BackupVaultName="vault")
    id = {"BackupPlanId": backup.create_backup_plan(BackupPlan=plan)["BackupPlanId"]}
    selection = {"SelectionName": "all", "IamRoleArn": "arn:role", "Resources": ["arn:database"]}
    chosen = {**id, "SelectionId": backup.create_backup_selection(**id, BackupSelection=selection)["SelectionId"]}
    assert backup.get_backup_selection(**chosen)["BackupSelection"] == selection
    assert refused(backup.delete_backup_plan, **id) == "InvalidRequestException"
    backup.delete_backup_selection(**chosen)
    assert refused(backup.get_backup_selection, **chosen) == "ResourceNotFoundException"
    backup.delete_backup_plan(**id)


def test_a_trail_needs_a_bucket_that_lets_it_in(client: Any, bucket: Callable[[str], str], refused: Any) -> None:
    s3, cloudtrail, name = client("s3"), client("cloudtrail"), bucket("trails")
    trail = {"Name": "data-events", "S3BucketName": name, "S3KeyPrefix": policies.TRAIL_LOGS}
    assert refused(cloudtrail.create_trail, **trail) == "InsufficientS3BucketPolicyException"
    written = json.loads(policies.write_access_logs(f"arn:aws:s3:::{name}", "123456789012"))
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(written))
    cloudtrail.create_trail(**trail)
    cloudtrail.delete_trail(Name="data-events")


def of_backups(role: str, document: str | None, client: Any) -> str:
    """A role for AWS Backup with this policy."""
    iam = client("iam")
    trust = policies.assumed_by("backup.amazonaws.com")
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    if document:
        iam.put_role_policy(RoleName=role, PolicyName="backup", PolicyDocument=document)
    return arn


def test_a_backup_is_made_and_expires_as_a_role_that_may(client: Any, refused: Any, bucket: Any) -> None:
    backup, efs = client("backup"), client("efs")
    vault = backup.create_backup_vault(BackupVaultName="copies", EncryptionKeyArn=KEY)["BackupVaultArn"]
    client("rds").create_db_instance(
        **INSTANCE, DBInstanceIdentifier="copied", MasterUserPassword="first-password", AllocatedStorage=20
    )
    database = "arn:aws:rds:us-east-1:123456789012:db:copied"
    system = efs.create_file_system(Tags=[{"Key": "Stack", "Value": "test"}])["FileSystemArn"]
    images = f"arn:aws:s3:::{bucket('copied-images')}"
    client("s3").put_bucket_tagging(Bucket="copied-images", Tagging={"TagSet": [{"Key": "Stack", "Value": "t"}]})
    known = {"vault": vault, "vault_key": KEY, "database": database, "database_key": KEY}
    documents = {
        system: data_policies.back_up(**known, file_system=system),
        images: data_policies.back_up(**known, bucket=images),
        database: data_policies.back_up(**known),
    }

    def job(resource: str, role: str) -> str:
        """How a job ends."""
        id = backup.start_backup_job(BackupVaultName="copies", ResourceArn=resource, IamRoleArn=role)[
            "BackupJobId"
        ]
        ended = backup.describe_backup_job(BackupJobId=id)
        return ended.get("StatusMessage", ended["State"])

    for number, (resource, document) in enumerate(documents.items()):
        role = of_backups(f"copies-{number}", document, client)
        assert job(resource, role) == "COMPLETED"
        without_tags = document.replace("backup:TagResource", "backup:Nothing")
        lesser = of_backups(f"copies-{number}-without-tags", without_tags, client)
        of_database = resource == database
        assert ("backup:TagResource" in job(resource, lesser)) is not of_database, (
            "tagged sources have tagged copies"
        )
    assert "s3:GetBucketTagging" in job(images, of_backups("copies-of-another", documents[system], client))
    assert "may not assume" in job(database, "arn:aws:iam::123456789012:role/gone")

    listed = backup.list_recovery_points_by_backup_vault(BackupVaultName="copies")["RecoveryPoints"]
    assert {point["Status"] for point in listed} == {"COMPLETED"} and len(listed) == 4
    assert refused(backup.delete_backup_vault, BackupVaultName="copies") == "InvalidRequestException"
    client("iam").delete_role_policy(RoleName="copies-2", PolicyName="backup")
    listed = backup.list_recovery_points_by_backup_vault(BackupVaultName="copies")["RecoveryPoints"]
    assert sum(point["Status"] == "EXPIRED" for point in listed) == 1, "without its role nothing deletes a copy"
    for point in listed:
        backup.delete_recovery_point(BackupVaultName="copies", RecoveryPointArn=point["RecoveryPointArn"])
    backup.delete_backup_vault(BackupVaultName="copies")
    assert not client("rds").describe_db_snapshots(SnapshotType="awsbackup")["DBSnapshots"]
    client("rds").delete_db_instance(DBInstanceIdentifier="copied", SkipFinalSnapshot=True)


def test_the_vault_of_efs_is_found_by_its_name_with_slashes(client: Any) -> None:
    backup, vault = client("backup"), {"BackupVaultName": "aws/efs/automatic-backup-vault"}
    backup.create_backup_vault(**vault)
    assert backup.describe_backup_vault(**vault)["NumberOfRecoveryPoints"] == 0
    assert not backup.list_recovery_points_by_backup_vault(**vault)["RecoveryPoints"]
    backup.delete_backup_vault(**vault)
