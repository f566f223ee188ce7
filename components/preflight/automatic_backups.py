"""Backups of a file system that EFS made automatically, which `pulumi destroy` does not delete.

A file system with automatic backups has one backup a day in a vault of the account, for 35 days (Amazon EFS User
Guide, "Automatic backups"). With `dataOnDestroy` delete the stack disables them, but earlier ones remain.
"""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.preflight.lookups import tried

VAULT = "aws/efs/automatic-backup-vault"


def warn(settings: Settings) -> None:
    """Warn of copies that may stay although `dataOnDestroy` is delete. Asks AWS."""
    if settings.data_on_destroy == "delete" and not settings.enable_dicom_s3_storage and (copies := _copies()):
        pulumi.log.warn(
            f"dataOnDestroy is delete, and the vault {VAULT} of this account has recovery points ({copies}):"
            " copies of file systems that EFS made. Those of this stack's file system stay for up to 35 days."
            ' "What delete leaves" in'
            " docs/data.md has the commands that list and delete them"
        )


def _copies() -> int:
    """How many copies the vault has, of all file systems; 0 also where AWS does not say.

    AWS refuses access both to a vault that does not exist and to a deployer that may not look at it.
    """
    return tried(lambda: aws.backup.get_vault(name=VAULT).recovery_points) or 0
