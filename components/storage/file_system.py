"""An EFS file system for DICOM files."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.config import Settings, ports
from components.iam import policies, retention
from components.network.network import Network
from components.storage.key import key_of_files
from components.storage.storage import Storage

# The user and group of the upstream image. Tasks run as this user, and it owns the files.
ORTHANC_UID = 999


class DicomFileSystem(Storage):
    """An EFS file system for DICOM files, reached through one access point as Orthanc's user."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        network: Network,
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Creates the file system, with a mount target in the isolated subnet of each zone of `network`."""
        super().__init__("orthanc:storage:DicomFileSystem", name, None, opts)
        self._name, self._settings = name, settings
        self._stateful = retention.stateful(self, settings)

        key_arn = key_of_files(name, settings, self, "DICOM files of Orthanc on EFS", "elasticfilesystem")
        file_system = self._build_file_system(key_arn)
        access_point = self._build_access_point(file_system)
        arns = pulumi.Output.all(file_system.arn, access_point.arn)
        policy = aws.efs.FileSystemPolicy(
            name,
            file_system_id=file_system.id,
            policy=arns.apply(lambda both: policies.file_system_through_access_point_only(*both)),
            opts=self._stateful,
        )
        aws.efs.BackupPolicy(
            name,
            file_system_id=file_system.id,
            backup_policy={"status": "ENABLED" if _is_backed_up_by_aws(settings) else "DISABLED"},
            opts=self._stateful,
        )
        mount_targets = self._build_mount_targets(file_system, network)

        self.file_system_id, self.arn, self.key_arn = file_system.id, file_system.arn, key_arn
        self.volume = {
            "file_system_id": file_system.id,
            "transit_encryption": "ENABLED",
            "authorization_config": {"access_point_id": access_point.id, "iam": "ENABLED"},
        }
        self.task_policy = arns.apply(lambda both: policies.use_file_system(*both))
        self.ready = [policy, *mount_targets]
        self.register_outputs({"fileSystemId": self.file_system_id})

    def _build_file_system(self, key_arn: pulumi.Output[str]) -> aws.efs.FileSystem:
        return aws.efs.FileSystem(
            self._name,
            encrypted=True,
            kms_key_id=key_arn,
            throughput_mode="elastic",  # an archive is idle most of the time, then reads or writes a whole study
            lifecycle_policies=[
                {"transition_to_ia": "AFTER_14_DAYS"},
                {"transition_to_primary_storage_class": "AFTER_1_ACCESS"},
            ],
            opts=self._stateful,
        )

    def _build_access_point(self, file_system: aws.efs.FileSystem) -> aws.efs.AccessPoint:
        return aws.efs.AccessPoint(
            self._name,
            file_system_id=file_system.id,
            posix_user={"uid": ORTHANC_UID, "gid": ORTHANC_UID},
            root_directory={
                "path": "/orthanc",
                "creation_info": {"owner_uid": ORTHANC_UID, "owner_gid": ORTHANC_UID, "permissions": "0750"},
            },
            opts=self._stateful,
        )

    def _build_mount_targets(self, file_system: aws.efs.FileSystem, network: Network) -> list[aws.efs.MountTarget]:
        security_group = network.security_groups.reached_by_tasks("file-system", "DICOM files on EFS", ports.NFS)
        return [
            aws.efs.MountTarget(
                f"{self._name}-{zone}",
                file_system_id=file_system.id,
                subnet_id=network.isolated_subnet_ids[zone],
                security_groups=[security_group.id],
                opts=pulumi.ResourceOptions(parent=self),
            )
            for zone in range(network.isolated_subnets)
        ]


def _is_backed_up_by_aws(settings: Settings) -> bool:
    """Returns whether AWS itself backs up the file system daily, to a vault of its own, for 35 days.

    With a backup plan, backups would be charged twice. The vault cannot be deleted, and its backups only after
    its access policy has been removed, so data that is deleted with the stack is not copied there (Amazon EFS
    User Guide, "Backing up EFS file systems").
    """
    return not settings.enable_backup_plan and settings.data_on_destroy != "delete"
