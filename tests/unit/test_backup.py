"""What goes into the vault, by whose hand, and who can take it out."""

import json
from typing import Any

import pytest

from tests.unit.program import EFS, KEPT, KEY, NAME, REGION, Monitor, Program, deployed, run

PLAN = {"enableBackupPlan": "true"}
BUCKET = PLAN | {"enableBucketBackup": "true"}
ARN = "arn:aws:{}:us-east-1:123456789012:{}"
DATABASE = ARN.format("rds", "db:orthanc-database")
FILES = ARN.format("elasticfilesystem", "file-system/orthanc-dicom")
OWN_BUCKET, BROUGHT_BUCKET = "arn:aws:s3:::orthanc-dicom", "arn:aws:s3:::images-of-the-hospital"


def policy(program: Program) -> dict[str, Any]:
    """The statements of the plan's role by their Sid."""
    document = json.loads(program.one("Policy", "orthanc-backup").inputs["policy"])
    return {statement["Sid"]: statement for statement in document["Statement"]}


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
    of = policy(program)
    assert of["CopyDatabase"]["Resource"][0] == DATABASE
    if FILES in copied:
        assert of["CopyFiles"]["Resource"] == [FILES]
    if bucket := next((arn for arn in copied if arn in (OWN_BUCKET, BROUGHT_BUCKET)), ""):
        assert of["CopyObjects"]["Resource"] == [f"{bucket}/*"] and of["LookAtBucket"]["Resource"] == [bucket]
        assert of["ReadKey"]["Resource"] == ([KEY] if bucket == BROUGHT_BUCKET else of["Keys"]["Resource"][2:])
    else:
        assert not of.keys() & {"CopyObjects", "LookAtBucket"}, "the role reads what it does not copy"


def test_backups_expire_and_are_locked_until_then():
    program = deployed(**PLAN, backupRetentionDays="90", backupVaultLockDays="30")
    [rule] = program.one("Plan").inputs["rules"]
    assert rule["lifecycle"] == {"deleteAfter": 90}
    lock = program.one("VaultLockConfiguration").inputs
    assert lock["minRetentionDays"] == 30 and "changeableForDays" not in lock, "a mistake would hold for ever"


@pytest.mark.parametrize("fate", ["refuse", "keep", "delete"])
def test_the_vault_goes_when_the_data_goes(fate: str):
    program = deployed(**PLAN, dataOnDestroy=fate)
    for kind in ("Vault", "Key"):
        resource = program.one(kind, "orthanc-backup")
        assert resource.request.protect is (fate == "refuse")
        assert resource.request.retainOnDelete is (fate == "keep"), "backups end with what they are backups of"
    assert program.one("Vault").inputs["forceDestroy"] is (fate == "delete")


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
    run(REGION | {f"{NAME}:{key}": value for key, value in settings.items()}, monitor)
    assert (
        f"aws/efs/automatic-backup-vault of this account has recovery points ({copies})" in caplog.text
    ) is warned
