"""Security groups: whether the deployed rules allow connections in the VPC."""

import logging
from collections.abc import Iterable
from ipaddress import IPv4Network
from typing import NamedTuple

from local.runner.aws import client
from local.runner.documents import Document
from local.workspace import Workspace

log = logging.getLogger("security groups")


class Peer(NamedTuple):
    """One end of a connection: its security groups (prefix lists for AWS), and the CIDR blocks of its subnets."""

    groups: frozenset[str]
    networks: tuple[IPv4Network, ...] = ()


def subnets(workspace: Workspace, ids: Iterable[str]) -> list[Document]:
    """The subnets as EC2 describes them."""
    return client(workspace, "ec2").describe_subnets(SubnetIds=list(ids))["Subnets"]


def peer(workspace: Workspace, groups: Iterable[str], subnet_ids: Iterable[str]) -> Peer:
    """The resources in these subnets with these security groups."""
    return Peer(frozenset(groups), tuple(IPv4Network(s["CidrBlock"]) for s in subnets(workspace, subnet_ids)))


def reaches(workspace: Workspace, source: Peer, target: Peer, port: int) -> bool:
    """Whether TCP is allowed from `source` (outbound, unless it is AWS) to `port` of `target` (inbound)."""
    rules = _rules(workspace, source.groups | target.groups)
    out = not source.networks or admits(rules, source, target, port, egress=True)
    return _told(source, target, port, out and admits(rules, target, source, port, egress=False))


def leaves(workspace: Workspace, source: Peer, target: Peer, port: int) -> bool:
    """Whether outbound TCP is allowed from `source` to `port` of `target`, which is not in the VPC."""
    return _told(source, target, port, admits(_rules(workspace, source.groups), source, target, port, egress=True))


def _rules(workspace: Workspace, groups: Iterable[str]) -> list[Document]:
    of_groups = [{"Name": "group-id", "Values": sorted(group for group in groups if group.startswith("sg-"))}]
    return client(workspace, "ec2").describe_security_group_rules(Filters=of_groups)["SecurityGroupRules"]


def _told(source: Peer, target: Peer, port: int, through: bool) -> bool:
    if not through:
        both = (", ".join((*peer.groups, *map(str, peer.networks))) for peer in (source, target))
        log.warning("no rules let %s reach %s on port %d", *both, port)
    return through


def admits(rules: Iterable[Document], this: Peer, other: Peer, port: int, *, egress: bool) -> bool:
    """Whether a rule of `this` allows TCP on `port`, outbound to `other` (`egress`) or inbound from it."""
    return any(
        rule["GroupId"] in this.groups
        and rule["IsEgress"] == egress
        and (
            rule["IpProtocol"] == "-1"
            or (rule["IpProtocol"] == "tcp" and rule["FromPort"] <= port <= rule["ToPort"])
        )
        and _names(rule, other)
        for rule in rules
    )


def _names(rule: Document, peer: Peer) -> bool:
    if cidr := rule.get("CidrIpv4"):
        return any(network.subnet_of(IPv4Network(cidr)) for network in peer.networks)
    return (rule.get("PrefixListId") or rule.get("ReferencedGroupInfo", {}).get("GroupId")) in peer.groups
