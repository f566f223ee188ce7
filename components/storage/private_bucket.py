"""What all buckets of the stack have in common: no public access, no ACLs, encryption, versioning, and retention
according to `dataOnDestroy`."""

from collections.abc import Callable
from typing import NamedTuple

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.iam import retention

LifecycleRule = aws.s3.BucketLifecycleConfigurationRuleArgsDict
EncryptionRule = aws.s3.BucketServerSideEncryptionConfigurationRuleArgsDict


def under_key(key_arn: pulumi.Input[str]) -> EncryptionRule:
    """Encryption of new objects with a KMS key."""
    return {
        "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key_arn},
        "bucket_key_enabled": True,  # one request to KMS a while instead of one an object
    }


class PrivateBucket(NamedTuple):
    """The bucket, and what somebody waits for who writes into it at once."""

    bucket: aws.s3.Bucket
    ready: list[pulumi.Resource]


def build(
    name: str,
    settings: Settings,
    parent: pulumi.Resource,
    *,
    policy: Callable[[str], str],
    encryption: EncryptionRule,
    lifecycle: list[LifecycleRule],
    lock_days: int = 0,
    region: str | None = None,
) -> PrivateBucket:
    """A bucket below `parent`; `policy` makes its bucket policy of its ARN.

    `lock_days`: how long no version of an object can be deleted; `region` None: that of the stack.
    """
    stateful = retention.stateful(parent, settings)
    bucket = aws.s3.Bucket(name, force_destroy=settings.data_on_destroy == "delete", region=region, opts=stateful)
    aws.s3.BucketOwnershipControls(
        name,
        bucket=bucket.bucket,
        rule={"object_ownership": "BucketOwnerEnforced"},  # no access lists, policies alone
        region=region,
        opts=stateful,
    )
    closed = aws.s3.BucketPublicAccessBlock(
        name,
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        region=region,
        opts=stateful,
    )
    granted = aws.s3.BucketPolicy(
        name,
        bucket=bucket.bucket,
        policy=bucket.arn.apply(policy),
        region=region,
        # S3 refuses to change policy and public access at the same moment.
        opts=retention.stateful(parent, settings, depends_on=[closed]),
    )
    encrypted = aws.s3.BucketServerSideEncryptionConfiguration(
        name, bucket=bucket.bucket, rules=[encryption], region=region, opts=stateful
    )
    versioning = aws.s3.BucketVersioning(
        name, bucket=bucket.bucket, versioning_configuration={"status": "Enabled"}, region=region, opts=stateful
    )
    after_versioning = retention.stateful(parent, settings, depends_on=[versioning])
    aws.s3.BucketLifecycleConfiguration(
        name,
        bucket=bucket.bucket,
        rules=lifecycle,
        region=region,
        opts=after_versioning,
    )
    ready: list[pulumi.Resource] = [granted, encrypted, versioning]
    if lock_days:
        lock = aws.s3.BucketObjectLockConfiguration(
            name,
            bucket=bucket.bucket,
            # Who has s3:BypassGovernanceRetention, none of the stack's roles, can still delete. In COMPLIANCE mode
            # nobody could, and a number of days that was set by mistake would stand until they are over.
            rule={"default_retention": {"mode": "GOVERNANCE", "days": lock_days}},
            region=region,
            opts=after_versioning,
        )
        ready.append(lock)
    return PrivateBucket(bucket, ready)
