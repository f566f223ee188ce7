"""KMS key policies as pure functions: who administers a key, and through which service it can be used.

A key can be used only through the service whose data it encrypts: access to the storage of the database without
RDS, or to a secret without Secrets Manager, returns nothing readable. Naming the account's root user does not
grant access to all identities in the account: IAM policies then decide who may do what the statement allows (AWS
KMS Developer Guide, "Default key policy").
"""

from collections.abc import Sequence
from typing import Any

from components.config.account import Account
from components.iam.policies import document

_ADMINISTRATION = [
    *("kms:CancelKeyDeletion", "kms:CreateAlias", "kms:DeleteAlias", "kms:DescribeKey", "kms:DisableKey"),
    *("kms:DisableKeyRotation", "kms:EnableKey", "kms:EnableKeyRotation", "kms:GetKeyPolicy"),
    *("kms:GetKeyRotationStatus", "kms:ListGrants", "kms:ListKeyPolicies", "kms:ListKeyRotations"),
    *("kms:ListResourceTags", "kms:PutKeyPolicy", "kms:RevokeGrant", "kms:RotateKeyOnDemand"),
    *("kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias"),
    "kms:UpdateKeyDescription",
]
_USE = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]


def used_through(account: Account, services: Sequence[str]) -> str:
    """Returns the policy of a key that these services (rds, secretsmanager …) use for identities in the account.

    For resources that they keep (a database, a secret that RDS rotates), they use the key through grants (Amazon
    RDS User Guide, "AWS KMS key management"; AWS Secrets Manager User Guide, "Secret encryption and decryption").
    """
    through = {
        "kms:CallerAccount": account.id,
        "kms:ViaService": [f"{service}.{account.region}.amazonaws.com" for service in services],
    }
    return document(
        _administration(account),
        _allow("Use", account.root, _USE, {"StringEquals": through}),
        _allow(
            "KeepUsing",
            account.root,
            ["kms:CreateGrant"],
            {"StringEquals": through, "Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
    )


def of_logs(account: Account, *, sessions: bool) -> str:
    """Returns the policy of a key for log groups.

    Amazon CloudWatch Logs User Guide, "Encrypt log data using AWS KMS". `sessions`: whether it is also for ECS
    Exec sessions, both ends of which use the key themselves (Amazon ECS Developer Guide, "Monitor Amazon ECS
    containers with ECS Exec").
    """
    groups = f"arn:{account.partition}:logs:{account.region}:{account.id}:log-group:*"
    service = {"Service": f"logs.{account.region}.amazonaws.com"}
    use = [*_USE, "kms:DescribeKey"]
    statements = [_allow("Logs", service, use, {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}})]
    if sessions:
        within = {"StringEquals": {"kms:CallerAccount": account.id}}
        statements.append(_allow("Sessions", account.root, ["kms:Decrypt", "kms:GenerateDataKey"], within))
    return document(_administration(account), *statements)


def of_alarms(account: Account, *, events: bool) -> str:
    """Returns the policy of a key for the topic of alarms; `events`: whether EventBridge also uses it.

    SNS Developer Guide, "Key management": CloudWatch passes the alarm on whose behalf it uses the key. EventBridge
    passes no such information, so a condition on it would silently block EventBridge. The AWS managed key of SNS
    also blocks it, because it allows no service. Identities that may publish may use the key through SNS, to test
    that a message arrives.
    """
    use = ["kms:Decrypt", "kms:GenerateDataKey*"]
    alarms = f"arn:{account.partition}:cloudwatch:{account.region}:{account.id}:alarm:*"
    ours = {"StringEquals": {"aws:SourceAccount": account.id}, "ArnLike": {"aws:SourceArn": alarms}}
    by_sns = {"kms:CallerAccount": account.id, "kms:ViaService": f"sns.{account.region}.amazonaws.com"}
    return document(
        _administration(account),
        _allow("Alarms", {"Service": "cloudwatch.amazonaws.com"}, use, ours),
        *([_allow("Events", {"Service": "events.amazonaws.com"}, use)] if events else []),
        _allow("Publish", account.root, use, {"StringEquals": by_sns}),
    )


def of_trails(account: Account) -> str:
    """Returns the policy of a key for trails.

    CloudTrail User Guide, "Configure AWS KMS key policies for CloudTrail". Identities that may read the bucket of
    the logs, and that IAM allows to use the key, read the logs through S3.
    """
    trails = f"arn:{account.partition}:cloudtrail:*:{account.id}:trail/*"
    ours = {"StringEquals": {"aws:SourceAccount": account.id}, "StringLike": {"aws:SourceArn": trails}}
    context = {"StringLike": {**ours["StringLike"], "kms:EncryptionContext:aws:cloudtrail:arn": trails}}
    service = {"Service": "cloudtrail.amazonaws.com"}
    by_s3 = {
        "kms:CallerAccount": account.id,
        "kms:ViaService": f"s3.{account.region}.amazonaws.com",
    }
    return document(
        _administration(account),
        _allow("Encrypt", service, ["kms:GenerateDataKey"], ours | context),
        _allow("Describe", service, ["kms:DescribeKey"], ours),
        _allow("Read", account.root, ["kms:Decrypt"], {"StringEquals": by_s3}),
    )


def _administration(account: Account) -> dict[str, Any]:
    return _allow("Administration", account.root, _ADMINISTRATION)


def _allow(
    sid: str, principal: dict[str, str], actions: list[str], condition: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Returns a statement; in a key policy, the resource * is the key itself."""
    statement = {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*"}
    return statement | ({"Condition": condition} if condition else {})
