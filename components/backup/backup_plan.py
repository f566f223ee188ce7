"""Daily backups of database and files in an AWS Backup vault.

RDS automated backups (`enableRdsBackup`) allow a restore to any second of their retention period, but belong to
the instance. The backups in the vault are independent of it, and with a vault lock nobody can delete them by
mistake.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.database import maintenance_windows
from components.database.database import Database
from components.iam import data_policies, retention, roles
from components.storage.storage import Storage

_MINUTES_TO_COMPLETE = 7 * 24 * 60


class Backup(pulumi.ComponentResource):
    """Vault, its key, the plan, and a role that may copy this stack's data and nothing else."""

    vault_name: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        database: Database,
        storage: Storage,
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Backs up the database, the file system if there is one, and the bucket with `enableBucketBackup`."""
        super().__init__("orthanc:backup:Backup", name, None, opts)
        self._name, self._settings = name, settings
        self._child, self._stateful = pulumi.ResourceOptions(parent=self), retention.stateful(self, settings)

        key = aws.kms.Key(
            name,
            description="Backups of Orthanc's data",
            enable_key_rotation=True,
            deletion_window_in_days=retention.key_deletion_window_days(settings),
            opts=self._stateful,
        )
        vault = self._build_vault(key)
        plan = self._build_plan(vault)
        files = [storage] if settings.enable_bucket_backup or not settings.enable_dicom_s3_storage else []
        aws.backup.Selection(
            name,
            plan_id=plan.id,
            iam_role_arn=self._build_role(vault, key, database, files),
            resources=[database.arn, *(each.arn for each in files)],
            opts=self._child,
        )
        self.vault_name = vault.name
        self.register_outputs({"vaultName": self.vault_name})

    def _build_vault(self, key: aws.kms.Key) -> aws.backup.Vault:
        vault = aws.backup.Vault(
            self._name,
            kms_key_arn=key.arn,
            force_destroy=self._settings.data_on_destroy == "delete",
            opts=self._stateful,
        )
        if self._settings.backup_vault_lock_days:
            aws.backup.VaultLockConfiguration(
                self._name,
                backup_vault_name=vault.name,
                # Without changeable_for_days it is a governance lock, which can be removed if set by mistake.
                min_retention_days=self._settings.backup_vault_lock_days,
                opts=self._stateful,
            )
        return vault

    def _build_plan(self, vault: aws.backup.Vault) -> aws.backup.Plan:
        return aws.backup.Plan(
            self._name,
            rules=[
                {
                    "rule_name": "daily",
                    "target_vault_name": vault.name,
                    "schedule": maintenance_windows.COPY_SCHEDULE,
                    "start_window": maintenance_windows.COPY_STARTS_WITHIN_MINUTES,
                    "completion_window": _MINUTES_TO_COMPLETE,
                    "lifecycle": {"delete_after": self._settings.backup_retention_days},
                }
            ],
            opts=self._child,
        )

    def _build_role(
        self, vault: aws.backup.Vault, key: aws.kms.Key, database: Database, files: Sequence[Storage]
    ) -> pulumi.Output[str]:
        kind = "bucket" if self._settings.enable_dicom_s3_storage else "file_system"
        known = pulumi.Output.all(
            vault=vault.arn,
            vault_key=key.arn,
            database=database.arn,
            database_key=database.key_arn,
            **{name: arn for each in files for name, arn in ((kind, each.arn), ("files_key", each.key_arn))},
        )
        return roles.build(
            self._name,
            self._settings,
            service="backup.amazonaws.com",
            document=known.apply(lambda arns: data_policies.back_up(**arns)),
            # AWS Backup deletes a recovery point as the role that created it. Without the role, a recovery point
            # that is kept could never be deleted.
            opts=self._stateful,
        )
