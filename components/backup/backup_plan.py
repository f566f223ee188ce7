"""Daily copies of the stack's data in a vault of AWS Backup, apart from what they are copies of.

RDS's own backups (`enableRdsBackup`) go back to any second of their days, but belong to the instance; these do
not, and under a lock not even an administrator's mistake deletes them.
"""

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.database import maintenance_windows
from components.database.database import Database
from components.iam import data_policies, retention, roles
from components.storage.storage import Storage

_MINUTES_TO_COMPLETE = 7 * 24 * 60


class Backup(pulumi.ComponentResource):
    """Vault, its key, the plan, and a role that may copy this stack's data and nothing else.

    `vault_name`: Output[str].
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        database: Database,
        storage: Storage,
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Backs up the database; the file system where files are on one; the bucket by `enableBucketBackup`."""
        super().__init__("orthanc:backup:Backup", name, None, opts)
        child, stateful = pulumi.ResourceOptions(parent=self), retention.stateful(self, settings)

        key = aws.kms.Key(
            name,
            description="Backups of Orthanc's data",
            enable_key_rotation=True,
            deletion_window_in_days=retention.key_deletion_window_days(settings),
            opts=stateful,
        )
        vault = aws.backup.Vault(
            name, kms_key_arn=key.arn, force_destroy=settings.data_on_destroy == "delete", opts=stateful
        )
        if settings.backup_vault_lock_days:
            aws.backup.VaultLockConfiguration(
                name,
                backup_vault_name=vault.name,
                # Without changeable_for_days it is a governance lock, which a mistake cannot make eternal.
                min_retention_days=settings.backup_vault_lock_days,
                opts=stateful,
            )
        plan = aws.backup.Plan(
            name,
            rules=[
                {
                    "rule_name": "daily",
                    "target_vault_name": vault.name,
                    "schedule": maintenance_windows.COPY_SCHEDULE,
                    "start_window": maintenance_windows.COPY_STARTS_WITHIN_MINUTES,
                    "completion_window": _MINUTES_TO_COMPLETE,
                    "lifecycle": {"delete_after": settings.backup_retention_days},
                }
            ],
            opts=child,
        )

        on_s3 = settings.enable_dicom_s3_storage
        copied = settings.enable_bucket_backup or not on_s3
        known = pulumi.Output.all(
            vault=vault.arn,
            vault_key=key.arn,
            database=database.arn,
            database_key=database.key_arn,
            **(
                {"bucket" if on_s3 else "file_system": storage.arn, "files_key": storage.key_arn} if copied else {}
            ),
        )
        role_arn = roles.build(
            name,
            settings,
            service="backup.amazonaws.com",
            document=known.apply(lambda arns: data_policies.back_up(**arns)),
            # AWS Backup deletes a recovery point as the role that made it. Without the role a kept one never goes.
            opts=stateful,
        )
        aws.backup.Selection(
            name,
            plan_id=plan.id,
            iam_role_arn=role_arn,
            resources=[database.arn, *([storage.arn] if copied else [])],
            opts=child,
        )
        self.vault_name = vault.name
        self.register_outputs({"vaultName": self.vault_name})
