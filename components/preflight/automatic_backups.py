"""Automatic EFS backups of a file system, which `pulumi destroy` does not delete.

With automatic backups, EFS backs up a file system daily to a vault of the account and keeps each backup for 35
days (Amazon EFS User Guide, "Automatic backups"). With `dataOnDestroy` delete, the stack disables them, but
earlier backups remain.
"""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.preflight.lookups import tried

VAULT = "aws/efs/automatic-backup-vault"


def warn(settings: Settings) -> None:
    """Warns of backups that may remain although `dataOnDestroy` is delete. Calls AWS."""
    if settings.data_on_destroy == "delete" and not settings.enable_dicom_s3_storage and (copies := _copies()):
        pulumi.log.warn(
            f"dataOnDestroy is delete, and the vault {VAULT} of this account has recovery points ({copies}):"
            " copies of file systems that EFS made. Those of this stack's file system stay for up to 35 days."
            " docs/how-to/tear-down.md has the commands that list and delete them"
        )


def _copies() -> int:
    """Returns the number of backups in the vault, of all file systems; 0 also if AWS does not report it.

    AWS denies access if the vault does not exist, and if the deployer may not read it.
    """
    return tried(lambda: aws.backup.get_vault(name=VAULT).recovery_points) or 0
