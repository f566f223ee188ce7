"""What all buckets of the stack have in common: no public access, no ACLs, encryption, versioning, and retention
according to `dataOnDestroy`."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.iam import retention

# As strings, because Pulumi's types of a service take up to a second to load.
LifecycleRule: TypeAlias = "aws.s3.BucketLifecycleConfigurationRuleArgsDict"
EncryptionRule: TypeAlias = "aws.s3.BucketServerSideEncryptionConfigurationRuleArgsDict"


def under_key(key_arn: pulumi.Input[str]) -> EncryptionRule:
    """Returns a rule that encrypts new objects with a KMS key."""
    return {
        "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key_arn},
        "bucket_key_enabled": True,  # one KMS request for a period of time instead of one per object
    }


class PrivateBucket(NamedTuple):
    """The bucket, and the resources that a writer waits for before it uses the bucket."""

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
    """Creates a bucket below `parent`; `policy` returns the bucket policy for its ARN.

    `lock_days`: the days during which no version of an object can be deleted. `region`: None means the stack's.
    """
    opts = retention.stateful(parent, settings)
    bucket = aws.s3.Bucket(name, force_destroy=settings.data_on_destroy == "delete", region=region, opts=opts)
    part = _Part(name, settings, parent, bucket, region)
    encrypted = aws.s3.BucketServerSideEncryptionConfiguration(
        name, bucket=bucket.bucket, rules=[encryption], region=region, opts=opts
    )
    return PrivateBucket(bucket, [_close(part, policy), encrypted, *_keep_versions(part, lifecycle, lock_days)])


class _Part(NamedTuple):
    """The arguments of each part of a bucket's configuration."""

    name: str
    settings: Settings
    parent: pulumi.Resource
    bucket: aws.s3.Bucket
    region: str | None

    def opts(self, *depends_on: pulumi.Resource) -> pulumi.ResourceOptions:
        return retention.stateful(self.parent, self.settings, depends_on=list(depends_on))


def _close(part: _Part, policy: Callable[[str], str]) -> pulumi.Resource:
    """Blocks public access, disables access control lists, and creates the bucket policy, which is returned."""
    aws.s3.BucketOwnershipControls(
        part.name,
        bucket=part.bucket.bucket,
        rule={"object_ownership": "BucketOwnerEnforced"},
        region=part.region,
        opts=part.opts(),
    )
    closed = aws.s3.BucketPublicAccessBlock(
        part.name,
        bucket=part.bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        region=part.region,
        opts=part.opts(),
    )
    return aws.s3.BucketPolicy(
        part.name,
        bucket=part.bucket.bucket,
        policy=part.bucket.arn.apply(policy),
        region=part.region,
        # S3 refuses to change policy and public access at the same time.
        opts=part.opts(closed),
    )


def _keep_versions(part: _Part, lifecycle: list[LifecycleRule], lock_days: int) -> list[pulumi.Resource]:
    """Enables versioning, and sets how long versions are kept and locked."""
    versioning = aws.s3.BucketVersioning(
        part.name,
        bucket=part.bucket.bucket,
        versioning_configuration={"status": "Enabled"},
        region=part.region,
        opts=part.opts(),
    )
    aws.s3.BucketLifecycleConfiguration(
        part.name, bucket=part.bucket.bucket, rules=lifecycle, region=part.region, opts=part.opts(versioning)
    )
    if not lock_days:
        return [versioning]
    lock = aws.s3.BucketObjectLockConfiguration(
        part.name,
        bucket=part.bucket.bucket,
        # An identity with s3:BypassGovernanceRetention, which no role of the stack has, can still delete. In
        # COMPLIANCE mode nobody could, and a number of days set by mistake would hold until they are over.
        rule={"default_retention": {"mode": "GOVERNANCE", "days": lock_days}},
        region=part.region,
        opts=part.opts(versioning),
    )
    return [versioning, lock]
