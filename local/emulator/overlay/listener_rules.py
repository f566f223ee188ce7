"""Listener rules: conditions that AWS accepts, and target groups that are released again.

ELB User Guide, "Condition types for listener rules"; the characters of a query string are listed in "Add a
listener rule", which does not include the percent sign.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from moto.elbv2.models import ELBv2Backend

from local.emulator.overlay import AwsError, replaces
from local.emulator.overlay.elbv2 import check_targets, note_target_groups

_VALUES_IN_ONE_CONDITION, _VALUES, _WILDCARDS = 3, 5, 5
_HEADER_NAME = 40  # characters
_IN_A_QUERY = re.compile(r"""[\w.$/~"'@:+&()!,;=*?\\-]{0,128}""", re.ASCII)


@replaces(ELBv2Backend)
def create_rule(original: Any, self: Any, **given: Any) -> Any:
    """moto accepts any condition, and a target group of another load balancer or protocol."""
    [listener] = self.describe_listeners(load_balancer_arn=None, listener_arns=[given["listener_arn"]])
    _check(given["conditions"])
    check_targets(self, listener.load_balancer_arn, listener.protocol, given["actions"])
    return original(self, **given)


@replaces(ELBv2Backend)
def modify_rule(original: Any, self: Any, rule_arn: str, conditions: Any, actions: Any) -> Any:
    """As for a new rule; moto also does not release the former target group of the rule."""
    _check(conditions)
    changed = original(self, rule_arn, conditions, actions)
    note_target_groups(self, _balancer_of(changed))
    return changed


@replaces(ELBv2Backend)
def delete_rule(original: Any, self: Any, arn: str) -> None:
    """moto does not release the target group of the rule."""
    [rule] = self.describe_rules(None, [arn])
    original(self, arn)
    note_target_groups(self, _balancer_of(rule))


def _balancer_of(rule: Any) -> str:
    return rule.listener_arn.replace(":listener/", ":loadbalancer/").rpartition("/")[0]


def _check(conditions: Iterable[dict[str, Any]]) -> None:
    values: list[str] = []
    for condition in conditions:
        if len(condition.get("HttpHeaderConfig", {}).get("HttpHeaderName", "")) > _HEADER_NAME:
            raise AwsError("ValidationError", f"The name of a header has {_HEADER_NAME} characters at most")
        for pair in condition.get("QueryStringConfig", {}).get("Values", []):
            for text in pair.values():
                if not _IN_A_QUERY.fullmatch(text):
                    message = f"Condition value '{text}' contains a character that is not valid"
                    raise AwsError("ValidationError", message)
        found = list(_values(condition))
        if len(found) > _VALUES_IN_ONE_CONDITION:
            raise AwsError("ValidationError", f"A condition has {_VALUES_IN_ONE_CONDITION} values at most")
        values += found
    if len(values) > _VALUES:
        raise AwsError("ValidationError", f"A rule has {_VALUES} condition values at most")
    if sum(len(re.findall(r"(?<!\\)[*?]", value)) for value in values) > _WILDCARDS:
        raise AwsError("ValidationError", f"A rule has {_WILDCARDS} wildcards at most")


def _values(condition: dict[str, Any]) -> Iterator[str]:
    """The values of a condition; a key-value pair of a query string counts as one value."""
    for part in condition.values():
        for value in part.get("Values", []) if isinstance(part, dict) else []:
            yield "=".join(value.values()) if isinstance(value, dict) else value
