"""Who reaches whom, and by which way."""

import json
from typing import Any

import pytest

from components.iam.task_services import SERVICES_OF_A_TASK
from tests.unit.program import (
    BROUGHT,
    EFS,
    INTERNAL,
    ISOLATED,
    PRIVATE,
    PUBLIC,
    S3,
    TO_INTERNET,
    TO_NAT,
    Monitor,
    Program,
    configured,
    deployed,
    run,
)

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


CLOUDFRONT = ("pl-origin-facing", "load-balancer", 80)
INSIDE = {("load-balancer", "task", 8042), ("task", "database", 5432)}
S3_ENDPOINT = ("task", "orthanc-network-s3-prefixListId", 443)
AWS = ("task", "0.0.0.0/0", 443)
DICOM = {("dicom-balancer", "task", 4242), ("dicom-balancer", "task", 8042)}
MODALITIES = {("task", "10.20.0.5/32", 104), ("task", "10.20.1.9/32", 11112)}
CONNECTIONS = [
    (S3, INSIDE, {CLOUDFRONT}, {AWS}),
    (EFS, INSIDE | {("task", "file-system", 2049)}, {CLOUDFRONT}, {AWS}),
    (WITHOUT_NAT, INSIDE | {("task", "endpoints", 443)}, {CLOUDFRONT}, {S3_ENDPOINT}),
    (BROUGHT, INSIDE, {CLOUDFRONT}, {AWS}),
    (INTERNAL, INSIDE | DICOM, {CLOUDFRONT, ("10.20.0.0/16", "dicom-balancer", 11112)}, {AWS, *MODALITIES}),
    (PUBLIC, INSIDE | DICOM, {CLOUDFRONT, ("10.20.0.0/16", "dicom-balancer", 2762)}, {AWS, *MODALITIES}),
]


@pytest.mark.parametrize(("mode", "inside", "inward", "outward"), CONNECTIONS)
def test_who_reaches_whom(mode: dict[str, str], inside: set[Any], inward: set[Any], outward: set[Any]):
    program = deployed(**mode)
    assert rules(program, "Ingress") == inside | inward, "somebody else is let in, or a peer is shut out"
    assert rules(program, "Egress") == inside | outward, "somebody can call out, or a peer cannot be called"


@pytest.mark.parametrize("missing", [None, *SERVICES_OF_A_TASK])
def test_in_a_brought_network_the_way_to_aws_is_as_narrow_as_its_endpoints_let_it_be(missing: str | None):
    program = run(configured(BROUGHT), Monitor(endpoints={*SERVICES_OF_A_TASK} - {missing}))
    to_endpoints = {("task", "pl-s3", 443), ("task", "sg-endpoints", 443)}
    outward = to_endpoints if missing is None else {("task", "0.0.0.0/0", 443)}
    assert rules(program, "Egress") == INSIDE | outward, (
        f"{missing or 'everything'} is out of reach, or too much is not"
    )


def test_nothing_of_a_brought_network_is_the_stacks():
    program = deployed(**BROUGHT, **EFS)
    made = {resource.type for resource in program.resources}
    assert not made & {"Vpc", "Subnet", "VpcEndpoint", "VpcEndpointPolicy", "FlowLog", "DefaultSecurityGroup"}
    assert all(group.inputs["vpcId"] == BROUGHT["vpcId"] for group in program.all("SecurityGroup"))
    assert program.one("TargetGroup").inputs["vpcId"] == BROUGHT["vpcId"]
    assert program.one("LoadBalancer").inputs["subnets"] == list(PRIVATE)
    assert program.one("Service").inputs["networkConfiguration"]["subnets"] == list(PRIVATE)
    assert program.one("SubnetGroup").inputs["subnetIds"] == list(ISOLATED)
    mounted = [target.inputs["subnetId"] for target in program.all("MountTarget")]
    assert sorted(mounted) == list(ISOLATED), "a task in a zone without a mount target never starts"


def test_public_dicom_uses_the_public_subnets_of_an_existing_network():
    public, monitor = ["subnet-000000c1", "subnet-000000c2"], Monitor()

    def subnet(given: dict[str, Any]) -> dict[str, Any]:
        zone = f"us-east-1{'abcd'[int(given['id'][-1])]}"
        fits = {"vpcId": BROUGHT["vpcId"], "availableIpAddressCount": 250, "cidrBlock": "10.0.0.0/24"}
        return fits | {"availabilityZone": zone, "availabilityZoneId": f"use1-az-{zone[-1]}"}

    def routes(given: dict[str, Any]) -> dict[str, Any]:
        return {"routeTableId": "rtb-1", "routes": [TO_INTERNET if given["subnetId"] in public else TO_NAT]}

    monitor.answers = {"getSubnet": subnet, "getRouteTable": routes}
    program = run(configured(BROUGHT | PUBLIC | {"publicSubnetIds": json.dumps(public)}), monitor)
    assert program.one("LoadBalancer", "orthanc-dicom-public").inputs["subnets"] == public, (
        "modalities cannot reach the load balancer"
    )


@pytest.mark.parametrize("kind", ["DefaultSecurityGroup", "SecurityGroup"])
def test_groups_hold_no_rules_of_their_own(kind: str):
    for group in deployed().all(kind):
        assert not {"ingress", "egress"} & set(group.inputs), f"{group.name} admits more than its rules say"
    assert deployed().one("DefaultSecurityGroup").inputs["vpcId"] == "vpc-1"


@pytest.mark.parametrize(
    ("settings", "strategy", "public"),
    [
        (WITHOUT_NAT, "None", "Unused"),
        (WITHOUT_NAT | PUBLIC, "None", "Public"),
        ({"natGateways": "single"}, "Single", "Public"),
        ({"natGateways": "onePerZone"}, "OnePerAz", "Public"),
    ],
)
def test_outbound_access(settings: dict[str, str], strategy: str, public: str):
    program = deployed(**settings)
    vpc = program.one("Vpc").inputs
    assert vpc["natGateways"] == {"strategy": strategy}
    assert [subnet["type"] for subnet in vpc["subnetSpecs"]] == [public, "Private", "Isolated"], (
        "subnets move when NAT is turned on or off, and the database with them"
    )
    interfaces = [
        each.inputs for each in program.all("VpcEndpoint") if each.inputs["vpcEndpointType"] == "Interface"
    ]
    needed = {f"com.amazonaws.us-east-1.{name}" for name in SERVICES_OF_A_TASK} if strategy == "None" else set()
    assert {endpoint["serviceName"] for endpoint in interfaces} == needed, (
        "tasks cannot start, or endpoints are billed in addition to NAT"
    )
    for endpoint in interfaces:
        assert endpoint["privateDnsEnabled"] and vpc["enableDnsHostnames"] and vpc["enableDnsSupport"], (
            "tasks would call the public addresses"
        )
        assert endpoint["subnetIds"] == ["subnet-private-1", "subnet-private-2"]


@pytest.mark.parametrize("mode", [S3, EFS, WITHOUT_NAT])
def test_images_never_pay_for_nat(mode: dict[str, str]):
    endpoint = deployed(**mode).one("VpcEndpoint", "orthanc-network-s3").inputs
    assert endpoint["vpcEndpointType"] == "Gateway" and endpoint["serviceName"].endswith(".s3")
    assert endpoint["routeTableIds"] == ["rtb-1"]


def test_two_zones_that_cloudfront_reaches():
    zones = deployed().one("Vpc").inputs["availabilityZoneNames"]
    assert zones == ["us-east-1b", "us-east-1c"], "CloudFront has no VPC origins in use1-az3, here us-east-1a"
