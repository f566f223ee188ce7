"""The bucket for access logs of load balancers, CloudFront, and the bucket of DICOM files.

Either an existing bucket (`accessLogsBucketArn`), whose policy the owner manages, or one that the stack creates.
The writers are configured in `ingress.load_balancer`, `ingress.cloudfront` and `bucket`.
"""

import pulumi

from components.config import Settings
from components.iam import policies
from components.storage import private_bucket

_DAYS_UNTIL_DELETED_LOGS_GO = 30


class AccessLogs(pulumi.ComponentResource):
    """The bucket for access logs."""

    bucket_name: pulumi.Output[str]
    bucket_arn: pulumi.Output[str]
    ready: list[pulumi.Resource]
    """What a writer waits for, because AWS tries to write to the bucket at once."""

    def __init__(self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None):
        """Creates a bucket unless `settings` name an existing one.

        Like the images, it follows `dataOnDestroy`: its logs show who viewed which image, and queries name
        patients.
        """
        super().__init__("orthanc:storage:AccessLogs", name, None, opts)
        self.ready = []
        if settings.access_logs_bucket_arn:
            self.bucket_arn = pulumi.Output.from_input(settings.access_logs_bucket_arn)
            self.bucket_name = self.bucket_arn.apply(lambda arn: arn.rpartition(":")[2])
        else:
            bucket, self.ready = private_bucket.build(
                name,
                settings,
                self,
                policy=lambda arn: policies.bucket_for_access_logs(arn, settings.account.id),
                # S3's own key, because load balancers cannot write to a bucket that is encrypted with a KMS key.
                encryption={"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}},
                lifecycle=_lifecycle(settings.access_log_retention_days),
            )
            self.bucket_arn, self.bucket_name = bucket.arn, bucket.bucket
        self.register_outputs({"bucketName": self.bucket_name})


def _lifecycle(days: int) -> list[private_bucket.LifecycleRule]:
    return [
        {
            "id": "forget-old-logs",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "expiration": {"days": days},
            # Each log is written once, so an old version is a log that was deleted.
            "noncurrent_version_expiration": {"noncurrent_days": _DAYS_UNTIL_DELETED_LOGS_GO},
        },
        {
            "id": "forget-what-is-left",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "expiration": {"expired_object_delete_marker": True},
            "abort_incomplete_multipart_upload": {"days_after_initiation": 1},
        },
    ]
