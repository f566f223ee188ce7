"""What every bucket of the stack is: shut to the public, without access lists, encrypted, versioned, and never
destroyed against `dataOnDestroy`.
"""

from collections.abc import Callable
from typing import NamedTuple

import pulumi
import pulumi_aws as aws

from components import protection
from components.settings import Settings

LifecycleRule = aws.s3.BucketLifecycleConfigurationRuleArgsDict
EncryptionRule = aws.s3.BucketServerSideEncryptionConfigurationRuleArgsDict


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
) -> PrivateBucket:
    """A bucket below `parent`; `policy` makes its bucket policy of its ARN."""
    stateful = protection.stateful(parent, settings)
    bucket = aws.s3.Bucket(name, force_destroy=settings.data_on_destroy == "delete", opts=stateful)
    aws.s3.BucketOwnershipControls(
        name,
        bucket=bucket.bucket,
        rule={"object_ownership": "BucketOwnerEnforced"},  # no access lists, policies alone
        opts=stateful,
    )
    closed = aws.s3.BucketPublicAccessBlock(
        name,
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=stateful,
    )
    granted = aws.s3.BucketPolicy(
        name,
        bucket=bucket.bucket,
        policy=bucket.arn.apply(policy),
        # S3 refuses to change policy and public access at the same moment.
        opts=protection.stateful(parent, settings, depends_on=[closed]),
    )
    encrypted = aws.s3.BucketServerSideEncryptionConfiguration(
        name, bucket=bucket.bucket, rules=[encryption], opts=stateful
    )
    versioning = aws.s3.BucketVersioning(
        name, bucket=bucket.bucket, versioning_configuration={"status": "Enabled"}, opts=stateful
    )
    aws.s3.BucketLifecycleConfiguration(
        name,
        bucket=bucket.bucket,
        rules=lifecycle,
        opts=protection.stateful(parent, settings, depends_on=[versioning]),
    )
    return PrivateBucket(bucket, [granted, encrypted])
