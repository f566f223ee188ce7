"""What goes into the vault, by whose hand, and who can take it out."""

import pytest

from local.emulator.overlay.policies import decide
from tests.unit.program import EFS, KEPT, KEY, Monitor, configured, deployed, run

PLAN = {"enableBackupPlan": "true"}
BUCKET = PLAN | {"enableBucketBackup": "true"}
ARN = "arn:aws:{}:us-east-1:123456789012:{}"
DATABASE = ARN.format("rds", "db:orthanc-database")
FILES = ARN.format("elasticfilesystem", "file-system/orthanc-dicom")
OWN_BUCKET, BROUGHT_BUCKET = "arn:aws:s3:::orthanc-dicom", "arn:aws:s3:::images-of-the-hospital"
READS = {
    DATABASE: "rds:CreateDBSnapshot",
    FILES: "elasticfilesystem:Backup",
    OWN_BUCKET: "s3:ListBucketVersions",
    BROUGHT_BUCKET: "s3:ListBucketVersions",
    f"{OWN_BUCKET}/image": "s3:GetObjectVersion",
    f"{BROUGHT_BUCKET}/image": "s3:GetObjectVersion",
}


@pytest.mark.parametrize(
    ("settings", "copied"),
    [
        (PLAN, [DATABASE]),
        (PLAN | EFS, [DATABASE, FILES]),
        (BUCKET, [DATABASE, OWN_BUCKET]),
        (BUCKET | KEPT, [DATABASE, BROUGHT_BUCKET]),
    ],
)
def test_what_holds_data_is_copied_every_day_by_a_role_for_that_alone(settings: dict[str, str], copied: list[str]):
    program = deployed(**settings)
    assert program.one("Selection").inputs["resources"] == copied
    assert program.one("Selection").waits_for(program.one("RolePolicyAttachment", "orthanc-backup")), (
        "the first copy fails"
    )
    policy = program.one("Policy", "orthanc-backup").inputs["policy"]
    for data, action in READS.items():
        may = bool(decide([policy], action, data, {}))
        assert may is (data.removesuffix("/image") in copied), f"the role cannot read {data}, or needlessly can"
    key = KEY if KEPT.items() <= settings.items() else program.one("Key", "orthanc-dicom").outputs["arn"]
    may = decide([policy], "kms:Decrypt", key, {"kms:viaservice": "s3.us-east-1.amazonaws.com"})
    assert bool(may) is ("enableBucketBackup" in settings), "the role cannot decrypt, or needlessly can"


def test_backups_expire_and_are_locked_until_then():
    program = deployed(**PLAN, backupRetentionDays="90", backupVaultLockDays="30")
    [rule] = program.one("Plan").inputs["rules"]
    assert rule["lifecycle"] == {"deleteAfter": 90}
    lock = program.one("VaultLockConfiguration").inputs
    assert lock["minRetentionDays"] == 30 and "changeableForDays" not in lock, "a mistake would hold for ever"


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        (EFS, "ENABLED"),
        (EFS | {"dataOnDestroy": "keep"}, "ENABLED"),
        # Next to the plan they would be paid for twice.
        (EFS | PLAN, "DISABLED"),
        # They would stay for 35 days in a vault that cannot be deleted.
        (EFS | {"dataOnDestroy": "delete"}, "DISABLED"),
    ],
)
def test_aws_makes_its_own_copies_of_files_on_efs_where_they_are_wanted(settings: dict[str, str], status: str):
    assert deployed(**settings).one("BackupPolicy").inputs["backupPolicy"] == {"status": status}


@pytest.mark.parametrize(
    ("settings", "copies", "warned"),
    [
        (EFS | {"dataOnDestroy": "delete"}, 3, True),
        # No such vault, or none that the deployer may look at.
        (EFS | {"dataOnDestroy": "delete"}, None, False),
        (EFS | {"dataOnDestroy": "delete"}, 0, False),
        (EFS | {"dataOnDestroy": "keep"}, 3, False),
        ({"dataOnDestroy": "delete"}, 3, False),
    ],
)
def test_copies_that_efs_made_before_delete_are_warned_of(
    settings: dict[str, str], copies: int | None, warned: bool, caplog: pytest.LogCaptureFixture
):
    monitor = Monitor()
    monitor.answers = {"getVault": None if copies is None else {"recoveryPoints": copies}}
    run(configured(settings), monitor)
    assert (
        f"aws/efs/automatic-backup-vault of this account has recovery points ({copies})" in caplog.text
    ) is warned
