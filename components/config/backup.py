"""AWS Backup: what is backed up, for how long, and for how long nobody can delete it."""

from typing import TYPE_CHECKING

from pydantic import Field
from pydantic.alias_generators import to_camel

from components.config.data import no_lock_with_deletion
from components.config.values import Flag, Group, Problem, Rule

if TYPE_CHECKING:
    from components.config import Settings


class BackupSettings(Group):
    """Backups."""

    enable_backup_plan: Flag = False
    """Backs up the database and the file system daily with AWS Backup, to a vault that the stack creates."""
    backup_retention_days: int = Field(default=35, ge=1, le=3650)
    """Days for which the vault keeps a backup."""
    backup_vault_lock_days: int = Field(default=0, ge=0, le=3650)
    """Days for which nobody can delete a backup from the vault (Vault Lock in governance mode). 0 disables the
    lock."""
    enable_bucket_backup: Flag = False
    """Includes the bucket with DICOM files in the backup plan."""


def _plan_uses(field: str) -> Rule:
    """Returns the rule that `field` requires the backup plan, since it has no effect without the plan."""
    key, default = to_camel(field), BackupSettings.model_fields[field].default

    def check(settings: "Settings") -> Problem | None:
        value = getattr(settings, field)
        if settings.enable_backup_plan or value == default:
            return None
        remedy = f"pulumi config set enableBackupPlan true, or pulumi config rm {key}"
        return Problem(key, value, "configures the backup plan, which enableBackupPlan has not enabled", remedy)

    return Rule(frozenset({"enableBackupPlan", key}), check)


def _lock_ends_with_retention(settings: "Settings") -> Problem | None:
    if settings.backup_vault_lock_days <= settings.backup_retention_days:
        return None
    rule = (
        f"must not exceed backupRetentionDays {settings.backup_retention_days}: the vault would reject the backups"
    )
    remedy = f"pulumi config set backupRetentionDays {settings.backup_vault_lock_days}"
    return Problem("backupVaultLockDays", settings.backup_vault_lock_days, rule, remedy)


def _bucket_is_there(settings: "Settings") -> Problem | None:
    if settings.enable_dicom_s3_storage or not settings.enable_bucket_backup:
        return None
    rule = "has no effect because the files are on EFS, which the backup plan includes anyway"
    return Problem("enableBucketBackup", True, rule, "pulumi config rm enableBucketBackup")


RULES = (
    *(_plan_uses(field) for field in ("backup_retention_days", "backup_vault_lock_days", "enable_bucket_backup")),
    Rule(frozenset({"backupVaultLockDays", "backupRetentionDays"}), _lock_ends_with_retention),
    no_lock_with_deletion("backup_vault_lock_days", "backups"),
    Rule(frozenset({"enableBucketBackup", "enableDicomS3Storage"}), _bucket_is_there),
)
