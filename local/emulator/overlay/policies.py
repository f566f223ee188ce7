"""Evaluation of IAM's JSON policies: actions, resources, principals and conditions.

Implements the decision within one account (IAM user guide, "Policy evaluation logic"): an explicit deny takes
precedence; an identity-based or a resource-based policy can allow, within the identity's permissions boundary.
Policy variables are not supported.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

ALLOW_ALL = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


@dataclass(frozen=True)
class Caller:
    """The caller of a request: its own names, those of its account, and its identity-based policies.

    `endpoints`: by service (s3, ecr, …), the policy of the VPC endpoint that its requests pass, if any.
    `boundary`: its permissions boundary, if any.
    """

    arn: str
    account: str
    documents: tuple[Any, ...]
    endpoints: Mapping[str, Any] = field(default_factory=dict)
    boundary: Any = None

    @property
    def names(self) -> frozenset[str]:
        """The principals that match this caller itself."""
        return frozenset({"*", self.arn})

    @property
    def account_names(self) -> frozenset[str]:
        """The principals by which a resource-based policy delegates the decision to the account's IAM policies."""
        return frozenset({"*", self.account, f"arn:aws:iam::{self.account}:root"})

    def passes(self, action: str, resource: str, context: Mapping[str, str]) -> bool:
        """Whether the VPC endpoint that the request passes, if any, allows it."""
        policy = self.endpoints.get(action.partition(":")[0])
        return policy is None or decide([policy], action, resource, context, names=self.names) is True


def permitted(
    caller: Caller,
    action: str,
    resource: str,
    context: Mapping[str, str],
    *,
    resource_policy: Any = None,
    must_delegate: bool = False,
) -> bool:
    """Whether `caller` may perform `action` (service:Name) on `resource` (ARN or "*").

    `context` contains condition keys in lower case. With `must_delegate` (KMS), identity-based policies apply only
    if the resource-based policy names the account.
    """
    request = (action, resource, context)
    identity = decide(caller.documents, *request)
    direct = decide([resource_policy], *request, names=caller.names) if resource_policy else None
    account = decide([resource_policy], *request, names=caller.account_names) if resource_policy else None
    if False in (identity, direct, account) or not caller.passes(*request):
        return False
    if caller.boundary and not decide([caller.boundary], *request):
        return False
    return bool(direct or (identity and (account or not must_delegate)))


def decide(
    documents: Iterable[Any],
    action: str,
    resource: str,
    context: Mapping[str, str],
    *,
    names: frozenset[str] | None = None,
) -> bool | None:
    """True if allowed, False if explicitly denied, None if not mentioned; `names` are matched with Principal."""
    effects = {
        statement["Effect"]
        for document in documents
        for statement in _list(_parsed(document).get("Statement", []))
        if _applies(statement, action, resource, context, names)
    }
    return False if "Deny" in effects else True if "Allow" in effects else None


def _applies(
    statement: dict[str, Any],
    action: str,
    resource: str,
    context: Mapping[str, str],
    names: frozenset[str] | None,
) -> bool:
    return (
        _mentions(statement, "Action", lambda pattern: _like(action.lower(), pattern.lower()))
        and _mentions(statement, "Resource", lambda pattern: _like(resource, pattern))
        and (names is None or _mentions(statement, "Principal", lambda name: name in names))
        and all(
            _holds(operator, context.get(key.lower()), _list(wanted))
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _mentions(statement: dict[str, Any], element: str, matches: Callable[[str], bool]) -> bool:
    """Whether an element (or its Not-form) covers the request; a trust policy has no Resource at all."""
    if f"Not{element}" in statement:
        return not any(matches(value) for value in _list(statement[f"Not{element}"]))
    return element not in statement or any(matches(value) for value in _list(statement[element]))


def _holds(operator: str, value: str | None, wanted: list[Any]) -> bool:
    """Whether one condition is met; a missing key satisfies the negative operators and …IfExists."""
    name = operator.rpartition(":")[2]
    negative, optional = "Not" in name, name.endswith("IfExists")
    if name == "Null":
        return str(value is None).lower() in [str(each).lower() for each in wanted]
    if value is None:
        return negative or optional
    test = OPERATORS[name.replace("Not", "").removesuffix("IfExists")]
    return any(test(value, str(each)) for each in wanted) != negative


def _like(value: str, pattern: str) -> bool:
    return _expression(pattern).fullmatch(value) is not None


@lru_cache(maxsize=1024)
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def _list(value: Any) -> list[Any]:
    """A policy's element as a list: one value, a list, or principals by type."""
    if isinstance(value, dict) and "Effect" not in value:
        return [name for names in value.values() for name in _list(names)]
    return value if isinstance(value, list) else [value]


def _parsed(document: Any) -> dict[str, Any]:
    return json.loads(document) if isinstance(document, str | bytes) else document


OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
    "NumericLessThan": lambda value, wanted: float(value) < float(wanted),
}
"""The condition operators, without Not and IfExists; any other operator in a policy raises KeyError."""
