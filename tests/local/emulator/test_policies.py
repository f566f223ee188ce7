"""The evaluation of policies, rule by rule."""

from typing import Any

import pytest

from components.iam import policies
from local.emulator.overlay.policies import ALLOW_ALL, Caller, decide, permitted

ROLE = "arn:aws:iam::123456789012:role/task"
BUCKET = "arn:aws:s3:::images"
TLS = {"aws:securetransport": "true"}


def allow(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


@pytest.mark.parametrize(
    ("statements", "decision"),
    [
        ([], None),
        ([allow("s3:GetObject", f"{BUCKET}/study")], True),
        ([allow(["s3:Put*", "s3:get*"], [f"{BUCKET}/*"])], True),
        ([allow("s3:GetObject", BUCKET)], None),
        ([allow("s3:GetObject", f"{BUCKET}/stud?")], True),
        ([allow("s3:GetObject", f"{BUCKET}-other/*")], None),
        ([{"Effect": "Allow", "NotAction": "s3:Delete*", "Resource": "*"}], True),
        ([{"Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*"}], None),
        ([{"Effect": "Allow", "Action": "*", "NotResource": f"{BUCKET}/*"}], None),
        ([allow("*", "*"), deny("s3:GetObject", f"{BUCKET}/study")], False),
        ([allow("*", "*"), deny("*", "*", Condition={"Bool": {"aws:SecureTransport": "false"}})], True),
        ([allow("*", "*", Condition={"Bool": {"aws:SecureTransport": True}})], True),
        ([allow("*", "*", Condition={"StringEquals": {"aws:SourceVpce": "vpce-1"}})], None),
        ([allow("*", "*", Condition={"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}})], True),
        ([allow("*", "*", Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1"}})], True),
        ([allow("*", "*", Condition={"Null": {"aws:SourceVpce": "true"}})], True),
        ([allow("*", "*", Condition={"ForAnyValue:StringLike": {"aws:SecureTransport": "t*"}})], True),
    ],
)
def test_identity_policies(statements: Any, decision: bool | None) -> None:
    assert decide([{"Statement": statements}], "s3:GetObject", f"{BUCKET}/study", TLS) is decision


@pytest.mark.parametrize(
    ("principal", "decision"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": [ROLE, "arn:aws:iam::123456789012:role/other"]}, True),
        ({"AWS": "arn:aws:iam::123456789012:role/other"}, None),
        ({"Service": "logging.s3.amazonaws.com"}, None),
    ],
)
def test_principals(principal: Any, decision: bool | None) -> None:
    statement = allow("s3:GetObject", f"{BUCKET}/*", Principal=principal)
    names = Caller(ROLE, "123456789012", ()).names
    assert decide([{"Statement": statement}], "s3:GetObject", f"{BUCKET}/study", {}, names=names) is decision


@pytest.mark.parametrize(
    ("key_policy", "role_policy", "allowed"),
    [
        ({"AWS": "arn:aws:iam::123456789012:root"}, allow("kms:*", "*"), True),
        ({"AWS": "arn:aws:iam::123456789012:root"}, allow("s3:*", "*"), False),
        ({"AWS": ROLE}, allow("s3:*", "*"), True),
        ({"AWS": "arn:aws:iam::123456789012:role/other"}, allow("kms:*", "*"), False),
    ],
)
def test_a_keys_policy_decides_whether_identities_policies_count(
    key_policy: Any, role_policy: Any, allowed: bool
) -> None:
    caller = Caller(ROLE, "123456789012", ({"Statement": role_policy},))
    policy = {"Statement": allow("kms:*", "*", Principal=key_policy)}
    decided = permitted(caller, "kms:Decrypt", "*", {}, resource_policy=policy, must_delegate=True)
    assert decided is allowed


@pytest.mark.parametrize(
    ("endpoints", "allowed"),
    [
        ({}, True),
        ({"s3": {"Statement": allow("s3:GetObject", f"{BUCKET}/*", Principal="*")}}, True),
        ({"s3": {"Statement": allow("s3:GetObject", f"{BUCKET}/*", Principal={"AWS": ROLE})}}, True),
        ({"s3": {"Statement": allow("s3:GetObject", "arn:aws:s3:::other/*", Principal="*")}}, False),
        ({"s3": {"Statement": allow("s3:PutObject", f"{BUCKET}/*", Principal="*")}}, False),
        ({"s3": {"Statement": []}}, False),
        ({"kms": {"Statement": []}}, True),
    ],
)
def test_an_endpoint_lets_through_what_its_policy_allows_too(endpoints: Any, allowed: bool) -> None:
    caller = Caller(ROLE, "123456789012", ({"Statement": allow("s3:*", "*")},), endpoints)
    assert permitted(caller, "s3:GetObject", f"{BUCKET}/study", {}) is allowed


@pytest.mark.parametrize(
    ("secure", "version", "allowed"),
    [("true", "1.3", True), ("true", "1.2", True), ("true", "1.1", False), ("false", None, False)],
)
def test_the_programs_bucket_is_reached_over_tls_1_2_and_newer_only(
    secure: str, version: str | None, allowed: bool
) -> None:
    transport = {"aws:securetransport": secure} | ({"s3:tlsversion": version} if version else {})
    administrator = Caller(ROLE, "123456789012", (ALLOW_ALL,))
    policy = policies.bucket_over_tls_only(BUCKET)
    for action, resource in (("s3:GetObject", f"{BUCKET}/study"), ("s3:ListBucket", BUCKET)):
        assert permitted(administrator, action, resource, transport, resource_policy=policy) is allowed
