"""Who reaches whom, by the rules of security groups."""

from ipaddress import IPv4Network
from typing import Any

import pytest

from local.runner.security_groups import Peer, admits

TASK = Peer(frozenset({"sg-task"}), (IPv4Network("10.0.1.0/24"),))
DATABASE = Peer(frozenset({"sg-database"}), (IPv4Network("10.0.9.0/24"),))


def rule(**changed: Any) -> dict[str, Any]:
    """PostgreSQL from the tasks into the database."""
    usual = {"GroupId": "sg-database", "IsEgress": False, "IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432}
    return {**usual, "ReferencedGroupInfo": {"GroupId": "sg-task"}, **changed}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, True),
        ({"FromPort": 0, "ToPort": 65535}, True),
        ({"IpProtocol": "-1", "FromPort": None, "ToPort": None}, True),
        ({"CidrIpv4": "10.0.1.0/24"}, True),
        ({"CidrIpv4": "10.0.0.0/16"}, True),
        ({"CidrIpv4": "10.0.1.0/28"}, False),
        ({"CidrIpv4": "192.168.0.0/16"}, False),
        ({"FromPort": 5433, "ToPort": 5433}, False),
        ({"IpProtocol": "udp"}, False),
        ({"IsEgress": True}, False),
        ({"GroupId": "sg-other"}, False),
        ({"ReferencedGroupInfo": {"GroupId": "sg-other"}}, False),
        ({"ReferencedGroupInfo": {}, "PrefixListId": "pl-1"}, False),
    ],
)
def test_a_rule_lets_in_what_it_names(changed: dict[str, Any], expected: bool):
    assert admits([rule(**changed)], DATABASE, TASK, 5432, egress=False) is expected


def test_cloudfront_is_its_prefix_list():
    cloudfront = Peer(frozenset({"pl-1"}))
    rules = [rule(ReferencedGroupInfo={}, PrefixListId="pl-1")]
    assert admits(rules, DATABASE, cloudfront, 5432, egress=False)
    assert not admits([rule(CidrIpv4="10.0.0.0/8")], DATABASE, cloudfront, 5432, egress=False)
