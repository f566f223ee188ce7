"""WAF rules for addresses, rates and sizes; the patterns of AWS's managed rules are not public."""

import time
from collections import defaultdict, deque
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import NamedTuple

from local.runner.aws import client
from local.runner.documents import Document
from local.workspace import Workspace

_WINDOW_SECONDS = 300  # WAF's default
_UNKNOWN_BYTES = 1 << 60  # a body of unknown length may have any length

# The rules of AWS's managed groups that restrict sizes: the part of a request that they inspect, and its maximum
# number of bytes (AWS WAF Developer Guide, "AWS Managed Rules rule groups list").
_SIZES: Mapping[str, Mapping[str, tuple[str, int]]] = {
    "AWSManagedRulesCommonRuleSet": {
        "SizeRestrictions_QUERYSTRING": ("query", 2048),
        "SizeRestrictions_Cookie_HEADER": ("cookies", 10240),
        "SizeRestrictions_BODY": ("body", 8192),
        "SizeRestrictions_URIPATH": ("path", 1024),
    }
}


class WebAcl(NamedTuple):
    """A web ACL's rules in order, and the networks of the address sets that they refer to, by ARN."""

    rules: tuple[Document, ...] = ()
    sets: Mapping[str, tuple[IPv4Network | IPv6Network, ...]] = {}


class Inspected(NamedTuple):
    """A request as a web ACL sees it: the viewer's address, and the size of its parts in bytes."""

    viewer: str
    path: int = 0
    query: int = 0
    cookies: int = 0
    body: int = 0


def inspected(viewer: str, target: str, cookies: str, body: int | None) -> Inspected:
    """A request for `target` (path and query); `body` is its length, or None if unknown."""
    path, _, query = target.partition("?")
    sizes = (len(text.encode()) for text in (path, query, cookies))
    return Inspected(viewer, *sizes, body=_UNKNOWN_BYTES if body is None else body)


def read(workspace: Workspace, arn: str) -> WebAcl:
    """The web ACL as deployed now; without an ARN, a web ACL that allows all requests."""
    if not arn:
        return WebAcl()
    waf, scope = client(workspace, "wafv2"), {"Scope": "CLOUDFRONT"}
    *_, name, id = arn.split("/")
    rules = waf.get_web_acl(Name=name, Id=id, **scope)["WebACL"]["Rules"]
    sets = {}
    for each in waf.list_ip_sets(**scope)["IPSets"]:
        addresses = waf.get_ip_set(Name=each["Name"], Id=each["Id"], **scope)["IPSet"]["Addresses"]
        sets[each["ARN"]] = tuple(map(ip_network, addresses))
    return WebAcl(tuple(sorted(rules, key=lambda rule: rule["Priority"])), sets)


class Firewall:
    """Decides on requests, and counts them by viewer."""

    def __init__(self) -> None:
        """Starts without counted requests."""
        self._seen: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)

    def blocks(self, acl: WebAcl, request: Inspected) -> str:
        """The rule that blocks a request; an empty string if it is allowed.

        Rules are evaluated in order until one blocks, so a rate limit counts only requests that reach it.
        """
        for rule in acl.rules:
            statement = rule["Statement"]
            if group := statement.get("ManagedRuleGroupStatement"):
                if "Count" not in rule.get("OverrideAction", {}) and (found := _too_large(group, request)):
                    return found
            elif "Block" in rule.get("Action", {}) and self._matches(statement, rule["Name"], acl, request.viewer):
                return rule["Name"]
        return ""

    def _matches(self, statement: Document, rule: str, acl: WebAcl, viewer: str) -> bool:
        [(kind, content)] = statement.items()
        match kind:
            case "IPSetReferenceStatement":
                return any(ip_address(viewer) in network for network in acl.sets[content["ARN"]])
            case "NotStatement":
                return not self._matches(content["Statement"], rule, acl, viewer)
            case "OrStatement":
                return any(self._matches(each, rule, acl, viewer) for each in content["Statements"])
            case "RateBasedStatement":
                return self._is_too_often(content, rule, viewer)
        raise LookupError(f"the rule {rule} has a {kind}, which is not played here")

    def _is_too_often(self, statement: Document, rule: str, viewer: str) -> bool:
        """Counts at once; AWS counts every ten seconds, and so reacts later."""
        seen, now = self._seen[rule, viewer], time.monotonic()
        seen.append(now)
        while seen[0] < now - statement.get("EvaluationWindowSec", _WINDOW_SECONDS):
            seen.popleft()
        return len(seen) > statement["Limit"]


def _too_large(group: Document, request: Inspected) -> str:
    """The rule of a managed group that blocks a request because of its size, if its action is not overridden."""
    actions = {each["Name"]: each["ActionToUse"] for each in group.get("RuleActionOverrides", [])}
    for rule, (part, most) in _SIZES.get(group["Name"], {}).items():
        if getattr(request, part) > most and "Block" in actions.get(rule, {"Block": {}}):
            return rule
    return ""
