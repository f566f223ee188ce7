"""WAF for CloudFront: where it lives, what it refers to, and who keeps it."""

import uuid
from typing import Any

import boto3
import pytest

from local.workspace import Workspace

SCOPE = {"Scope": "CLOUDFRONT"}
VISIBLE = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "edge"}
ALLOW = {"DefaultAction": {"Allow": {}}, "VisibilityConfig": VISIBLE, **SCOPE}


def rule(statement: dict[str, Any], priority: int = 0) -> dict[str, Any]:
    action = {"OverrideAction": {"None": {}}} if "ManagedRuleGroupStatement" in statement else None
    name = {"Name": f"rule-{priority}", "Priority": priority, "VisibilityConfig": VISIBLE}
    return {**name, "Statement": statement, **(action or {"Action": {"Block": {}}})}


def managed(group: str, *counted: str) -> dict[str, Any]:
    overrides = [{"Name": name, "ActionToUse": {"Count": {}}} for name in counted]
    return {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": group, "RuleActionOverrides": overrides}}


def limit(requests: int) -> dict[str, Any]:
    return {"RateBasedStatement": {"Limit": requests, "AggregateKeyType": "IP"}}


def listed(arn: str) -> dict[str, Any]:
    return {"NotStatement": {"Statement": {"IPSetReferenceStatement": {"ARN": arn}}}}


ABSENT = "arn:aws:wafv2:us-east-1:123456789012:global/ipset/absent/1"


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([rule(listed(ABSENT))], "WAFNonexistentItemException"),
        ([rule(managed("AWSManagedRulesEverything"))], "WAFNonexistentItemException"),
        (
            [rule(managed("AWSManagedRulesCommonRuleSet", "SizeRestriction_BODY"))],
            "WAFInvalidParameterException",
        ),
        ([rule(limit(2_000_000_001))], "WAFInvalidParameterException"),
        ([rule(limit(10)), rule(limit(20))], "WAFInvalidParameterException"),
        ([rule({"OrStatement": {"Statements": [limit(10)]}})], "WAFInvalidParameterException"),
    ],
)
def test_a_web_acl_refers_to_what_there_is(client: Any, refused: Any, rules: Any, code: str) -> None:
    waf = client("wafv2")
    assert refused(waf.create_web_acl, Name=str(uuid.uuid4()), Rules=rules, **ALLOW) == code


def test_what_is_for_cloudfront_lives_in_the_first_region(workspace: Workspace, refused: Any) -> None:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    elsewhere = boto3.client("wafv2", endpoint_url=workspace.endpoint, region_name="eu-central-1", **keys)
    assert refused(elsewhere.create_web_acl, Name="elsewhere", **ALLOW) == "WAFInvalidParameterException"


def test_a_web_acl_is_kept_as_it_was_given_while_it_is_used(client: Any, refused: Any) -> None:
    waf, name = client("wafv2"), str(uuid.uuid4())
    made = waf.create_ip_set(Name=name, IPAddressVersion="IPV4", Addresses=["203.0.113.0/24"], **SCOPE)["Summary"]
    ip_set = {"Name": name, "Id": made["Id"], **SCOPE}
    protection = {"DataProtections": [{"Field": {"FieldType": "BODY"}, "Action": "SUBSTITUTION"}]}
    rules = [rule(listed(made["ARN"])), rule(managed("AWSManagedRulesCommonRuleSet", "SizeRestrictions_BODY"), 1)]
    acl = waf.create_web_acl(Name=name, Rules=rules, DataProtectionConfig=protection, **ALLOW)["Summary"]
    found = waf.get_web_acl(Name=name, Id=acl["Id"], **SCOPE)
    assert found["WebACL"]["DataProtectionConfig"] == protection
    assert refused(waf.delete_ip_set, **ip_set, LockToken=made["LockToken"]) == "WAFAssociatedItemException"

    logs = client("logs")
    for group, code in (("waf", "WAFInvalidParameterException"), ("aws-waf-logs-absent", None)):
        destination = f"arn:aws:logs:us-east-1:123456789012:log-group:{group}"
        wrong = {"ResourceArn": acl["ARN"], "LogDestinationConfigs": [destination]}
        expected = code or "WAFLogDestinationPermissionIssueException"
        assert refused(waf.put_logging_configuration, LoggingConfiguration=wrong) == expected
    logs.create_log_group(logGroupName="aws-waf-logs-here")
    destination = "arn:aws:logs:us-east-1:123456789012:log-group:aws-waf-logs-here"
    right = {"ResourceArn": acl["ARN"], "LogDestinationConfigs": [destination]}
    waf.put_logging_configuration(LoggingConfiguration=right)

    waf.delete_web_acl(Name=name, Id=acl["Id"], LockToken=found["LockToken"], **SCOPE)
    waf.delete_ip_set(**ip_set, LockToken=made["LockToken"])
