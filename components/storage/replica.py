"""A second copy of the DICOM files, in another region under a key of its own.

S3 copies what is stored from now on, within minutes as a rule; what was there before needs S3 Batch Replication.
Deletions follow, and the replica's own old versions outlast them.
"""

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.iam import data_policies, key_policies, policies, retention, roles
from components.storage import private_bucket

# The one rule, by which S3's metrics of replication are told apart.
RULE_ID = "everything"


class Replica(pulumi.ComponentResource):
    """Bucket and key in `replicaRegion`, and the role with which S3 fills it; nobody else uses them.

    `bucket_name`: Output[str].
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        source: private_bucket.PrivateBucket,
        source_key_arn: pulumi.Input[str],
        lifecycle: list[private_bucket.LifecycleRule],
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Replicates `source`, whose objects `source_key_arn` encrypts; the copies have their own `lifecycle`."""
        super().__init__("orthanc:storage:Replica", name, None, opts)
        region = settings.replica_region

        key = aws.kms.Key(
            name,
            description="Replica of Orthanc's DICOM files in S3",
            enable_key_rotation=True,
            deletion_window_in_days=retention.key_deletion_window_days(settings),
            policy=key_policies.used_through(settings.account._replace(region=region), ["s3"]),
            region=region,
            opts=retention.stateful(self, settings),
        )
        replica = private_bucket.build(
            name,
            settings,
            self,
            policy=policies.bucket_over_tls_only,
            encryption=private_bucket.under_key(key.arn),
            lifecycle=lifecycle,
            # S3 replicates from a bucket with Object Lock into one with Object Lock only.
            lock_days=settings.object_lock_days,
            region=region,
        )
        home = settings.account.region
        arns = pulumi.Output.all(source.bucket.arn, source_key_arn, replica.bucket.arn, key.arn)
        role_arn = roles.build(
            name,
            settings,
            service="s3.amazonaws.com",
            document=arns.apply(lambda a: data_policies.replicate(a[0], a[1], home, a[2], a[3], region)),
            # A kept bucket goes on to be replicated.
            opts=retention.stateful(self, settings),
        )
        aws.s3.BucketReplicationConfig(
            name,
            bucket=source.bucket.bucket,
            role=role_arn,
            rules=[
                {
                    "id": RULE_ID,
                    "status": "Enabled",
                    "priority": 1,
                    "filter": {"prefix": ""},
                    "delete_marker_replication": {"status": "Enabled"},
                    # By itself S3 leaves out what a key of KMS encrypts.
                    "source_selection_criteria": {"sse_kms_encrypted_objects": {"status": "Enabled"}},
                    "destination": {
                        "bucket": replica.bucket.arn,
                        "encryption_configuration": {"replica_kms_key_id": key.arn},
                        # How far it lags and what failed, which alarms watch; each metric is paid for.
                        "metrics": {"status": "Enabled"} if settings.enable_alarms else None,
                    },
                }
            ],
            opts=retention.stateful(self, settings, depends_on=[*source.ready, *replica.ready]),
        )
        self.bucket_name = replica.bucket.bucket
        self.register_outputs({"bucketName": self.bucket_name})
