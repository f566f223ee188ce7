"""An existing bucket for DICOM files, whose settings remain unchanged."""

import pulumi

from components.config import Settings
from components.iam import policies
from components.storage.storage import Storage


class ExistingBucket(Storage):
    """The bucket `existingBucketName`, which the stack uses but does not configure.

    `preflight.data` has checked that it is suitable. Destroying the stack does not change the bucket's settings.
    """

    def __init__(self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None):
        """Creates no resources; the tasks may also use `existingBucketKeyArn`, if the bucket has its own key."""
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
