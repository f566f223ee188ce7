"""The stand-in for the awsx plugin: the component `awsx:ec2:Vpc`, with the children that the real one makes.

Their names, parents, dependencies and addresses are those of awsx 3.11 (subnet strategy Auto). What the program
does not use it refuses.
"""

import ipaddress
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, NamedTuple

import pulumi
import pulumi_aws as aws
from pulumi.provider import ConstructResult, Provider
from pulumi.provider.server import main

_UNDERSTOOD = {
    "availabilityZoneNames",
    "cidrBlock",
    "enableDnsHostnames",
    "enableDnsSupport",
    "natGateways",
    "subnetSpecs",
    "subnetStrategy",
    "tags",
    "vpcEndpointStrategy",
}
_EVERYWHERE = "0.0.0.0/0"


class Subnet(NamedTuple):
    """A planned subnet: name, kind (Public, Private, Isolated), zone's name and number from 1, IPv4 range."""

    name: str
    kind: str
    zone: str
    number: int
    cidr: str


def layout(name: str, cidr: str, zones: Sequence[str], specs: Sequence[Mapping[str, Any]]) -> list[Subnet]:
    """Where awsx's strategy Auto puts the subnets: equal parts for the zones, in each the specs one after another.

    A spec's range is as large as its `cidrMask` says, else an equal part of its zone; every number of parts is
    rounded up to a power of two. Ranges of specs of type Unused are left free. Raises ValueError where the specs
    need more than there is.
    """
    vpc = ipaddress.IPv4Network(cidr)
    zone_bits = vpc.prefixlen + _bits(len(zones))
    subnets: list[Subnet] = []
    for number, (zone, part) in enumerate(zip(zones, vpc.subnets(new_prefix=zone_bits), strict=False), start=1):
        address = int(part.network_address)
        for spec in specs:
            mask = int(spec.get("cidrMask") or zone_bits + _bits(len(specs)))
            size = 2 ** (32 - mask)
            address = -(-address // size) * size  # a range begins at a multiple of its size
            network = ipaddress.IPv4Network((address, mask))
            if not network.subnet_of(part):
                raise ValueError(f"the subnets of a zone need more than its {part}")
            kind = spec["type"]
            title = f"{name}-{spec.get('name') or kind.lower()}-{number}"
            if kind != "Unused":
                subnets.append(Subnet(title, kind, zone, number, str(network)))
            address += size
    return subnets


def _bits(count: int) -> int:
    return (count - 1).bit_length()


class Vpc(pulumi.ComponentResource):
    """The component: `outputs` are its properties, in the engine's names."""

    def __init__(self, name: str, inputs: Mapping[str, Any], options: pulumi.ResourceOptions):
        """Raises ValueError for inputs that this stand-in does not understand."""
        super().__init__("awsx:ec2:Vpc", name, {}, options)
        if strangers := sorted(set(inputs) - _UNDERSTOOD):
            raise ValueError(f"the stand-in for awsx does not understand {', '.join(strangers)} of {name}")
        if inputs.get("subnetStrategy") != "Auto":
            raise ValueError(f"the stand-in for awsx knows the subnet strategy Auto only ({name})")
        strategy = (inputs.get("natGateways") or {}).get("strategy", "OnePerAz")
        zones, cidr = inputs["availabilityZoneNames"], inputs.get("cidrBlock", "10.0.0.0/16")
        subnets = layout(name, cidr, zones, inputs["subnetSpecs"])
        self._name, self._tags = name, {"Name": name, **(inputs.get("tags") or {})}
        self.vpc = aws.ec2.Vpc(
            name,
            cidr_block=cidr,
            enable_dns_hostnames=inputs.get("enableDnsHostnames"),
            enable_dns_support=inputs.get("enableDnsSupport"),
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._gateway = aws.ec2.InternetGateway(name, vpc_id=self.vpc.id, tags=self._tags, opts=_under(self.vpc))
        self._made: dict[str, list[Any]] = {
            kind: []
            for kind in ("subnets", "routeTables", "routeTableAssociations", "routes", "natGateways", "eips")
        }
        self._ids: dict[str, list[pulumi.Output[str]]] = {"Public": [], "Private": [], "Isolated": []}
        # In each zone the public ones come first: the private ones' way out leads through them.
        order = {"Public": 0, "Private": 1, "Isolated": 2}
        for subnet in sorted(subnets, key=lambda subnet: (subnet.number, order[subnet.kind])):
            self._build(subnet, strategy)
        self.outputs: dict[str, Any] = {
            "vpc": self.vpc,
            "vpcId": self.vpc.id,
            "internetGateway": self._gateway,
            "subnetLayout": [],
            "vpcEndpoints": [],
            **self._made,
            **{f"{kind.lower()}SubnetIds": ids for kind, ids in self._ids.items()},
        }
        self.register_outputs(self.outputs)

    def _build(self, planned: Subnet, strategy: str) -> None:
        tags = {**self._tags, "Name": planned.name, "SubnetType": planned.kind}
        subnet = aws.ec2.Subnet(
            planned.name,
            vpc_id=self.vpc.id,
            availability_zone=planned.zone,
            map_public_ip_on_launch=planned.kind == "Public",
            cidr_block=planned.cidr,
            tags=tags,
            opts=_under(self.vpc),
        )
        table = aws.ec2.RouteTable(planned.name, vpc_id=self.vpc.id, tags=tags, opts=_under(subnet))
        association = aws.ec2.RouteTableAssociation(
            planned.name, route_table_id=table.id, subnet_id=subnet.id, opts=_under(table)
        )
        self._made["subnets"].append(subnet)
        self._made["routeTables"].append(table)
        self._made["routeTableAssociations"].append(association)
        self._ids[planned.kind].append(subnet.id)
        gateways = self._made["natGateways"]
        if planned.kind == "Public":
            if strategy == "OnePerAz" or (strategy == "Single" and not gateways):
                self._build_nat_gateway(planned.number, subnet)
            self._route(planned.name, table, gateway_id=self._gateway.id)
        elif planned.kind == "Private" and strategy != "None":
            gateway = gateways[0 if strategy == "Single" else planned.number - 1]
            self._route(planned.name, table, nat_gateway_id=gateway.id)

    def _build_nat_gateway(self, number: int, subnet: aws.ec2.Subnet) -> None:
        name = f"{self._name}-{number}"
        tags = {**self._tags, "Name": name}
        address = aws.ec2.Eip(name, tags=tags, opts=_under(subnet))
        gateway = aws.ec2.NatGateway(
            name, subnet_id=subnet.id, allocation_id=address.allocation_id, tags=tags, opts=_under(subnet)
        )
        self._made["eips"].append(address)
        self._made["natGateways"].append(gateway)

    def _route(self, name: str, table: aws.ec2.RouteTable, **way: pulumi.Output[str]) -> None:
        route = aws.ec2.Route(
            name, route_table_id=table.id, destination_cidr_block=_EVERYWHERE, **way, opts=_under(table)
        )
        self._made["routes"].append(route)


def _under(parent: pulumi.Resource) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(parent=parent, depends_on=[parent])


class Awsx(Provider):
    """The plugin."""

    def __init__(self) -> None:
        """Of the SDK's version."""
        super().__init__(version("pulumi-awsx"), "{}")

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: Mapping[str, Any],
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Build the component that the program asks for."""
        if resource_type != "awsx:ec2:Vpc":
            raise ValueError(f"the stand-in for awsx has no {resource_type}")
        vpc = Vpc(name, inputs, options or pulumi.ResourceOptions())
        return ConstructResult(vpc.urn, vpc.outputs)


if __name__ == "__main__":
    main(Awsx(), sys.argv[1:])
