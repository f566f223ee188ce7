"""Who reaches whom, and by which way."""

from typing import Any

import pytest

from components.networking import SERVICES_OF_A_TASK
from tests.unit.program import EFS, MODES, S3, Program, deployed

WITHOUT_NAT = {"natGateways": "none"}


def role(group: Any) -> str:
    """A security group by its role."""
    return str(group).removeprefix("orthanc-network-sg-").removesuffix("-id")


def rules(program: Program, direction: str) -> set[tuple[str, Any, Any]]:
    """From, to, port."""
    found = set()
    for rule in program.all(f"SecurityGroup{direction}Rule"):
        given = rule.inputs
        own = role(given["securityGroupId"])
        [peer] = given.keys() & {"referencedSecurityGroupId", "prefixListId", "cidrIpv4", "cidrIpv6"}
        assert given["fromPort"] == given["toPort"] and given["ipProtocol"] == "tcp", "more ports than one"
        ends = (own, role(given[peer])) if direction == "Egress" else (role(given[peer]), own)
        found.add((*ends, given["toPort"]))
    return found


CLOUDFRONT = ("pl-cloudfront", "load-balancer", 80)
INSIDE = {("load-balancer", "task", 8042), ("task", "database", 5432)}
S3_ENDPOINT = ("task", "orthanc-network-s3-prefixListId", 443)
CONNECTIONS = [
    (S3, INSIDE, ("task", "0.0.0.0/0", 443)),
    (EFS, INSIDE | {("task", "file-system", 2049)}, ("task", "0.0.0.0/0", 443)),
    (WITHOUT_NAT, INSIDE | {("task", "endpoints", 443)}, S3_ENDPOINT),
]


@pytest.mark.parametrize(("mode", "inside", "outward"), CONNECTIONS)
def test_who_reaches_whom(mode: dict[str, str], inside: set[Any], outward: Any):
    program = deployed(**mode)
    assert rules(program, "Ingress") == inside | {CLOUDFRONT}, "somebody else is let in, or a peer is shut out"
    assert rules(program, "Egress") == inside | {outward}, "somebody can call out, or a peer cannot be called"


@pytest.mark.parametrize("kind", ["DefaultSecurityGroup", "SecurityGroup"])
def test_groups_hold_no_rules_of_their_own(kind: str):
    for group in deployed().all(kind):
        assert not {"ingress", "egress"} & set(group.inputs), f"{group.name} admits more than its rules say"
    assert deployed().one("DefaultSecurityGroup").inputs["vpcId"] == "vpc-1"


@MODES
def test_nothing_in_the_vpc_is_public(mode: dict[str, str]):
    program = deployed(**mode)
    assert program.one("LoadBalancer").inputs["internal"] is True
    assert program.one("Instance").inputs["publiclyAccessible"] is False
    assert program.one("Service").inputs["networkConfiguration"]["assignPublicIp"] is False


@pytest.mark.parametrize(
    ("nat", "strategy", "public"),
    [("none", "None", "Unused"), ("single", "Single", "Public"), ("onePerZone", "OnePerAz", "Public")],
)
def test_the_way_out(nat: str, strategy: str, public: str):
    program = deployed(natGateways=nat)
    vpc = program.one("Vpc").inputs
    assert vpc["natGateways"] == {"strategy": strategy}
    assert [subnet["type"] for subnet in vpc["subnetSpecs"]] == [public, "Private", "Isolated"], (
        "subnets move when NAT is turned on or off, and the database with them"
    )
    assert vpc["subnetStrategy"] == "Auto" and vpc["enableDnsHostnames"] and vpc["enableDnsSupport"]
    interfaces = {
        endpoint.inputs["serviceName"]: endpoint.inputs
        for endpoint in program.all("VpcEndpoint")
        if endpoint.inputs["vpcEndpointType"] == "Interface"
    }
    needed = {f"com.amazonaws.us-east-1.{name}" for name in SERVICES_OF_A_TASK} if nat == "none" else set()
    assert set(interfaces) == needed, "tasks cannot start, or endpoints are paid for beside NAT"
    for endpoint in interfaces.values():
        assert endpoint["privateDnsEnabled"], "tasks would call the public addresses"
        assert endpoint["subnetIds"] == ["subnet-private-1", "subnet-private-2"]


@pytest.mark.parametrize("mode", [S3, EFS, WITHOUT_NAT])
def test_images_never_pay_for_nat(mode: dict[str, str]):
    endpoint = deployed(**mode).one("VpcEndpoint", "orthanc-network-s3").inputs
    assert endpoint["vpcEndpointType"] == "Gateway" and endpoint["serviceName"].endswith(".s3")
    assert endpoint["routeTableIds"] == ["rtb-1"]


def test_two_zones_that_cloudfront_reaches():
    zones = deployed().one("Vpc").inputs["availabilityZoneNames"]
    assert zones == ["us-east-1b", "us-east-1c"], "CloudFront has no VPC origins in use1-az3, here us-east-1a"
