"""The permissions of AWS services for the stack's data: role policies as pure functions.

Like those in `policies`, the functions take ARNs and return canonical JSON.
"""

from collections.abc import Sequence
from typing import Any

from components.iam.policies import document


def _allow(sid: str, actions: Sequence[str], resources: Sequence[str], **condition: Any) -> dict[str, Any]:
    statement = {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
    return statement | ({"Condition": condition} if condition else {})


def replicate(
    bucket_arn: str, key_arn: str, region: str, replica_arn: str, replica_key_arn: str, replica_region: str
) -> str:
    """Returns the policy that S3 needs to copy new objects, encrypted with a KMS key, to another Region.

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


def back_up(
    *,
    vault: str,
    vault_key: str,
    database: str,
    database_key: str,
    file_system: str | None = None,
    bucket: str | None = None,
    files_key: str | None = None,
) -> str:
    """Returns the policy that AWS Backup needs to copy the database, and the file system or bucket, to its vault.

    All arguments are ARNs. The policy contains the actions of the managed policies
    AWSBackupServiceRolePolicyForBackup and …ForS3Backup that these resources require. The managed policies apply
    to everything in the account. A test compares them action by action.
    """
    partition, region, account = (database.split(":")[number] for number in (1, 3, 4))
    here = f"arn:{partition}:rds:{region}:{account}"
    copies = f"{here}:snapshot:awsbackup:*"
    keys = [vault_key, database_key, *([files_key] if files_key else [])]
    statements = [
        _allow("Vault", ["backup:DescribeBackupVault"], [vault]),
        _allow("Keys", ["kms:DescribeKey"], keys),
        _allow("UseOfKeys", ["kms:CreateGrant"], keys, Bool={"kms:GrantIsForAWSResource": "true"}),
        _allow(
            "Find", ["rds:DescribeDBInstances", "rds:DescribeDBSnapshots"], [f"{here}:db:*", f"{here}:snapshot:*"]
        ),
        _allow(
            "CopyDatabase",
            ["rds:CreateDBSnapshot", "rds:AddTagsToResource", "rds:ListTagsForResource"],
            [database, copies],
        ),
        _allow("ExpireCopies", ["rds:DeleteDBSnapshot", "rds:ModifyDBSnapshotAttribute"], [copies]),
        _allow("Tags", ["tag:GetResources"], ["*"]),
    ]
    if file_system or bucket:
        # Copies get the tags of their sources. For RDS, this requires a permission for the snapshot. For EFS and
        # S3, it requires one for the recovery point. Since September 30, 2025, jobs fail without it (AWS Backup
        # Developer Guide, "Troubleshooting AWS Backup" and "Access control").
        points = f"arn:{partition}:backup:{region}:{account}:recovery-point:*"
        statements.append(_allow("TagCopies", ["backup:TagResource"], [points]))
    if file_system:
        statements.append(
            _allow("CopyFiles", ["elasticfilesystem:Backup", "elasticfilesystem:DescribeTags"], [file_system])
        )
    if bucket:
        statements += _copy_bucket(bucket, f"arn:{partition}:events:{region}:{account}:rule")
        if files_key:
            by_s3 = {"kms:ViaService": f"s3.{region}.amazonaws.com"}
            statements.append(_allow("ReadKey", ["kms:Decrypt"], [files_key], StringEquals=by_s3))
    return document(*statements)


def _copy_bucket(bucket: str, rules: str) -> list[dict[str, Any]]:
    look = ("Tagging", "Versioning", "Location", "Acl", "Notification")
    of_objects = (
        "Object",
        "ObjectAcl",
        "ObjectTagging",
        "ObjectVersion",
        "ObjectVersionAcl",
        "ObjectVersionTagging",
    )
    lists = ("s3:ListBucket", "s3:ListBucketVersions", "s3:ListTagsForResource")
    inventory = ("s3:GetInventoryConfiguration", "s3:PutInventoryConfiguration", "s3:PutBucketNotification")
    manage = ("DeleteRule", "PutTargets", "DescribeRule", "EnableRule", "PutRule", "RemoveTargets", "DisableRule")
    return [
        _allow(
            "LookAtBucket",
            [*(f"s3:GetBucket{what}" for what in look), *lists, *inventory],
            [bucket],
        ),
        _allow("CopyObjects", [f"s3:Get{what}" for what in of_objects], [f"{bucket}/*"]),
        # AWS Backup uses EventBridge to find what has changed since the last copy.
        _allow(
            "FollowChanges",
            [*(f"events:{what}" for what in manage), "events:ListTargetsByRule"],
            [f"{rules}/AwsBackupManagedRule*"],
        ),
        _allow("ListRules", ["events:ListRules"], [f"{rules}/*"]),
        _allow("Look", ["cloudwatch:GetMetricData", "s3:ListAllMyBuckets"], ["*"]),
    ]
