"""Checks whether tasks in an existing VPC can reach the services that they call, before anything is created.

A task that cannot reach a service waits for minutes, is stopped, and starts again, until the deployment fails.
With private DNS, all calls to a service go to its endpoint in the VPC regardless of the routes, so the security
groups and the policy of the endpoint must allow them. Without an endpoint, they follow the routes. `look` queries
AWS; `problems` checks the results and is a pure function.
"""

from __future__ import annotations

import fnmatch
import ipaddress
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pulumi_aws as aws

from components.config import Problem, Settings, ports
from components.iam.task_services import actions_of_tasks, service_name, services_of_tasks
from components.preflight.lookups import found


@dataclass(frozen=True)
class LiveRule:
    """An inbound rule of a security group; `network` is None if its source is a group or a prefix list."""

    network: ipaddress.IPv4Network | None

    def admits(self, network: ipaddress.IPv4Network) -> bool:
        """Returns whether the rule may allow the network; members of groups and prefix lists are not looked up."""
        return self.network is None or network.subnet_of(self.network)


@dataclass(frozen=True)
class LiveEndpoint:
    """An interface endpoint with private DNS.

    `rules`: the HTTPS rules of its security groups. `policy`: JSON, empty if it allows everything.
    """

    groups: Sequence[str]
    rules: Sequence[LiveRule] = ()
    policy: str = ""


@dataclass(frozen=True)
class Ways:
    """The connections from an existing VPC to AWS services, in addition to the routes of its subnets.

    `endpoints`: by service. `s3_tables`: the route tables with a route to an S3 gateway endpoint. `s3_policy`: the
    policy of that endpoint. `vpn`: whether a VPN gateway is attached, whose routes the provider does not show.
    """

    endpoints: Mapping[str, LiveEndpoint] = field(default_factory=dict)
    s3_tables: frozenset[str] = frozenset()
    s3_policy: str = ""
    vpn: bool = False


@dataclass(frozen=True)
class Place:
    """A private subnet where tasks run, its route table, and whether it has a route to public addresses."""

    subnet_id: str
    network: ipaddress.IPv4Network
    route_table_id: str
    leads_out: bool


def look(settings: Settings) -> Ways:
    """Looks up the endpoints of the VPC that the settings name. Raises the provider's errors."""
    gateway = found(lambda: _endpoint(settings, "s3", "Gateway"))
    vpn = found(lambda: aws.ec2.get_vpn_gateway(attached_vpc_id=settings.vpc_id))
    rules: dict[str, list[LiveRule]] = {}
    endpoints: dict[str, LiveEndpoint] = {}
    for service in [*services_of_tasks(settings), "s3"]:
        endpoint = found(lambda service=service: _endpoint(settings, service, "Interface"))
        if not endpoint or not endpoint.private_dns_enabled:
            continue
        groups = endpoint.security_group_ids
        for group in groups:
            if group not in rules:
                rules[group] = _rules_of(group)
        admitted = [rule for group in groups for rule in rules[group]]
        endpoints[service] = LiveEndpoint(groups, admitted, endpoint.policy)
    if not gateway:
        return Ways(endpoints, vpn=vpn is not None)
    return Ways(endpoints, frozenset(gateway.route_table_ids), gateway.policy, vpn is not None)


def problems(settings: Settings, ways: Ways, places: Mapping[int, Place]) -> Iterator[Problem]:
    """Yields problems with services that tasks could not call; `places`: private subnets by index in the list."""
    yield from _refused(settings, ways)
    for number, place in places.items():
        key = f"privateSubnetIds[{number}]"
        if missing := list(_without_a_way(settings, ways, place)):
            rule = (
                f"cannot reach {', '.join(missing)}, which tasks call: there is no endpoint with private DNS, and"
                " no route to a NAT gateway, transit gateway, or similar"
            )
            kind = "" if missing[0] == "s3" else " --vpc-endpoint-type Interface"
            named = f"--vpc-id {settings.vpc_id}{kind} --service-name com.amazonaws.REGION.{missing[0]}"
            remedy = f"aws ec2 create-vpc-endpoint {named} … for each, or a default route to a NAT gateway"
            yield Problem(key, place.subnet_id, rule, remedy)
        for groups, services in _closed(ways, place).items():
            named = ", ".join(services)
            rule = (
                f"is not allowed to connect to the endpoints of {named}: there is no rule for TCP"
                f" {ports.HTTPS} from {place.network}"
            )
            remedy = (
                f"aws ec2 authorize-security-group-ingress --group-id {groups[0]} --protocol tcp"
                f" --port {ports.HTTPS} --cidr {place.network}"
            )
            yield Problem(key, place.subnet_id, rule, remedy)


def _without_a_way(settings: Settings, ways: Ways, place: Place) -> Iterator[str]:
    if place.leads_out or ways.vpn:
        return
    yield from (service for service in services_of_tasks(settings) if service not in ways.endpoints)
    if "s3" not in ways.endpoints and place.route_table_id not in ways.s3_tables:
        yield "s3"


def _closed(ways: Ways, place: Place) -> dict[tuple[str, ...], list[str]]:
    """Returns the services whose endpoints do not allow the subnet, by the security groups of the endpoints."""
    found: dict[tuple[str, ...], list[str]] = {}
    for service, endpoint in ways.endpoints.items():
        if not any(rule.admits(place.network) for rule in endpoint.rules):
            found.setdefault(tuple(endpoint.groups), []).append(service)
    return found


def _refused(settings: Settings, ways: Ways) -> Iterator[Problem]:
    """Yields problems with actions that the policy of an endpoint does not allow on any resource.

    Resources are not checked, because most of them do not exist yet.
    """
    policies = {service: endpoint.policy for service, endpoint in ways.endpoints.items()}
    if ways.s3_tables:
        policies.setdefault("s3", ways.s3_policy)
    for service, policy in policies.items():
        refused = [action for action in actions_of_tasks(settings, service) if not _allows(policy, action)]
        if refused:
            rule = f"its endpoint of {service} has a policy that denies {', '.join(refused)}, which tasks call"
            remedy = (
                "aws ec2 modify-vpc-endpoint --vpc-endpoint-id vpce-… --policy-document … with these actions"
                " (docs/reference/network.md)"
            )
            yield Problem("vpcId", settings.vpc_id, rule, remedy)


def _allows(policy: str, action: str) -> bool:
    """Returns whether a statement may allow the action.

    Principals, resources, conditions, and Deny statements are not checked.
    """
    if not policy:
        return True
    statements = json.loads(policy)["Statement"]
    for statement in [statements] if isinstance(statements, dict) else statements:
        listed = statement.get("Action", [])
        patterns = [listed] if isinstance(listed, str) else listed
        named = any(fnmatch.fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)
        if statement["Effect"] == "Allow" and (named or "NotAction" in statement):
            return True
    return False


def _endpoint(settings: Settings, service: str, kind: str) -> aws.ec2.AwaitableGetVpcEndpointResult:
    return aws.ec2.get_vpc_endpoint(
        vpc_id=settings.vpc_id,
        service_name=service_name(service, settings.account.region),
        vpc_endpoint_type=kind,
        state="available",
    )


def _rules_of(group: str) -> list[LiveRule]:
    """Returns the inbound rules of a security group that allow HTTPS."""
    of_group = aws.vpc.GetSecurityGroupRulesFilterArgsDict(name="group-id", values=[group])
    ids = aws.vpc.get_security_group_rules(filters=[of_group]).ids
    rules = [aws.vpc.get_security_group_rule(security_group_rule_id=id) for id in ids]
    return [
        LiveRule(ipaddress.IPv4Network(rule.cidr_ipv4) if rule.cidr_ipv4 else None)
        for rule in rules
        if not rule.is_egress and _is_for_https(rule) and not rule.cidr_ipv6
    ]


def _is_for_https(rule: aws.vpc.AwaitableGetSecurityGroupRuleResult) -> bool:
    return rule.ip_protocol == "-1" or (
        rule.ip_protocol == "tcp" and rule.from_port <= ports.HTTPS <= rule.to_port
    )
