"""The rules of a load balancer's listener: their conditions and actions.

Elastic Load Balancing User Guide, "Condition types for listener rules". It does not say whether a query string is
decoded before it is compared; here it is compared without decoding.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from multidict import CIMultiDict

from local.runner.documents import Document, attributes

_USUAL_STICKY_SECONDS = 86400


class Answer(NamedTuple):
    """The load balancer returns a fixed response."""

    status: int
    content_type: str
    text: str


class Group(NamedTuple):
    """The load balancer forwards to the healthy `targets` of a target group; `scheme` is http or https."""

    scheme: str
    targets: tuple[tuple[str, int], ...]
    sticky_seconds: int | None


class ListenerRule(NamedTuple):
    """A rule: its conditions, all of which must be met, and its action."""

    conditions: tuple[Document, ...]
    action: Answer | Group


def read(balancing: Any, listener: str) -> tuple[ListenerRule, ...]:
    """The listener's rules in the order of their evaluation, the default rule last. Raises LookupError."""
    rules = balancing.describe_rules(ListenerArn=listener)["Rules"]
    ordered = sorted(rules, key=lambda rule: (rule["IsDefault"], rule["IsDefault"] or int(rule["Priority"])))
    return tuple(
        ListenerRule(tuple(rule.get("Conditions", [])), _action(balancing, rule["Actions"][-1]))
        for rule in ordered
    )


def action(rules: tuple[ListenerRule, ...], target: str, headers: CIMultiDict[str]) -> Answer | Group:
    """The action for a request for `target` (path and query), from the first rule whose conditions are met."""
    for rule in rules:
        if all(_holds(condition, target, headers) for condition in rule.conditions):
            return rule.action
    raise LookupError("a listener has a default rule")


def _holds(condition: Document, target: str, headers: CIMultiDict[str]) -> bool:
    match condition["Field"]:
        case "http-header":
            wanted = condition["HttpHeaderConfig"]
            values = headers.getall(wanted["HttpHeaderName"], [])
            return any(_like(value, pattern) for value in values for pattern in wanted["Values"])
        case "query-string":
            wanted = condition["QueryStringConfig"]["Values"]
            return any(
                _like(value, pair["Value"]) and ("Key" not in pair or _like(name, pair["Key"]))
                for name, value in _parameters(target)
                for pair in wanted
            )
    raise LookupError(f"a listener rule has a condition of {condition['Field']}, which is not played here")


def _parameters(target: str) -> Iterator[tuple[str, str]]:
    for part in filter(None, target.partition("?")[2].split("&")):
        name, _, value = part.partition("=")
        yield name, value


def _like(text: str, pattern: str) -> bool:
    r"""Case-insensitive comparison; * matches any characters, ? matches one, and a backslash escapes them."""
    words = re.findall(r"\\[*?]|.", pattern, re.DOTALL)
    known = {"*": ".*", "?": "."}
    expression = "".join(known[word] if word in known else re.escape(word[-1]) for word in words)
    return re.fullmatch(expression, text, re.DOTALL | re.IGNORECASE) is not None


def _action(balancing: Any, action: Document) -> Answer | Group:
    if action["Type"] == "fixed-response":
        fixed = action["FixedResponseConfig"]
        text = fixed.get("MessageBody", "")
        return Answer(int(fixed["StatusCode"]), fixed.get("ContentType", "text/plain"), text)
    if action["Type"] != "forward":
        raise LookupError(f"a listener rule has an action of {action['Type']}, which is not played here")
    group = _target_group(action)
    [described] = balancing.describe_target_groups(TargetGroupArns=[group])["TargetGroups"]
    health = balancing.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    of_group = attributes(balancing.describe_target_group_attributes(TargetGroupArn=group))
    sticky = of_group["stickiness.enabled"] == "true"
    seconds = int(of_group.get("stickiness.lb_cookie.duration_seconds", _USUAL_STICKY_SECONDS))
    return Group(
        scheme=described["Protocol"].lower(),
        targets=tuple((each["Target"]["Id"], each["Target"]["Port"]) for each in health),
        sticky_seconds=seconds if sticky else None,
    )


def _target_group(action: Document) -> str:
    """The only target group of a forward action; weighted target groups are not supported here."""
    [group] = {
        *([action["TargetGroupArn"]] if "TargetGroupArn" in action else []),
        *(each["TargetGroupArn"] for each in action.get("ForwardConfig", {}).get("TargetGroups", [])),
    }
    return group
