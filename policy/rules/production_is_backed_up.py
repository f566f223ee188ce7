"""A production stack keeps database backups for at least a week, and the database is in two zones."""

from collections.abc import Iterator, Sequence

from . import Finding, Resource, of_kind

_DAYS = 7


def check_stack(resources: Sequence[Resource], stack: str) -> Iterator[Finding]:
    """Checks databases and file systems, in stacks whose name begins with prod."""
    if not stack.startswith("prod"):
        return
    for database in of_kind(resources, "aws:rds/instance:Instance"):
        days = database.properties.get("backupRetentionPeriod") or 0
        if days < _DAYS:
            yield database.urn, f"backups are kept for {days} days, not {_DAYS}: set enableRdsBackup"
        if database.properties.get("multiAz") is not True:
            yield database.urn, "the loss of a zone is the loss of the database: set enableMultiAz"
    backed_up = {
        policy.properties.get("fileSystemId")
        for policy in of_kind(resources, "aws:efs/backupPolicy:BackupPolicy")
        if policy.properties.get("backupPolicy", {}).get("status") == "ENABLED"
    }
    planned = {
        arn
        for selection in of_kind(resources, "aws:backup/selection:Selection")
        for arn in selection.properties.get("resources") or []
    }
    for file_system in of_kind(resources, "aws:efs/fileSystem:FileSystem"):
        if not backed_up and file_system.properties.get("arn") not in planned:
            yield file_system.urn, "its files are in no backup: set enableBackupPlan, or give it a BackupPolicy"
