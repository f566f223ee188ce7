"""A replica of the DICOM files in another Region, encrypted with a key there.

S3 replicates objects that are stored from now on, usually within minutes. Existing objects need S3 Batch
Replication. Deletions are replicated, and the replica keeps its own old versions.
"""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.config.metric import Metric
from components.iam import data_policies, key_policies, policies, retention, roles
from components.storage import private_bucket

# The only rule; S3 reports replication metrics by rule.
_RULE_ID = "everything"


class Replica(pulumi.ComponentResource):
    """Bucket and key in `replicaRegion`, and the role with which S3 replicates; nothing else uses them."""

    bucket_name: pulumi.Output[str]

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
        """Replicates `source`, which is encrypted with `source_key_arn`; `lifecycle` is that of the copies."""
        super().__init__("orthanc:storage:Replica", name, None, opts)
        self._name, self._settings = name, settings
        self._stateful = retention.stateful(self, settings)

        key = self._build_key()
        replica = private_bucket.build(
            name,
            settings,
            self,
            policy=policies.bucket_over_tls_only,
            encryption=private_bucket.under_key(key.arn),
            lifecycle=lifecycle,
            # S3 replicates from a bucket with Object Lock only to another one with Object Lock.
            lock_days=settings.object_lock_days,
            region=settings.replica_region,
        )
        self._build_replication(source, replica, key, self._build_role(source, source_key_arn, replica, key))
        self.bucket_name, self._source_name = replica.bucket.bucket, source.bucket.bucket
        self.register_outputs({"bucketName": self.bucket_name})

    def metric(self, name: str, statistic: str) -> Metric:
        """Returns OperationsFailedReplication in the bucket's Region, or ReplicationLatency in the replica's."""
        dimensions = {
            "SourceBucket": self._source_name,
            "DestinationBucket": self.bucket_name,
            "RuleId": _RULE_ID,
        }
        is_latency = name == "ReplicationLatency"
        region = self._settings.replica_region if is_latency else self._settings.account.region
        return Metric("AWS/S3", name, dimensions, statistic, region)

    def _build_key(self) -> aws.kms.Key:
        region = self._settings.replica_region
        return aws.kms.Key(
            self._name,
            description="Replica of Orthanc's DICOM files in S3",
            enable_key_rotation=True,
            deletion_window_in_days=retention.key_deletion_window_days(self._settings),
            policy=key_policies.used_through(self._settings.account._replace(region=region), ["s3"]),
            region=region,
            opts=self._stateful,
        )

    def _build_role(
        self,
        source: private_bucket.PrivateBucket,
        source_key_arn: pulumi.Input[str],
        replica: private_bucket.PrivateBucket,
        key: aws.kms.Key,
    ) -> pulumi.Output[str]:
        home, region = self._settings.account.region, self._settings.replica_region
        arns = pulumi.Output.all(source.bucket.arn, source_key_arn, replica.bucket.arn, key.arn)
        return roles.build(
            self._name,
            self._settings,
            service="s3.amazonaws.com",
            document=arns.apply(lambda a: data_policies.replicate(a[0], a[1], home, a[2], a[3], region)),
            # A bucket that is kept continues to be replicated.
            opts=self._stateful,
        )

    def _build_replication(
        self,
        source: private_bucket.PrivateBucket,
        replica: private_bucket.PrivateBucket,
        key: aws.kms.Key,
        role_arn: pulumi.Output[str],
    ) -> None:
        aws.s3.BucketReplicationConfig(
            self._name,
            bucket=source.bucket.bucket,
            role=role_arn,
            rules=[
                {
                    "id": _RULE_ID,
                    "status": "Enabled",
                    "priority": 1,
                    "filter": {"prefix": ""},
                    "delete_marker_replication": {"status": "Enabled"},
                    # By default S3 does not replicate objects that are encrypted with a KMS key.
                    "source_selection_criteria": {"sse_kms_encrypted_objects": {"status": "Enabled"}},
                    "destination": {
                        "bucket": replica.bucket.arn,
                        "encryption_configuration": {"replica_kms_key_id": key.arn},
                        # Latency and failures, which the alarms use; each metric is charged for.
                        "metrics": {"status": "Enabled"} if self._settings.enable_alarms else None,
                    },
                }
            ],
            opts=retention.stateful(self, self._settings, depends_on=[*source.ready, *replica.ready]),
        )
