"""What a load balancer does with which request."""

from typing import Any

import pytest
from multidict import CIMultiDict

from local.runner.listener_rules import Answer, Group, ListenerRule, action

TASKS = Group("https", (("172.18.0.4", 8042),), None)
REFUSED, DEFAULT = Answer(403, "text/plain", "no"), Answer(404, "text/plain", "nothing here")
MARKED = CIMultiDict({"Host": "archive.example.org", "X-Mark": "Passed"})


def header(name: str, *values: str) -> dict[str, Any]:
    return {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": name, "Values": list(values)}}


def query(*pairs: tuple[str, str] | str) -> dict[str, Any]:
    values = [
        {"Value": pair} if isinstance(pair, str) else dict(zip(("Key", "Value"), pair, strict=True))
        for pair in pairs
    ]
    return {"Field": "query-string", "QueryStringConfig": {"Values": values}}


def holds(*conditions: dict[str, Any], target: str = "/", headers: CIMultiDict[str] = MARKED) -> bool:
    rules = (ListenerRule(conditions, TASKS), ListenerRule((), DEFAULT))
    return action(rules, target, headers) is TASKS


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (header("x-mark", "passed"), True),
        (header("X-MARK", "other", "pass*"), True),
        (header("x-mark", "pass"), False),
        (header("x-mark", "?assed"), True),
        (header("x-mark", "??assed"), False),
        (header("absent", "*"), False),
        (header("host", "archive.example.org"), True),
        (header("x-mark", r"pass\*"), False),
    ],
)
def test_headers_are_compared_without_case(condition: dict[str, Any], expected: bool):
    assert holds(condition) is expected


def test_each_value_of_a_repeated_header_counts():
    assert holds(header("x-mark", "second"), headers=CIMultiDict([("X-Mark", "first"), ("X-Mark", "second")]))


@pytest.mark.parametrize(
    ("condition", "target", "expected"),
    [
        (query(("_method", "*")), "/?_method=delete", True),
        (query(("_method", "*")), "/?_METHOD", True),
        (query(("_method", "*")), "/?x=1&_method=", True),
        (query(("_method", "*")), "/?x=_method", False),
        (query(("_method", "*")), "/_method=1", False),
        (query(("_method", "*")), "/?%5Fmethod=delete", False),
        (query(("_method", "*")), "/?x=1%26_method=delete", False),
        (query("delete"), "/?a=Delete", True),
        (query("delete"), "/?delete", False),
        (query("*x*", ("a", "b?")), "/?a=bc", True),
        (query(("a", r"\?")), "/?a=?", True),
        (query(("a", r"\?")), "/?a=b", False),
    ],
)
def test_queries_are_compared_as_they_come(condition: dict[str, Any], target: str, expected: bool):
    assert holds(condition, target=target) is expected


def test_all_conditions_of_a_rule_must_hold():
    assert holds(header("x-mark", "passed"), query(("a", "1")), target="/?a=1")
    assert not holds(header("x-mark", "passed"), query(("a", "1")), target="/?a=2")


def test_the_first_rule_that_holds_decides_and_else_the_default():
    rules = (
        ListenerRule((query(("a", "1")),), REFUSED),
        ListenerRule((header("x-mark", "*"),), TASKS),
        ListenerRule((), DEFAULT),
    )
    assert action(rules, "/?a=1", MARKED) is REFUSED
    assert action(rules, "/?a=2", MARKED) is TASKS
    assert action(rules, "/?a=2", CIMultiDict()) is DEFAULT


def test_a_condition_that_is_not_played_is_told():
    with pytest.raises(LookupError, match="source-ip, which is not played"):
        holds({"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}})
