"""What AWS's services may do with the stack's data: roles and key policies as pure functions.

ARNs in, canonical JSON text out, as in `policies`.
"""

from collections.abc import Sequence
from typing import Any

from components.policies import document


def _allow(sid: str, actions: Sequence[str], resources: Sequence[str], **condition: Any) -> dict[str, Any]:
    statement = {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
    return statement | ({"Condition": condition} if condition else {})


def replicate(
    bucket_arn: str, key_arn: str, region: str, replica_arn: str, replica_key_arn: str, replica_region: str
) -> str:
    """What S3 needs to copy new objects, which a KMS key encrypts, to a bucket in another region.

    S3 User Guide, "Setting up permissions for live replication" and "Replicating encrypted objects".
    """

    def by_s3(region: str) -> dict[str, str]:
        return {"kms:ViaService": f"s3.{region}.amazonaws.com"}

    read = ("ForReplication", "Acl", "Tagging")
    locked = ("s3:GetObjectRetention", "s3:GetObjectLegalHold")
    return document(
        _allow("Look", ["s3:GetReplicationConfiguration", "s3:ListBucket"], [bucket_arn]),
        _allow("Read", [*(f"s3:GetObjectVersion{what}" for what in read), *locked], [f"{bucket_arn}/*"]),
        _allow("Copy", [f"s3:Replicate{what}" for what in ("Object", "Delete", "Tags")], [f"{replica_arn}/*"]),
        _allow("Decrypt", ["kms:Decrypt"], [key_arn], StringEquals=by_s3(region)),
        _allow(
            "Encrypt",
            ["kms:Encrypt", "kms:GenerateDataKey"],
            [replica_key_arn],
            StringEquals=by_s3(replica_region),
        ),
    )


def key_of_trail(partition: str, account: str) -> str:
    """Key policy: the account administers the key by IAM, and CloudTrail encrypts its own trails' logs with it.

    CloudTrail User Guide, "Configure AWS KMS key policies for CloudTrail".
    """
    trails = f"arn:{partition}:cloudtrail:*:{account}:trail/*"
    ours = {"StringEquals": {"aws:SourceAccount": account}, "StringLike": {"aws:SourceArn": trails}}
    context = {"StringLike": {**ours["StringLike"], "kms:EncryptionContext:aws:cloudtrail:arn": trails}}
    trail = {"Principal": {"Service": "cloudtrail.amazonaws.com"}}
    return document(
        _allow("Account", ["kms:*"], ["*"]) | {"Principal": {"AWS": f"arn:{partition}:iam::{account}:root"}},
        _allow("Encrypt", ["kms:GenerateDataKey"], ["*"], **(ours | context)) | trail,
        _allow("Describe", ["kms:DescribeKey"], ["*"], **ours) | trail,
    )
