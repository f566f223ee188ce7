"""An existing bucket for DICOM files, whose settings remain unchanged."""

import pulumi

from components.config import Settings
from components.iam import policies
from components.storage.storage import Storage


class ExistingBucket(Storage):
    """The bucket `existingBucketName`: its owner's, in all but its use.

    `preflight.data` has seen that it will do. Nothing is set on it, so that nothing is unset when the stack goes.
    """

    def __init__(self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None):
        """Makes nothing; the tasks may also use `existingBucketKeyArn` where the bucket has a key of its own."""
        super().__init__("orthanc:storage:ExistingBucket", name, None, opts)
        self._settings = settings
        arn = f"arn:{settings.account.partition}:s3:::{settings.existing_bucket_name}"
        self.bucket_name = pulumi.Output.from_input(settings.existing_bucket_name)
        self.arn = pulumi.Output.from_input(arn)
        self.key_arn = pulumi.Output.from_input(settings.existing_bucket_key_arn or None)
        self.task_policy = pulumi.Output.from_input(
            policies.use_bucket(arn, settings.existing_bucket_key_arn or None)
        )
        self.register_outputs({"bucketName": self.bucket_name})
