"""The stand-in for the awsx plugin: the component `awsx:ec2:Vpc`, with the same children as the real one.

Their names, parents, dependencies, tags and addresses are those of awsx 3.11 (subnet strategy Auto). The stand-in
rejects everything that it does not support.
"""

import ipaddress
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any, NamedTuple

import pulumi
import pulumi_aws as aws

from local.signals import end_with_engine

_INPUTS = {
    *("cidrBlock", "availabilityZoneNames", "numberOfAvailabilityZones", "subnetStrategy", "subnetSpecs"),
    *("natGateways", "enableDnsHostnames", "enableDnsSupport", "tags"),
    "vpcEndpointStrategy",  # has no effect without endpoints
}
_SPEC = {"type", "name", "cidrMask", "tags"}
# In each zone, the public subnets are first, because the private ones have outbound access through them.
_KINDS = ("Public", "Private", "Isolated")
_EVERYWHERE = "0.0.0.0/0"

Inputs = Mapping[str, Any]


class Subnet(NamedTuple):
    """A planned subnet: name, kind (Public, Private, Isolated), zone's name and number from 1, CIDR, own tags."""

    name: str
    kind: str
    zone: str
    number: int
    cidr: str
    tags: Inputs


def layout(name: str, cidr: str, zones: Sequence[str], specs: Sequence[Inputs]) -> list[Subnet]:
    """The layout of awsx's strategy Auto: equal parts for the zones, and the specs in order in each zone.

    `cidrMask` sets the size of a spec's range; without it, the range is an equal part of its zone. Every number of
    parts is rounded up to a power of two. Ranges of specs of type Unused stay free. Raises ValueError if the specs
    require more than the available range.
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
            if address + size - 1 > int(part.broadcast_address):
                raise ValueError(f"subnetSpecs: they need more than the {part} of a zone; make cidrBlock larger")
            if (kind := spec["type"]) != "Unused":
                title = f"{name}-{spec.get('name') or kind.lower()}-{number}"
                block = str(ipaddress.IPv4Network((address, mask)))
                subnets.append(Subnet(title, kind, zone, number, block, spec.get("tags") or {}))
            address += size
    return subnets


def _bits(parts: int) -> int:
    return (parts - 1).bit_length()


class Vpc(pulumi.ComponentResource):
    """The component; `outputs` are its properties, with the engine's names."""

    def __init__(self, name: str, inputs: Inputs, options: pulumi.ResourceOptions):
        """Raises ValueError for inputs that the real one rejects or this one does not support."""
        super().__init__("awsx:ec2:Vpc", name, {}, options)
        _refuse_unknown("inputs", inputs, _INPUTS)
        if inputs.get("subnetStrategy") != "Auto" or not inputs.get("subnetSpecs"):
            raise ValueError("subnetStrategy: the stand-in for awsx knows Auto only, with subnetSpecs")
        nat, specs = inputs.get("natGateways") or {}, inputs["subnetSpecs"]
        _refuse_unknown("natGateways", nat, {"strategy"})
        for spec in specs:
            _refuse_unknown("subnetSpecs", spec, _SPEC)
        strategy = nat.get("strategy") or "OnePerAz"
        if strategy != "None" and not {"Public", "Private"} <= {spec["type"] for spec in specs}:
            raise ValueError(f"natGateways: the strategy {strategy} needs public and private subnets")
        cidr = inputs.get("cidrBlock") or "10.0.0.0/16"
        subnets = layout(name, cidr, self._zones(inputs), specs)

        self._name, self._tags = name, {"Name": name, **(inputs.get("tags") or {})}
        self._made: dict[str, list[Any]] = {
            kind: []
            for kind in ("subnets", "routeTables", "routeTableAssociations", "routes", "natGateways", "eips")
        } | {f"{kind.lower()}Subnets": [] for kind in _KINDS}
        self._vpc = aws.ec2.Vpc(
            name,
            cidr_block=cidr,
            enable_dns_hostnames=inputs.get("enableDnsHostnames"),
            enable_dns_support=inputs.get("enableDnsSupport"),
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._gateway = aws.ec2.InternetGateway(name, vpc_id=self._vpc.id, tags=self._tags, opts=_under(self._vpc))
        for subnet in sorted(subnets, key=lambda subnet: (subnet.number, _KINDS.index(subnet.kind))):
            self._build(subnet, strategy)
        self.outputs: dict[str, Any] = {
            "vpc": self._vpc,
            "vpcId": self._vpc.id,
            "internetGateway": self._gateway,
            "subnetLayout": [{key: spec[key] for key in spec if key != "tags"} for spec in specs],
            "vpcEndpoints": [],
            **self._made,
            **{
                f"{kind.lower()}SubnetIds": [subnet.id for subnet in self._made[f"{kind.lower()}Subnets"]]
                for kind in _KINDS
            },
        }
        self.register_outputs(self.outputs)

    def _zones(self, inputs: Inputs) -> Sequence[str]:
        names, number = inputs.get("availabilityZoneNames"), inputs.get("numberOfAvailabilityZones")
        if names and number:
            raise ValueError("availabilityZoneNames, numberOfAvailabilityZones: only one can be given")
        number = int(number or 3)
        there = names or aws.get_availability_zones(opts=pulumi.InvokeOptions(parent=self)).names
        if not names and len(there) < number:
            raise ValueError(f"numberOfAvailabilityZones: the region has {len(there)}, not {number}")
        return names or there[:number]

    def _build(self, planned: Subnet, strategy: str) -> None:
        own = {"Name": planned.name, "SubnetType": planned.kind}
        subnet = aws.ec2.Subnet(
            planned.name,
            vpc_id=self._vpc.id,
            availability_zone=planned.zone,
            map_public_ip_on_launch=planned.kind == "Public",
            cidr_block=planned.cidr,
            tags={**self._tags, **planned.tags, **own},
            opts=_under(self._vpc),
        )
        table = aws.ec2.RouteTable(
            planned.name, vpc_id=self._vpc.id, tags={**self._tags, **own}, opts=_under(subnet)
        )
        association = aws.ec2.RouteTableAssociation(
            planned.name, route_table_id=table.id, subnet_id=subnet.id, opts=_under(table)
        )
        self._made["subnets"].append(subnet)
        self._made[f"{planned.kind.lower()}Subnets"].append(subnet)
        self._made["routeTables"].append(table)
        self._made["routeTableAssociations"].append(association)
        gateways = self._made["natGateways"]
        if planned.kind == "Public":
            if len(gateways) < {"None": 0, "Single": 1, "OnePerAz": planned.number}[strategy]:
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


def _refuse_unknown(where: str, given: Iterable[str], known: set[str]) -> None:
    if strangers := sorted(set(given) - known):
        raise ValueError(f"{where}: the stand-in for awsx does not know {', '.join(strangers)}")


def serve() -> None:
    """Serve as a plugin: the argument is the engine's address; prints its port to standard output."""
    # Imported here, because a process can load either this or the google.rpc of servicer.py: both define
    # google.rpc.Status.
    from pulumi.provider import ConstructResult, Provider
    from pulumi.provider.server import main

    class Awsx(Provider):
        def construct(
            self, name: str, resource_type: str, inputs: Inputs, options: pulumi.ResourceOptions | None = None
        ) -> ConstructResult:
            try:
                if resource_type != "awsx:ec2:Vpc":
                    raise ValueError(f"the stand-in for awsx has no {resource_type}")
                vpc = Vpc(name, inputs, options or pulumi.ResourceOptions())
            except ValueError as error:
                # The empty list is required: without one, the SDK's server fails and the text is lost.
                raise pulumi.InputPropertiesError(str(error), []) from error
            return ConstructResult(vpc.urn, vpc.outputs)

    end_with_engine()
    main(Awsx(version("pulumi-awsx"), "{}"), sys.argv[1:])


if __name__ == "__main__":
    serve()
