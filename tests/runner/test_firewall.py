"""A web ACL's verdict on requests of an address."""

from ipaddress import ip_network
from typing import Any

import pytest

from local.runner.firewall import Firewall, WebAcl

SETS = {"four": (ip_network("127.0.0.0/29"),), "six": (ip_network("2001:db8::/32"),)}
FOUR, SIX = ({"IPSetReferenceStatement": {"ARN": arn}} for arn in SETS)
LISTED = {"NotStatement": {"Statement": {"OrStatement": {"Statements": [FOUR, SIX]}}}}
MANAGED = {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}}


def limit(requests: int, seconds: int = 300) -> dict[str, Any]:
    return {"RateBasedStatement": {"Limit": requests, "EvaluationWindowSec": seconds, "AggregateKeyType": "IP"}}


def acl(*statements: dict[str, Any]) -> WebAcl:
    rules = [{"Name": str(number), "Action": {"Block": {}}, "Statement": s} for number, s in enumerate(statements)]
    return WebAcl((*rules, {"Name": "managed", "OverrideAction": {"None": {}}, "Statement": MANAGED}), SETS)


@pytest.mark.parametrize(
    ("viewer", "rule"),
    [("127.0.0.1", ""), ("127.0.0.9", "0"), ("2001:db8::1", ""), ("2001:db9::1", "0"), ("::1", "0")],
)
def test_who_is_not_listed_is_blocked(viewer: str, rule: str):
    assert Firewall().blocks(acl(LISTED), viewer) == rule
    assert Firewall().blocks(acl(), viewer) == Firewall().blocks(WebAcl(), viewer) == ""


def test_an_address_is_blocked_above_its_limit_and_no_other():
    firewall = Firewall()
    verdicts = [firewall.blocks(acl(LISTED, limit(10)), "127.0.0.2") for _ in range(12)]
    assert verdicts == [""] * 10 + ["1"] * 2
    assert firewall.blocks(acl(LISTED, limit(10)), "127.0.0.3") == ""


def test_what_is_past_does_not_count():
    firewall = Firewall()
    assert [firewall.blocks(acl(limit(1, seconds=0)), "127.0.0.2") for _ in range(5)] == [""] * 5


def test_a_statement_that_is_not_played_is_told():
    with pytest.raises(LookupError, match="GeoMatchStatement, which is not played"):
        Firewall().blocks(acl({"GeoMatchStatement": {"CountryCodes": ["CH"]}}), "127.0.0.1")
