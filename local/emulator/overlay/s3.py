"""S3 with bucket policies, and permission checks for the KMS key that encrypts an object.

moto treats a statement whose condition is not met as a denial: "deny unless TLS" would deny everything. The
evaluation of `policies` replaces its own.
"""

import sys
from bisect import bisect_left, insort
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import xmltodict
from moto.core.authorization import ActionAuthenticatorMixin
from moto.iam.access_control import PermissionResult
from moto.s3.exceptions import BucketAccessDeniedError, S3ClientError
from moto.s3.models import FakeBucket, S3Backend, s3_backends
from moto.s3.responses import S3Response
from moto.s3.utils import _VersionedKeyStore

from local.emulator.overlay import AwsError, replaces
from local.emulator.overlay.iam import ACCOUNT, ADMINISTRATOR, TRANSPORT, caller, context, denial, may_use_key
from local.emulator.overlay.policies import Caller, decide, permitted

ACTIONS = {"HeadBucket": "ListBucket"}  # IAM's name where moto's differs
KEY_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"


def problem_of_writing(
    bucket: str, key: str, service: str, keys: Mapping[str, str], *, region: str = "", own_keys: bool = True
) -> str:
    """Why S3 rejects an object that an AWS service (its principal) writes; an empty string if it accepts it.

    `keys`: the condition keys of the request. `region`: the Region where the bucket must be. `own_keys`: whether
    the service can write to a bucket that is encrypted with a KMS key.
    """
    found = s3_backends[ACCOUNT]["aws"].buckets.get(bucket)
    if not found:
        return "it does not exist"
    if region and found.region_name != region:
        return f"it is in {found.region_name}"
    rule = (found.encryption or {}).get("Rule", {}).get("ApplyServerSideEncryptionByDefault", {})
    if not own_keys and rule.get("SSEAlgorithm", "").startswith("aws:kms"):
        return "it is under a key of KMS"
    names, context = frozenset({"*", service}), {**TRANSPORT, **keys}
    policy = [found.policy] if found.policy else []
    allowed = decide(policy, "s3:PutObject", f"arn:aws:s3:::{bucket}/{key}", context, names=names)
    return "" if allowed else f"its policy does not let {service} put {key}"


@replaces(FakeBucket)
def get_permission(original: Any, self: Any, action: str, resource: str) -> Any:
    """Skip moto's own evaluation: requests are authorized below, according to their caller."""
    return PermissionResult.NEUTRAL


@replaces(ActionAuthenticatorMixin)
def _authenticate_and_authorize_s3_action(
    original: Any, self: Any, bucket_name: str | None = None, key_name: str | None = None
) -> None:
    """Authorize a request to S3 by the policies of the caller, the bucket and the encryption key."""
    name = self._get_action()
    try:
        who = caller(self)
    except AwsError as error:
        raise S3ClientError(error.code, error.message) from None
    if name == "DeleteObject" and key_name is None:  # several objects, named in the body
        key_name = "*"
    _require(self, who, f"s3:{ACTIONS.get(name, name)}", bucket_name, key_name)
    if source := self.headers.get("x-amz-copy-source"):
        bucket, _, key = unquote(source.partition("?")[0]).lstrip("/").partition("/")
        _require(self, who, "s3:GetObject", bucket, key)
    if who is ADMINISTRATOR or key_name is None:
        return
    action, id = "", None
    if name == "PutObject":
        action, id = "kms:GenerateDataKey", _key_to_write(self, bucket_name)
    elif name.startswith("GetObject") and self.method == "GET":
        existing = self.backend.get_object(bucket_name, key_name)
        action, id = "kms:Decrypt", existing and existing.kms_key_id
    if id and not may_use_key(self, who, id, action, "s3"):
        raise _refusal(bucket_name, denial(who, action, id))


def _keep_in_order(original: Any, self: Any, key: str, value: Any) -> None:
    """Keep the keys in order; moto reads every key of a bucket to list a prefix."""
    if key not in self:
        insort(_ordered(self), key)
    original(self, key, value)


for _name in ("__setitem__", "setlist"):
    replaces(_VersionedKeyStore, _name)(_keep_in_order)


@replaces(_VersionedKeyStore)
def pop(original: Any, self: Any, key: str) -> None:
    """Keep the keys in order when one is removed."""
    original(self, key)
    ordered = _ordered(self)
    del ordered[bisect_left(ordered, key)]


@replaces(S3Backend)
def list_objects(original: Any, self: Any, bucket: Any, prefix: str | None, *arguments: Any, **named: Any) -> Any:
    """List a prefix from the keys that have it."""
    if prefix:
        ordered = _ordered(bucket.keys)
        with_prefix = ordered[bisect_left(ordered, prefix) : bisect_left(ordered, prefix + chr(sys.maxunicode))]
        bucket = SimpleNamespace(keys={key: bucket.keys[key] for key in with_prefix if key in bucket.keys})
    return original(self, bucket, prefix, *arguments, **named)


def _ordered(keys: _VersionedKeyStore) -> list[str]:
    return vars(keys).setdefault("ordered", [])


@replaces(S3Backend)
def put_bucket_lifecycle(original: Any, self: Any, bucket_name: str, rules: list[Any]) -> None:
    """Keep the rules as given; moto drops filters by object size."""
    document = xmltodict.unparse({"LifecycleConfiguration": {"Rule": rules}})
    original(self, bucket_name, rules)
    vars(self.get_bucket(bucket_name))["lifecycle"] = document


@replaces(S3Response)
def get_bucket_lifecycle(original: Any, self: Any) -> Any:
    """The rules as given."""
    status, headers, _ = original(self)
    return status, headers, vars(self.backend.get_bucket(self.bucket_name))["lifecycle"]


def _key_to_write(request: Any, bucket_name: str | None) -> str | None:
    """The customer managed key that encrypts a new object in the bucket, if any."""
    bucket = request.backend.buckets.get(bucket_name)
    rule = ((bucket and bucket.encryption) or {}).get("Rule", {})
    default = rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID")
    return request.headers.get(KEY_HEADER) or default


def _require(request: Any, who: Caller, action: str, bucket_name: str | None, key_name: str | None) -> None:
    resource = "*" if bucket_name is None else "arn:aws:s3:::" + "/".join(filter(None, (bucket_name, key_name)))
    bucket = request.backend.buckets.get(bucket_name)
    keys = {
        f"s3:{name.lower()}": value for name, value in request.headers.items() if name.lower().startswith("x-amz-")
    }
    if prefix := request.querystring.get("prefix"):
        keys["s3:prefix"] = prefix[0]
    policy = bucket.policy if bucket else None
    if not permitted(who, action, resource, context(request, who, **keys), resource_policy=policy):
        raise _refusal(bucket_name, denial(who, action, resource))


def _refusal(bucket_name: str | None, message: str) -> BucketAccessDeniedError:
    """An error of the class that moto expects, with AWS's message."""
    error = BucketAccessDeniedError(bucket_name or "")
    error.message = message
    return error
