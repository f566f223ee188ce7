"""Checks whether an existing network is suitable, before the first resource is registered.

Otherwise a load balancer, the database, or CloudFront would fail half an hour later, when half of the stack
exists. `look` queries AWS; `problems` checks the results and is a pure function. What tasks can reach is checked
in `endpoints`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

import pulumi_aws as aws

from components.config import Problem, Settings
from components.config.values import PRIVATE_BLOCKS
from components.preflight import endpoints, vpc_origins
from components.preflight.endpoints import Place, Ways
from components.preflight.lookups import found

# Free addresses that a load balancer requires in each of its subnets (Elastic Load Balancing user guide,
# "Subnets").
FREE_ADDRESSES = 8
_BALANCED = ("privateSubnetIds", "publicSubnetIds")


@dataclass(frozen=True)
class LiveRoutes:
    """The routes of a subnet.

    `public`: whether a route leads to an internet gateway. `leads_out`: whether a route leads to public addresses
    in another way, for example through a NAT gateway.
    """

    table_id: str
    public: bool
    leads_out: bool


@dataclass(frozen=True)
class LiveVpc:
    """The current state of a VPC; `owner`: the account that owns it and may share it."""

    dns_support: bool
    dns_hostnames: bool
    internet_gateway: bool
    owner: str


@dataclass(frozen=True)
class LiveSubnet:
    """The current state of a subnet.

    `zone`: such as us-east-1a. `zone_id`: such as use1-az1. `network`: such as 10.0.0.0/24.
    """

    vpc_id: str
    zone: str
    zone_id: str
    free_addresses: int
    network: str
    routes: LiveRoutes
    balanced: bool = False
    """Whether a load balancer already has addresses in the subnet."""


@dataclass(frozen=True)
class Survey:
    """The existing network that the settings name: the VPC, subnets by ID, and the tasks' connections to AWS.

    `account`: the account that the stack is deployed to.
    """

    vpc: LiveVpc | None
    subnets: dict[str, LiveSubnet]
    account: str
    ways: Ways


def look(settings: Settings) -> Survey:
    """Looks up the network that the settings name. Raises the provider's errors, such as access denied."""
    vpc, account = _look_at_vpc(settings.vpc_id), settings.account.id
    if vpc and vpc.owner != account:  # an account that a VPC is shared with does not see all of it
        return Survey(vpc, {}, account, Ways())
    named = [id for subnets in settings.existing_subnets.values() for id in subnets]
    subnets = {id: subnet for id in named if (subnet := _look_at_subnet(id))}
    return Survey(vpc, subnets, account, endpoints.look(settings))


def problems(settings: Settings, survey: Survey) -> Iterator[Problem]:
    """Yields problems that prevent a deployment into the network, or connections to resources in it."""
    if survey.vpc and survey.vpc.owner != survey.account:
        yield _shared(settings.vpc_id, survey.vpc.owner, survey.account)
        return
    yield from _problems_of_vpc(settings.vpc_id, survey.vpc)
    for key, subnets in settings.existing_subnets.items():
        zones: set[str] = set()
        for number, id in enumerate(subnets):
            subnet = survey.subnets.get(id)
            for rule in _broken_rules(key, settings.vpc_id if survey.vpc else None, subnet, zones):
                remedy = f"name another subnet: pulumi config set --path '{key}[{number}]' subnet-…"
                yield Problem(f"{key}[{number}]", id, rule, remedy)
            zones |= {subnet.zone} if subnet else set()
    if not settings.enable_dicom_s3_storage:
        yield from _tasks_without_file_system(settings, survey)
    yield from endpoints.problems(settings, survey.ways, dict(_places(settings, survey)))


def _places(settings: Settings, survey: Survey) -> Iterator[tuple[int, Place]]:
    """Yields the subnets where tasks run, by index in the list. Omits public ones, which are reported anyway."""
    for number, id in enumerate(settings.private_subnet_ids):
        subnet = survey.subnets.get(id)
        if subnet and subnet.vpc_id == settings.vpc_id and not subnet.routes.public:
            network = ipaddress.IPv4Network(subnet.network)
            yield number, Place(id, network, subnet.routes.table_id, subnet.routes.leads_out)


def _look_at_vpc(id: str) -> LiveVpc | None:
    vpc = found(lambda: aws.ec2.get_vpc(id=id))
    gateway = found(lambda: aws.ec2.get_internet_gateway(filters=[{"name": "attachment.vpc-id", "values": [id]}]))
    return vpc and LiveVpc(vpc.enable_dns_support, vpc.enable_dns_hostnames, gateway is not None, vpc.owner_id)


def _look_at_subnet(id: str) -> LiveSubnet | None:
    subnet = found(lambda: aws.ec2.get_subnet(id=id))
    if subnet is None:
        return None
    free = subnet.available_ip_address_count
    return LiveSubnet(
        subnet.vpc_id,
        subnet.availability_zone,
        subnet.availability_zone_id,
        free,
        subnet.cidr_block,
        _look_at_routes(subnet.vpc_id, id),
        balanced=free < FREE_ADDRESSES and _is_balanced(id),
    )


def _look_at_routes(vpc_id: str, subnet_id: str) -> LiveRoutes:
    """Returns the routes of the subnet's own route table, or of the main route table of its VPC."""
    own = found(lambda: aws.ec2.get_route_table(subnet_id=subnet_id))
    main = aws.ec2.GetRouteTableFilterArgsDict(name="association.main", values=["true"])
    table = own or aws.ec2.get_route_table(vpc_id=vpc_id, filters=[main])
    to_internet = [route for route in table.routes if route.gateway_id.startswith("igw-")]
    others = [route for route in table.routes if route not in to_internet and route.cidr_block]
    leads_out = any(not _is_private(route.cidr_block) for route in others)
    return LiveRoutes(table.route_table_id, bool(to_internet), leads_out)


def _is_private(network: str) -> bool:
    """Returns whether all addresses of a network are private."""
    return any(ipaddress.IPv4Network(network).subnet_of(block) for block in PRIVATE_BLOCKS)


def _is_balanced(subnet_id: str) -> bool:
    interfaces = found(
        lambda: aws.ec2.get_network_interfaces(
            filters=[
                {"name": "subnet-id", "values": [subnet_id]},
                {"name": "description", "values": ["ELB *"]},
            ]
        )
    )
    return bool(interfaces and interfaces.ids)


def _shared(id: str, owner: str, account: str) -> Problem:
    """Returns the problem that the VPC belongs to another account.

    CloudFront Developer Guide, "Restrict access with VPC origins", prerequisites.
    """
    rule = (
        f"belongs to account {owner}, and CloudFront makes VPC origins only in a VPC of the account it is used in"
    )
    remedy = f"deploy to account {owner}, or pulumi config set vpcId to a VPC of account {account}"
    return Problem("vpcId", id, rule, remedy)


def _problems_of_vpc(id: str, vpc: LiveVpc | None) -> Iterator[Problem]:
    if vpc is None:
        rule = "does not exist in this account and Region"
        yield Problem("vpcId", id, rule, "pulumi config set vpcId vpc-…, or the right aws:region")
        return
    for has, option, without in (
        (vpc.dns_support, "--enable-dns-support", "DNS support, without which nothing in it is found by name"),
        (vpc.dns_hostnames, "--enable-dns-hostnames", "DNS host names, which private endpoints and EFS need"),
    ):
        if not has:
            remedy = f"aws ec2 modify-vpc-attribute --vpc-id {id} {option}"
            yield Problem("vpcId", id, f"has no {without}", remedy)
    if not vpc.internet_gateway:
        rule = "has no internet gateway, which CloudFront requires to reach a VPC origin"
        remedy = f"aws ec2 attach-internet-gateway --vpc-id {id} --internet-gateway-id igw-…; it needs no route"
        yield Problem("vpcId", id, rule, remedy)


def _broken_rules(key: str, vpc_id: str | None, subnet: LiveSubnet | None, taken: set[str]) -> Iterator[str]:
    """Yields the rules that a subnet in the list `key` breaks.

    `taken`: the zones of the subnets before it. `vpc_id`: None if the VPC does not exist.
    """
    if subnet is None:
        yield "does not exist in this account and Region"
        return
    if vpc_id and subnet.vpc_id != vpc_id:
        yield f"belongs to {subnet.vpc_id}, not to vpcId {vpc_id}"
    if subnet.zone in taken:
        yield f"is in {subnet.zone} like one before it, and load balancers and EFS take one subnet of a zone"
    if key == "publicSubnetIds" and not subnet.routes.public:
        yield "has no route to an internet gateway, which the load balancer for public DICOM requires"
    if key != "publicSubnetIds" and subnet.routes.public:
        yield "has a route to an internet gateway, so it is a public subnet; the stack needs private ones here"
    if key == "privateSubnetIds" and subnet.zone_id in vpc_origins.ZONES_WITHOUT:
        yield f"is in {subnet.zone} ({subnet.zone_id}), where CloudFront does not support VPC origins"
    if key in _BALANCED and subnet.free_addresses < FREE_ADDRESSES and not subnet.balanced:
        yield f"has {subnet.free_addresses} free addresses, but a load balancer requires {FREE_ADDRESSES}"


def _tasks_without_file_system(settings: Settings, survey: Survey) -> Iterator[Problem]:
    """Yields problems with zones that have no mount target: a task uses the EFS mount target of its own zone."""
    mounted = {survey.subnets[id].zone for id in settings.isolated_subnet_ids if id in survey.subnets}
    for number, id in enumerate(settings.private_subnet_ids):
        if id in survey.subnets and (zone := survey.subnets[id].zone) not in mounted:
            rule = f"is in {zone}, which has no isolated subnet: tasks there could not mount the file system"
            remedy = f"name a subnet in {zone} in isolatedSubnetIds, or no private one there"
            yield Problem(f"privateSubnetIds[{number}]", id, rule, remedy)
