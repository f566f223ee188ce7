"""A web ACL's verdict on requests: of which address, how many, how large."""

from ipaddress import ip_network
from typing import Any

import pytest

from local.runner.firewall import Firewall, Inspected, WebAcl, inspected

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
    assert Firewall().blocks(acl(LISTED), Inspected(viewer)) == rule
    assert Firewall().blocks(acl(), Inspected(viewer)) == Firewall().blocks(WebAcl(), Inspected(viewer)) == ""


def test_an_address_is_blocked_above_its_limit_and_no_other():
    firewall = Firewall()
    verdicts = [firewall.blocks(acl(LISTED, limit(10)), Inspected("127.0.0.2")) for _ in range(12)]
    assert verdicts == [""] * 10 + ["1"] * 2
    assert firewall.blocks(acl(LISTED, limit(10)), Inspected("127.0.0.3")) == ""


def test_what_is_past_does_not_count():
    firewall = Firewall()
    assert [firewall.blocks(acl(limit(1, seconds=0)), Inspected("127.0.0.2")) for _ in range(5)] == [""] * 5


def test_a_statement_that_is_not_played_is_told():
    with pytest.raises(LookupError, match="GeoMatchStatement, which is not played"):
        Firewall().blocks(acl({"GeoMatchStatement": {"CountryCodes": ["CH"]}}), Inspected("127.0.0.1"))


def group(*counted: str, name: str = "AWSManagedRulesCommonRuleSet", count_all: bool = False) -> WebAcl:
    overrides = [{"Name": rule, "ActionToUse": {"Count": {}}} for rule in counted]
    statement = {"VendorName": "AWS", "Name": name, "RuleActionOverrides": overrides}
    override = {"Count": {}} if count_all else {"None": {}}
    rule = {"Name": "managed", "OverrideAction": override, "Statement": {"ManagedRuleGroupStatement": statement}}
    return WebAcl((rule,))


SIZES = [
    (inspected("::1", "/" + "x" * 1023, "", 0), ""),
    (inspected("::1", "/" + "x" * 1024, "", 0), "SizeRestrictions_URIPATH"),
    (inspected("::1", f"/?{'x' * 2048}", "", 0), ""),
    (inspected("::1", f"/?{'x' * 2049}", "", 0), "SizeRestrictions_QUERYSTRING"),
    (inspected("::1", "/", "x" * 10240, 0), ""),
    (inspected("::1", "/", "x" * 10241, 0), "SizeRestrictions_Cookie_HEADER"),
    (inspected("::1", "/", "", 8192), ""),
    (inspected("::1", "/", "", 8193), "SizeRestrictions_BODY"),
    (inspected("::1", "/", "", None), "SizeRestrictions_BODY"),
]


@pytest.mark.parametrize(("request_", "rule"), SIZES)
def test_the_common_rules_block_what_is_large_unless_they_only_count(request_: Inspected, rule: str):
    assert Firewall().blocks(group(), request_) == rule
    assert Firewall().blocks(group(rule), request_) == ""
    assert Firewall().blocks(group(count_all=True), request_) == ""
    assert Firewall().blocks(group(name="AWSManagedRulesKnownBadInputsRuleSet"), request_) == ""
