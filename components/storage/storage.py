"""What other components need from the storage for DICOM files, whether bucket or file system."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.config.metric import Metric
from components.storage.replica import Replica


class Storage(pulumi.ComponentResource):
    """A bucket or a file system for DICOM files, with the policy that lets a task's role use it."""

    arn: pulumi.Output[str]
    """The ARN of the bucket or file system."""
    key_arn: pulumi.Output[str | None]
    """The ARN of the KMS key that encrypts the files; None if it is S3's own."""
    task_policy: pulumi.Output[str]
    """The policy that a task's role needs to use it, as JSON."""
    bucket_name: pulumi.Output[str] | None = None
    """The name of the bucket, if the files are in one."""
    replica: Replica | None = None
    """The copy in another Region, if there is one."""
    file_system_id: pulumi.Output[str] | None = None
    """The ID of the file system, if the files are on one."""
    volume: aws.ecs.TaskDefinitionVolumeEfsVolumeConfigurationArgsDict | None = None
    """How a task mounts the file system, if the files are on one."""
    ready: Sequence[pulumi.Resource] = ()
    """What a task waits for before it can use the files."""
    _settings: Settings

    def metric(self, name: str, statistic: str, **dimensions: str) -> Metric:
        """Returns a metric: BucketSizeBytes by StorageType … of a bucket, or StorageBytes … of a file system."""
        own: dict[str, pulumi.Input[str]] = {}
        if self.bucket_name is not None:
            own["BucketName"] = self.bucket_name
        elif self.file_system_id is not None:
            own["FileSystemId"] = self.file_system_id
        namespace = "AWS/EFS" if self.bucket_name is None else "AWS/S3"
        return Metric(namespace, name, own | dimensions, statistic, self._settings.account.region)
