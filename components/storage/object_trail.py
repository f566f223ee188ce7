"""Who read, wrote, or deleted which DICOM file: a CloudTrail trail with the data events of the bucket.

S3 server access logs contain nearly as much at no charge, but on a best-effort basis; the trail is complete, names
the identity behind each call, and cannot be changed without detection.
"""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.iam import key_policies, policies, retention
from components.storage.access_logs import AccessLogs
from components.storage.storage import Storage


class ObjectTrail(pulumi.ComponentResource):
    """A trail of the bucket's data events with validated, encrypted log files, and their key."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        storage: Storage,
        access_logs: AccessLogs,
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Creates the trail, which writes to the bucket of `access_logs`."""
        super().__init__("orthanc:storage:ObjectTrail", name, None, opts)
        key = aws.kms.Key(
            name,
            description="CloudTrail's record of Orthanc's DICOM files",
            enable_key_rotation=True,
            deletion_window_in_days=retention.key_deletion_window_days(settings),
            policy=key_policies.of_trails(settings.account),
            # The key must be kept as long as the log files that it encrypts, which stay as long as their bucket.
            opts=retention.stateful(self, settings),
        )
        aws.cloudtrail.Trail(
            name,
            s3_bucket_name=access_logs.bucket_name,
            s3_key_prefix=policies.TRAIL_LOGS,
            kms_key_id=key.arn,
            enable_log_file_validation=True,
            # The account's own trail records all other events. A second copy of them would be charged.
            include_global_service_events=False,
            advanced_event_selectors=[
                {
                    "name": "DICOM files",
                    "field_selectors": [
                        {"field": "eventCategory", "equals": ["Data"]},
                        {"field": "resources.type", "equals": ["AWS::S3::Object"]},
                        {
                            "field": "resources.ARN",
                            "starts_withs": [pulumi.Output.concat(storage.arn, "/")],
                        },
                    ],
                }
            ],
            opts=pulumi.ResourceOptions(parent=self, depends_on=access_logs.ready),
        )
        self.register_outputs({})
