"""AWS WAF: who is let in, what DICOM needs to pass, and what is never logged."""

from typing import Any

import pytest

from tests.unit.program import OWN_ZONE, Program, deployed

LISTED = '["203.0.113.0/24", "2001:db8::/32", "198.51.100.7/32"]'


def firewall(**settings: str) -> Program:
    return deployed(enableWaf="true", **settings)


def rules(program: Program) -> dict[str, Any]:
    """The web ACL's rules by name, in the order of their priority."""
    ordered = sorted(program.one("WebAcl").inputs["rules"], key=lambda rule: rule["priority"])
    return {rule["name"]: rule for rule in ordered}


def test_everything_of_it_is_where_cloudfront_is():
    program = firewall(allowedCidrs=LISTED)
    for kind in ("WebAcl", "IpSet", "WebAclLoggingConfiguration"):
        for resource in program.all(kind):
            assert resource.inputs["region"] == "us-east-1"
            assert resource.inputs.get("scope", "CLOUDFRONT") == "CLOUDFRONT"
    assert program.one("LogGroup", "orthanc-firewall").inputs["region"] == "us-east-1"
    acl = "arn:aws:wafv2:us-east-1:123456789012:orthanc-firewall"
    assert program.one("Distribution").inputs["webAclId"] == acl, "nobody asks it"
    assert "webAclId" not in deployed().one("Distribution").inputs


def test_a_list_shuts_out_everybody_else_before_anything_else_is_asked():
    program = firewall(allowedCidrs=LISTED)
    first = next(iter(rules(program).values()))
    assert first["action"] == {"block": {}}
    either = first["statement"]["notStatement"]["statement"]["orStatement"]["statements"]
    assert len(either) == 2, "IPv4 or IPv6 is shut out whatever the list says"
    listed = {(each.inputs["ipAddressVersion"], *each.inputs["addresses"]) for each in program.all("IpSet")}
    assert listed == {("IPV4", "203.0.113.0/24", "198.51.100.7/32"), ("IPV6", "2001:db8::/32")}


def test_a_list_of_one_version_shuts_out_the_other():
    program = firewall(allowedCidrs='["203.0.113.0/24"]')
    [only] = program.all("IpSet")
    first = next(iter(rules(program).values()))
    within = first["statement"]["notStatement"]["statement"]
    assert within == {"ipSetReferenceStatement": {"arn": f"arn:aws:wafv2:us-east-1:123456789012:{only.name}"}}


@pytest.mark.parametrize(
    ("listed", "ipv6"),
    [("[]", True), ('["203.0.113.0/24"]', False), ('["2001:db8::/32"]', True), (LISTED, True)],
)
def test_who_is_listed_by_ipv4_alone_is_not_led_to_ipv6(listed: str, ipv6: bool):
    program = firewall(allowedCidrs=listed, **OWN_ZONE)
    assert program.one("Distribution").inputs["isIpv6Enabled"] is ipv6, "a viewer that has both is shut out"
    kinds = {record.inputs["type"] for record in program.all("Record")}
    assert ("AAAA" in kinds) is ipv6 and "A" in kinds


def test_without_a_list_everybody_is_let_in():
    program = firewall()
    assert program.one("WebAcl").inputs["defaultAction"] == {"allow": {}} and not program.all("IpSet")
    assert not [rule for rule in rules(program).values() if "notStatement" in rule["statement"]]


def test_an_address_has_its_limit_which_is_above_what_a_hospital_needs_by_default():
    def limit(**settings: str) -> int:
        return rules(firewall(**settings))["too-many-requests"]["statement"]["rateBasedStatement"]["limit"]

    assert limit(wafRateLimit="500") == 500
    assert limit() >= 10_000, "a hospital's readers, behind one address, are blocked when they open a few studies"


# Rules of AWS's common group that DICOM meets: STOW's bodies, QIDO's long queries, clients without a name.
MUST_PASS = {
    *("SizeRestrictions_BODY", "CrossSiteScripting_BODY", "GenericLFI_BODY", "GenericRFI_BODY"),
    *("EC2MetaDataSSRF_BODY", "SizeRestrictions_QUERYSTRING", "SizeRestrictions_URIPATH", "NoUserAgent_HEADER"),
}


def test_dicom_passes_the_managed_rules():
    program = firewall()
    counted = {}
    for name, rule in rules(program).items():
        if managed := rule["statement"].get("managedRuleGroupStatement"):
            assert rule["overrideAction"] == {"none": {}}, f"{name} blocks nothing"
            assert managed["vendorName"] == "AWS" and managed["name"] == name
            overrides = managed["ruleActionOverrides"]
            assert all(each["actionToUse"] == {"count": {}} for each in overrides)
            counted[name] = {each["name"] for each in overrides}
    assert counted.pop("AWSManagedRulesCommonRuleSet") == MUST_PASS, "uploads or queries are blocked"
    assert counted == {
        "AWSManagedRulesAmazonIpReputationList": set(),
        "AWSManagedRulesKnownBadInputsRuleSet": set(),
    }


def test_neither_credentials_nor_patients_are_logged():
    program = firewall(logRetentionDays="7")
    logging, group = program.one("WebAclLoggingConfiguration"), program.one("LogGroup", "orthanc-firewall")
    redacted = {each["singleHeader"]["name"] for each in logging.inputs["redactedFields"]}
    assert redacted == {"authorization", "cookie"}
    protected = program.one("WebAcl").inputs["dataProtectionConfig"]["dataProtections"]
    assert {each["action"] for each in protected} == {"SUBSTITUTION"}
    fields = {each["field"]["fieldType"]: each["field"].get("fieldKeys") for each in protected}
    assert fields == {"SINGLE_HEADER": ["authorization", "cookie"], "QUERY_STRING": None, "BODY": None}, (
        "a sample or a match shows a password, or a patient's name"
    )
    assert group.inputs["namePrefix"].startswith("aws-waf-logs-"), "WAF writes to no other group"
    assert group.inputs["retentionInDays"] == 7
    assert logging.inputs["logDestinationConfigs"] == [
        "arn:aws:logs:us-east-1:123456789012:log-group:aws-waf-logs-orthanc-orthanc-firewall"
    ]
