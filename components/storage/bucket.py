"""A bucket for DICOM files that the stack creates."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.iam import policies
from components.storage import private_bucket
from components.storage.access_logs import AccessLogs
from components.storage.key import key_of_files
from components.storage.replica import Replica
from components.storage.storage import Storage

# Days after which an image is rarely opened again, so that the cheaper class saves more than the transition costs.
DAYS_UNTIL_TIERING = 30
_DAYS_UNTIL_INCOMPLETE_UPLOADS_GO = 30
# S3 transitions no object below 128 KB unless a rule requests it. In Glacier Instant Retrieval, such an object is
# billed as 128 KB. At 0.004 USD per GB and 0.02 USD per 1,000 transitions, objects larger than this still save the
# price of the transition within two years (Amazon S3 pricing, us-east-1). In Intelligent-Tiering, they would still
# be billed at the price of Standard.
SMALLEST_FOR_GLACIER_BYTES = 64 << 10


class DicomBucket(Storage):
    """A bucket for DICOM files, encrypted with a KMS key: a new one, or `kmsKeyArn`."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        access_logs: AccessLogs | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Creates the bucket; access is logged to `access_logs`, if given."""
        super().__init__("orthanc:storage:DicomBucket", name, None, opts)
        self._name, self._settings = name, settings
        child = pulumi.ResourceOptions(parent=self)

        key_arn = key_of_files(name, settings, self, "DICOM files of Orthanc in S3", "s3")
        built = private_bucket.build(
            name,
            settings,
            self,
            policy=policies.bucket_over_tls_only,
            encryption=private_bucket.under_key(key_arn),
            lifecycle=_lifecycle(settings),
            lock_days=settings.object_lock_days,
        )
        bucket = built.bucket
        if access_logs:
            aws.s3.BucketLogging(
                name,
                bucket=bucket.bucket,
                target_bucket=access_logs.bucket_name,
                target_prefix=f"{policies.BUCKET_LOGS}/",
                opts=pulumi.ResourceOptions(parent=self, depends_on=access_logs.ready),
            )
        if settings.enable_bucket_events:
            aws.s3.BucketNotification(name, bucket=bucket.bucket, eventbridge=True, opts=child)
        if settings.replica_region:
            self.replica = self._build_replica(built, key_arn)

        self.bucket_name = bucket.bucket
        self.arn = bucket.arn
        self.key_arn = key_arn
        self.task_policy = pulumi.Output.all(bucket.arn, key_arn).apply(lambda arns: policies.use_bucket(*arns))
        self.register_outputs({"bucketName": self.bucket_name})

    def _build_replica(self, source: private_bucket.PrivateBucket, key_arn: pulumi.Output[str]) -> Replica:
        return Replica(
            f"{self._name}-replica",
            self._settings,
            source=source,
            source_key_arn=key_arn,
            lifecycle=_lifecycle(self._settings),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _lifecycle(settings: Settings) -> list[private_bucket.LifecycleRule]:
    # All available classes offer instant access. The archive tiers of Intelligent-Tiering, which Orthanc cannot
    # read, are opt-in.
    tier: private_bucket.LifecycleRule = {
        "id": "tier",
        "status": "Enabled",
        "filter": {"object_size_greater_than": SMALLEST_FOR_GLACIER_BYTES}
        if settings.storage_class == "GLACIER_IR"
        else {"prefix": ""},
        "transitions": [{"days": DAYS_UNTIL_TIERING, "storage_class": settings.storage_class}],
    }
    return [
        *([tier] if settings.storage_class != "STANDARD" else []),
        {
            "id": "forget-old-versions",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "noncurrent_version_expiration": {"noncurrent_days": settings.old_version_retention_days},
            "expiration": {"expired_object_delete_marker": True},
        },
        {
            "id": "forget-incomplete-uploads",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "abort_incomplete_multipart_upload": {"days_after_initiation": _DAYS_UNTIL_INCOMPLETE_UPLOADS_GO},
        },
    ]
