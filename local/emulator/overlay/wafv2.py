"""WAF: web ACLs for CloudFront are in us-east-1, with valid references, and are not deleted while in use."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

from moto.cloudfront.models import cloudfront_backends
from moto.core.responses import ActionResult
from moto.logs.models import logs_backends
from moto.wafv2.models import FakeIPSet, FakeWebACL, wafv2_backends
from moto.wafv2.responses import WAFV2Response

from local.emulator.overlay import AwsError, Parameters, replaces
from local.emulator.overlay.iam import ACCOUNT

LOG_GROUPS = "aws-waf-logs-"
# Some of AWS's managed groups, with their rules (AWS WAF Developer Guide, "AWS Managed Rules rule groups list").
_ANYWHERE = ("BODY", "URIPATH", "QUERYARGUMENTS")
MANAGED_RULES: dict[str, set[str]] = {
    "AWSManagedRulesAmazonIpReputationList": {
        *("AWSManagedIPReputationList", "AWSManagedReconnaissanceList", "AWSManagedIPDDoSList"),
    },
    "AWSManagedRulesAnonymousIpList": {"AnonymousIPList", "HostingProviderIPList"},
    "AWSManagedRulesKnownBadInputsRuleSet": {
        *(f"JavaDeserializationRCE_{part}" for part in ("BODY", "URIPATH", "QUERYSTRING", "HEADER")),
        *(f"Log4JRCE_{part}" for part in ("BODY", "URIPATH", "QUERYSTRING", "HEADER")),
        *("Host_localhost_HEADER", "PROPFIND_METHOD", "ExploitablePaths_URIPATH", "ReactJSRCE_BODY"),
    },
    "AWSManagedRulesCommonRuleSet": {
        *("NoUserAgent_HEADER", "UserAgent_BadBots_HEADER", "EC2MetaDataSSRF_COOKIE", "CrossSiteScripting_COOKIE"),
        *(f"SizeRestrictions_{part}" for part in ("QUERYSTRING", "Cookie_HEADER", "BODY", "URIPATH")),
        *(f"RestrictedExtensions_{part}" for part in ("URIPATH", "QUERYARGUMENTS")),
        *(f"{rule}_{part}" for rule in ("EC2MetaDataSSRF", "CrossSiteScripting") for part in _ANYWHERE),
        *(f"{rule}_{part}" for rule in ("GenericLFI", "GenericRFI") for part in _ANYWHERE),
    },
}


@replaces(WAFV2Response, "call_action")
def _call_action(original: Any, self: WAFV2Response) -> Any:
    """moto accepts web ACLs in any Region and with invalid references, and drops their data protection."""
    given = json.loads(self.body or "{}")
    action = self._get_action()
    try:
        _check(action, given, self.region)
    except AwsError as error:
        return self.serialized(ActionResult(error))
    answer = original(self)
    for acl in _acls() if action in ("CreateWebACL", "UpdateWebACL") else ():
        if acl.name == given["Name"]:
            vars(acl)["protection"] = given.get("DataProtectionConfig")
    return answer


@replaces(FakeIPSet, "__init__")
@replaces(FakeIPSet)
def update(original: Any, self: FakeIPSet, *args: Any, **more: Any) -> None:
    """The lock tokens of IP sets in moto are not UUIDs."""
    original(self, *args, **more)
    self.lock_token = str(uuid.uuid4())


@replaces(FakeWebACL)
def to_dict(original: Any, self: FakeWebACL) -> Parameters:
    """Includes the data protection."""
    return {**original(self), "DataProtectionConfig": vars(self).get("protection")}


def exists(arn: str) -> bool:
    """Whether this web ACL for CloudFront exists."""
    return any(acl.arn == arn for acl in _acls())


def _acls() -> list[FakeWebACL]:
    return list(wafv2_backends[ACCOUNT]["global"].wacls.values())


def _check(action: str, given: Parameters, region: str) -> None:
    if given.get("Scope") == "CLOUDFRONT" and region != "us-east-1":
        raise _invalid(f"The scope is not valid., field: SCOPE_VALUE, parameter: CLOUDFRONT (in {region})")
    if action in ("CreateWebACL", "UpdateWebACL"):
        priorities = [rule["Priority"] for rule in given.get("Rules", [])]
        if len(set(priorities)) < len(priorities):
            raise _invalid("You have used the same priority for two rules, field: RULE")
        for kind, statement in _statements(given.get("Rules", [])):
            _check_statement(kind, statement)
    elif action == "PutLoggingConfiguration":
        _check_logging(given["LoggingConfiguration"])
    elif action in ("DeleteWebACL", "DeleteIPSet"):
        _check_unused(given["Id"])


def _statements(value: Any) -> Iterator[tuple[str, Parameters]]:
    """Each statement of the rules with its kind, at any depth."""
    if isinstance(value, list):
        for part in value:
            yield from _statements(part)
    elif isinstance(value, dict):
        for key, part in value.items():
            if key.endswith("Statement") and key != "Statement":
                yield key, part
            yield from _statements(part)


def _check_statement(kind: str, statement: Parameters) -> None:
    if kind == "IPSetReferenceStatement" and statement["ARN"] not in wafv2_backends[ACCOUNT]["global"].ip_sets:
        raise AwsError("WAFNonexistentItemException", f"There is no IP set {statement['ARN']}.")
    if kind == "RateBasedStatement" and not 10 <= statement["Limit"] <= 2_000_000_000:
        raise _invalid(f"The value isn't in the allowed range, field: RATE_BASED_STATEMENT, {statement['Limit']}")
    if kind == "ManagedRuleGroupStatement":
        known = MANAGED_RULES.get(statement["Name"])
        if known is None or statement["VendorName"] != "AWS":
            raise AwsError("WAFNonexistentItemException", f"There is no rule group {statement['Name']}.")
        strangers = {each["Name"] for each in statement.get("RuleActionOverrides", [])} - known
        if strangers:
            raise _invalid(f"The rule group has no such rule, parameter: {', '.join(sorted(strangers))}")
    if kind == "OrStatement" and len(statement["Statements"]) < 2:
        raise _invalid("An OR statement has two statements at least, field: OR_STATEMENT")


def _check_logging(given: Parameters) -> None:
    if not exists(given["ResourceArn"]):
        raise AwsError("WAFNonexistentItemException", f"There is no web ACL {given['ResourceArn']}.")
    [destination] = given["LogDestinationConfigs"]
    _, _, service, region, _, _, name, *_ = (*destination.split(":"), "", "")
    if service != "logs" or region != "us-east-1" or not name.startswith(LOG_GROUPS):
        raise _invalid(f"The ARN isn't valid, field: LOG_DESTINATION, parameter: {destination}")
    if name not in logs_backends[ACCOUNT][region].groups:
        raise AwsError("WAFLogDestinationPermissionIssueException", f"There is no log group {name}.")


def _check_unused(id: str) -> None:
    configs = (
        vars(each.distribution_config) for each in cloudfront_backends[ACCOUNT]["aws"].distributions.values()
    )
    rules = (json.dumps([rule.to_dict() for rule in acl.rules]) for acl in _acls())
    if any(f"/{id}" in config["WebACLId"] for config in configs) or any(f"/{id}" in text for text in rules):
        raise AwsError("WAFAssociatedItemException", "AWS WAF couldn't delete it: it is used by another resource.")


def _invalid(reason: str) -> AwsError:
    return AwsError("WAFInvalidParameterException", f"Error reason: {reason}")
