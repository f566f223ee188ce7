"""Object Lock, event notifications and replication of S3.

moto stores these settings, but acts on few of them.
"""

import logging
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket, FakeKey, S3Backend
from moto.s3.responses import S3Response

from local.emulator.overlay import Parameters, replaces
from local.emulator.overlay.iam import ACCOUNT, TRANSPORT, caller_of
from local.emulator.overlay.policies import decide, permitted

log = logging.getLogger("replication")


@replaces(S3Backend)
def put_object_lock_configuration(
    original: Any,
    self: Any,
    bucket_name: str,
    lock_enabled: bool,
    mode: str | None = None,
    days: int | None = None,
    years: int | None = None,
) -> None:
    """moto allows Object Lock only for new buckets, as S3 did until November 2023."""
    bucket = self.get_bucket(bucket_name)
    if bucket.keys.item_size() == 0:
        original(self, bucket_name, lock_enabled, mode, days, years)
        return
    bucket.object_lock_enabled = bucket.object_lock_enabled or lock_enabled
    bucket.default_lock_mode, bucket.default_lock_days, bucket.default_lock_years = mode, days, years


@replaces(S3Response)
def get_bucket_notification(original: Any, self: Any) -> Any:
    """moto does not return the EventBridge configuration."""
    kept = self.backend.get_bucket_notification_configuration(self.bucket_name)
    if not kept or kept.event_bridge is None or kept.topic or kept.queue or kept.cloud_function:
        return original(self)
    self.data["Action"] = "GetBucketNotificationConfiguration"
    return self.serialized(ActionResult({"EventBridgeConfiguration": {}}))


@replaces(S3Backend)
def put_bucket_replication(original: Any, self: Any, bucket_name: str, replication: Parameters) -> None:
    """moto does not check the destination bucket."""
    original(self, bucket_name, replication)
    source = self.get_bucket(bucket_name)
    for rule in replication["Rule"]:
        target = self.buckets.get(rule["Destination"]["Bucket"].rpartition(":")[2])
        problem = ""
        if target is None:
            problem = "Destination bucket must exist."
        elif not target.is_versioned:
            problem = "Destination bucket must have versioning enabled."
        elif source.object_lock_enabled and not target.object_lock_enabled:
            problem = "Destination bucket must have Object Lock enabled."
        if problem:
            source.replication = None
            raise S3ClientError("InvalidRequest", problem)


@replaces(S3Response)
def get_bucket_replication(original: Any, self: Any) -> Any:
    """moto returns incomplete rules."""
    kept = self.backend.get_bucket_replication(self.bucket_name)
    if not kept:
        return original(self)
    rules = [rule | {"Filter": {"Prefix": rule["Filter"].get("Prefix") or ""}} for rule in kept["Rule"]]
    self.data["Action"] = "GetBucketReplication"
    return self.serialized(ActionResult({"ReplicationConfiguration": {"Role": kept["Role"], "Rules": rules}}))


@replaces(S3Backend)
def put_object(
    original: Any, self: Any, bucket_name: str, key_name: str, value: Any, *more: Any, **given: Any
) -> Any:
    """Also replicate the object to the destination buckets, if the replication role may do so."""
    stored = original(self, bucket_name, key_name, value, *more, **given)
    source = self.get_bucket(bucket_name)
    replication = vars(source).get("replication") or {}
    for rule in replication.get("Rule", []):
        target = self.get_bucket(rule["Destination"]["Bucket"].rpartition(":")[2])
        key = rule["Destination"].get("EncryptionConfiguration", {}).get("ReplicaKmsKeyID")
        if denied := _denied(replication["Role"], source, stored, target, key):
            log.error("%s is not replicated: its role may not %s", key_name, denied)
        else:
            original(self, target.name, key_name, stored.value, kms_key_id=key, encryption="aws:kms")
    return stored


def _denied(role_arn: str, source: FakeBucket, stored: FakeKey, target: FakeBucket, target_key: str | None) -> str:
    """The action that the role does not allow S3; an empty string if S3 can replicate the object."""
    roles = iam_backends[ACCOUNT]["aws"].roles.values()
    trust = [role.assume_role_policy_document for role in roles if role.arn == role_arn]
    if not decide(trust, "sts:AssumeRole", role_arn, TRANSPORT, names=frozenset({"s3.amazonaws.com"})):
        return "be assumed"
    who, object_arn, copy_arn = caller_of(role_arn), f"{source.arn}/{stored.name}", f"{target.arn}/{stored.name}"
    needed = [
        ("s3:GetReplicationConfiguration", source.arn, TRANSPORT),
        ("s3:ListBucket", source.arn, TRANSPORT),
        ("s3:GetObjectVersionForReplication", object_arn, TRANSPORT),
        ("s3:ReplicateObject", copy_arn, TRANSPORT),
    ]
    for action, key, bucket in (("kms:Decrypt", stored.kms_key_id, source), ("kms:Encrypt", target_key, target)):
        if key:
            backend = kms_backends[ACCOUNT][bucket.region_name]
            arn = backend.keys[backend.any_id_to_key_id(key)].arn
            needed.append((action, arn, TRANSPORT | {"kms:viaservice": f"s3.{bucket.region_name}.amazonaws.com"}))
    return next((action for action, arn, keys in needed if not permitted(who, action, arn, keys)), "")
