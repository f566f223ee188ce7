"""AWS WAF for CloudFront: allowed networks, a rate limit, AWS managed rules, and logs without private data.

All resources are in us-east-1, regardless of the stack's Region. CloudFront itself restricts countries, which does
not require WAF.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.config.edge import CLOUDFRONT_REGION
from components.config.metric import Metric
from components.config.stack_name import with_stack
from components.iam.keys import Keys

_SCOPE = "CLOUDFRONT"
_RATE_WINDOW_SECONDS = 300
_LONGEST_METRIC_NAME = 128  # AWS WAF API Reference, "VisibilityConfig"

# AWS managed rule groups in the order of evaluation, and their rules that only count (AWS WAF Developer Guide,
# "AWS Managed Rules rule groups list"). Two groups are left out. The anonymous IP list blocks clouds, where
# DICOMweb clients run, and VPNs, which radiologists use. The patterns of the SQL group match DICOM's free texts
# and pixels by chance, and Orthanc uses prepared statements.
MANAGED_RULES: Mapping[str, Sequence[str]] = {
    "AWSManagedRulesAmazonIpReputationList": (),
    "AWSManagedRulesKnownBadInputsRuleSet": (),
    "AWSManagedRulesCommonRuleSet": (
        # Bodies are often DICOM files: larger than 8 KB, and with arbitrary bytes.
        *("SizeRestrictions_BODY", "CrossSiteScripting_BODY", "GenericLFI_BODY", "GenericRFI_BODY"),
        "EC2MetaDataSSRF_BODY",
        # A WADO-RS request lists its frames in the path (…/frames/1,2,3,…): about 200 frames exceed 1024 bytes.
        "SizeRestrictions_URIPATH",
        # QIDO-RS queries that list the fields to include, and scripts and modalities without a User-Agent header.
        *("SizeRestrictions_QUERYSTRING", "NoUserAgent_HEADER"),
    ),
}

# WAF's logs and samples do not contain these: credentials, and data that identifies patients (query strings, and
# bodies, of which a matching rule records a part).
_CREDENTIALS = ["authorization", "cookie"]
_PROTECTED: list[aws.wafv2.WebAclDataProtectionConfigDataProtectionArgsDict] = [
    {"action": "SUBSTITUTION", "field": {"field_type": "SINGLE_HEADER", "field_keys": _CREDENTIALS}},
    {"action": "SUBSTITUTION", "field": {"field_type": "QUERY_STRING"}},
    {"action": "SUBSTITUTION", "field": {"field_type": "BODY"}},
]


class Firewall(pulumi.ComponentResource):
    """A web ACL for CloudFront with its IP sets, log group and logging configuration."""

    web_acl_arn: pulumi.Output[str]

    def __init__(self, name: str, settings: Settings, *, keys: Keys, opts: pulumi.ResourceOptions | None = None):
        """Admits all addresses, unless `settings` lists allowed networks."""
        super().__init__("orthanc:ingress:Firewall", name, None, opts)
        self._name, self._settings = name, settings
        self._child = pulumi.ResourceOptions(parent=self)
        # Separate metrics for each stack in an account.
        self._metric_name = with_stack(name, pulumi.get_stack(), longest=_LONGEST_METRIC_NAME)

        web_acl = self._build_web_acl(self._build_ip_sets())
        self._log_to(self._build_log_group(keys), web_acl)
        self.web_acl_arn = web_acl.arn
        self.register_outputs({"webAclArn": self.web_acl_arn})

    def metric(self, name: str, statistic: str = "Sum") -> Metric:
        """Returns a metric of the web ACL over all its rules, such as BlockedRequests."""
        dimensions = {"WebACL": self._metric_name, "Rule": "ALL"}
        return Metric("AWS/WAFV2", name, dimensions, statistic, CLOUDFRONT_REGION)

    def _build_ip_sets(self) -> list[pulumi.Output[str]]:
        return [
            aws.wafv2.IpSet(
                f"{self._name}-ipv{version}",
                region=CLOUDFRONT_REGION,
                scope=_SCOPE,
                description="Who may come in",
                ip_address_version=f"IPV{version}",
                addresses=networks,
                opts=self._child,
            ).arn
            for version, networks in by_version(self._settings.allowed_cidrs).items()
        ]

    def _build_web_acl(self, allowed: Sequence[pulumi.Output[str]]) -> aws.wafv2.WebAcl:
        return aws.wafv2.WebAcl(
            self._name,
            region=CLOUDFRONT_REGION,
            scope=_SCOPE,
            description=f"Who comes in to Orthanc, stack {pulumi.get_stack()}",
            default_action={"allow": {}},
            rules=rules(self._settings.waf_rate_limit, allowed),
            data_protection_config={"data_protections": _PROTECTED},
            visibility_config=_visibility(self._metric_name),
            opts=self._child,
        )

    def _build_log_group(self, keys: Keys) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            self._name,
            region=CLOUDFRONT_REGION,
            name_prefix="aws-waf-logs-orthanc-",  # WAF requires the prefix aws-waf-logs-
            retention_in_days=self._settings.log_retention_days,
            kms_key_id=keys.firewall_logs_arn,
            opts=self._child,
        )

    def _log_to(self, log_group: aws.cloudwatch.LogGroup, web_acl: aws.wafv2.WebAcl) -> None:
        aws.wafv2.WebAclLoggingConfiguration(
            self._name,
            region=CLOUDFRONT_REGION,
            resource_arn=web_acl.arn,
            log_destination_configs=[log_group.arn],
            redacted_fields=[{"single_header": {"name": header}} for header in _CREDENTIALS],
            opts=self._child,
        )


def by_version(networks: Sequence[str]) -> dict[int, list[str]]:
    """Returns the networks by IP version, without versions that have no networks."""
    versions = {version: [n for n in networks if ipaddress.ip_network(n).version == version] for version in (4, 6)}
    return {version: found for version, found in versions.items() if found}


def rules(rate_limit: int, allowed: Sequence[pulumi.Input[str]]) -> list[aws.wafv2.WebAclRuleArgsDict]:
    """Returns the web ACL's rules in order. `allowed`: ARNs of IP sets with the allowed networks, if limited."""
    limit: Any = {
        "limit": rate_limit,
        "aggregate_key_type": "IP",
        "evaluation_window_sec": _RATE_WINDOW_SECONDS,
    }
    statements: dict[str, Any] = {}
    if allowed:
        sets = [{"ip_set_reference_statement": {"arn": arn}} for arn in allowed]
        within = sets[0] if len(sets) == 1 else {"or_statement": {"statements": sets}}
        statements["not-allowed"] = {"not_statement": {"statement": within}}
    statements["too-many-requests"] = {"rate_based_statement": limit}
    blocking = [
        {"name": name, "action": {"block": {}}, "statement": statement} for name, statement in statements.items()
    ]
    managed = [
        {"name": group, "override_action": {"none": {}}, "statement": _managed(group, counted)}
        for group, counted in MANAGED_RULES.items()
    ]
    return [
        {**rule, "priority": priority, "visibility_config": _visibility(rule["name"])}  # type: ignore[typeddict-item]
        for priority, rule in enumerate([*blocking, *managed])
    ]


def _managed(group: str, counted: Sequence[str]) -> dict[str, Any]:
    overrides = [{"name": rule, "action_to_use": {"count": {}}} for rule in counted]
    return {
        "managed_rule_group_statement": {"vendor_name": "AWS", "name": group, "rule_action_overrides": overrides}
    }


def _visibility(name: str) -> aws.wafv2.WebAclVisibilityConfigArgsDict:
    return {"cloudwatch_metrics_enabled": True, "metric_name": name, "sampled_requests_enabled": True}
