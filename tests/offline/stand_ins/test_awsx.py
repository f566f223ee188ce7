# ruff: noqa: N802 - the monitor's methods have the protocol's names
"""The awsx stand-in: where it puts subnets, and the tree that it registers: those of the real plugin."""

import asyncio
import contextvars
import ipaddress
import itertools
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import pulumi
import pulumi_awsx as awsx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi import _types, runtime
from pulumi.runtime import mocks
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub
from pulumi.runtime.rpc import UNKNOWN

from offline.stand_ins.awsx import Vpc, layout
from offline.stand_ins.codec import decode, encode

ROOT = Path(__file__).parents[3]
PUBLIC, PRIVATE, ISOLATED, UNUSED = ({"type": kind} for kind in ("Public", "Private", "Isolated", "Unused"))
ZONES = ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d", "us-east-1e", "us-east-1f"]


# The range, how many zones, the specs, and what the real allocator makes of them: zone after zone, as specified.
LAYOUTS: list[tuple[str, int, list[dict[str, Any]], list[str]]] = [
    ("10.0.0.0/24", 1, [PUBLIC], ["10.0.0.0/24"]),
    ("10.0.0.0/16", 1, [PRIVATE, PUBLIC, ISOLATED], ["10.0.0.0/18", "10.0.64.0/18", "10.0.128.0/18"]),
    ("10.0.0.0/16", 2, [PRIVATE, UNUSED], ["10.0.0.0/18", "10.0.128.0/18"]),
    ("10.0.0.0/16", 2, [UNUSED, PRIVATE], ["10.0.64.0/18", "10.0.192.0/18"]),
    ("10.0.0.0/16", 3, [PUBLIC], ["10.0.0.0/18", "10.0.64.0/18", "10.0.128.0/18"]),
    # Large after small begins at a multiple of its own size, small after large at once.
    ("10.0.0.0/16", 1, [PUBLIC | {"cidrMask": 20}, PRIVATE | {"cidrMask": 18}], ["10.0.0.0/20", "10.0.64.0/18"]),
    ("10.0.0.0/16", 1, [PRIVATE | {"cidrMask": 17}, PUBLIC | {"cidrMask": 18}], ["10.0.0.0/17", "10.0.128.0/18"]),
    (
        *("10.0.0.0/16", 2, [PUBLIC | {"cidrMask": 24}, PRIVATE]),
        ["10.0.0.0/24", "10.0.64.0/18", "10.0.128.0/24", "10.0.192.0/18"],
    ),
]


@pytest.mark.parametrize(("cidr", "zones", "specs", "expected"), LAYOUTS)
def test_known_layouts(cidr: str, zones: int, specs: list[dict[str, Any]], expected: list[str]):
    assert [subnet.cidr for subnet in layout("net", cidr, ZONES[:zones], specs)] == expected


def test_names_follow_the_spec_or_else_its_kind():
    specs = [PUBLIC | {"name": "outer"}, PRIVATE, UNUSED | {"name": "kept"}]
    names = [(subnet.name, subnet.zone) for subnet in layout("net", "10.0.0.0/16", ZONES[:2], specs)]
    assert names == [
        ("net-outer-1", "us-east-1a"),
        ("net-private-1", "us-east-1a"),
        ("net-outer-2", "us-east-1b"),
        ("net-private-2", "us-east-1b"),
    ]


SPECS = st.lists(
    st.builds(
        lambda kind, mask: kind | ({"cidrMask": mask} if mask else {}),
        st.sampled_from([PUBLIC, PRIVATE, ISOLATED, UNUSED]),
        st.none() | st.integers(18, 28),
    ),
    min_size=1,
    max_size=6,
)


@given(prefix=st.integers(16, 22), zones=st.integers(1, len(ZONES)), specs=SPECS)
def test_any_layout_fits_or_is_refused(prefix: int, zones: int, specs: list[dict[str, Any]]):
    cidr = f"10.0.0.0/{prefix}"
    try:
        subnets = layout("net", cidr, ZONES[:zones], specs)
    except ValueError as error:
        assert "make cidrBlock larger" in str(error)
        assert any("cidrMask" in spec for spec in specs), "equal parts always fit"
        return
    assert layout("net", cidr, ZONES[:zones], specs) == subnets, "a second run would move subnets"
    ranges = [ipaddress.ip_network(subnet.cidr) for subnet in subnets]
    assert all(subnet.subnet_of(ipaddress.ip_network(cidr)) for subnet in ranges)  # type: ignore[arg-type]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(ranges, 2))
    used = [spec["type"] for spec in specs if spec["type"] != "Unused"]
    for number, zone in enumerate(ZONES[:zones], start=1):
        there = [subnet for subnet in subnets if subnet.zone == zone]
        assert [subnet.kind for subnet in there] == used and {subnet.number for subnet in there} <= {number}
    # Turning a subnet off or on moves no other.
    without = layout("net", cidr, ZONES[:zones], [UNUSED | {**specs[0], "type": "Unused"}, *specs[1:]])
    assert {subnet.cidr for subnet in without} <= {subnet.cidr for subnet in subnets}


class Monitor(mocks.MockMonitor):
    """Answers as the engine would; keeps each `requests` by type and name, and the component's `outputs`."""

    def __init__(self, *, preview: bool = False):
        super().__init__(mocks=None)  # type: ignore[arg-type] - nothing asks them
        self.preview = preview
        self.requests: dict[str, Any] = {}
        self.outputs: dict[str, Any] = {}

    def RegisterResource(self, request: Any) -> Any:
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type != "pulumi:pulumi:Stack":
            self.requests[_label(urn)] = request
        id = UNKNOWN if self.preview else f"{request.name}-id"
        outputs = encode(decode(request.object)[0] | {"allocationId": id})
        return resource_pb2.RegisterResourceResponse(urn=urn, id="" if self.preview else id, object=outputs)

    def Invoke(self, request: Any) -> Any:
        assert request.tok == "aws:index/getAvailabilityZones:getAvailabilityZones"
        return resource_pb2.ResourceInvokeResponse(**{"return": encode({"names": ZONES})})  # pyright: ignore

    def RegisterResourceOutputs(self, request: Any) -> Any:
        if "awsx:ec2:Vpc" in request.urn:
            self.outputs = decode(request.outputs)[0]
        return super().RegisterResourceOutputs(request)

    def inputs(self, label: str) -> dict[str, Any]:
        return decode(self.requests[label].object)[0]


def _label(urn: str) -> str:
    kind = urn.split("::")[2].rpartition("$")[2]
    return "component" if kind == "awsx:ec2:Vpc" else f"{kind.rpartition(':')[2]} {urn.rpartition('::')[2]}"


def build(preview: bool = False, **inputs: Any) -> Monitor:
    """Construct the component `net`: public, private and isolated subnets in two zones, unless `inputs` differ."""
    monitor = Monitor(preview=preview)
    inputs = {
        "subnetStrategy": "Auto",
        "availabilityZoneNames": ZONES[:2],
        "subnetSpecs": [PUBLIC, PRIVATE, ISOLATED],
    } | inputs

    def construct() -> None:
        given = {name: value for name, value in inputs.items() if value is not None}
        Vpc("net", given, pulumi.ResourceOptions())

    def run() -> None:
        engine = mocks.MockEngine(logging.getLogger(__name__))
        runtime.configure(runtime.Settings("project", "test", monitor, engine, dry_run=preview))
        with asyncio.Runner() as runner:
            runner.run(runtime.run_in_stack(construct))

    contextvars.copy_context().run(run)
    return monitor


def test_the_tree_is_that_of_the_real_plugin():
    built = build(natGateways={"strategy": "Single"})
    expected = {
        "Vpc net": "component",
        "InternetGateway net": "Vpc net",
        "Eip net-1": "Subnet net-public-1",
        "NatGateway net-1": "Subnet net-public-1",
    }
    for kind, zone in itertools.product(("public", "private", "isolated"), (1, 2)):
        name = f"net-{kind}-{zone}"
        expected[f"Subnet {name}"] = "Vpc net"
        expected[f"RouteTable {name}"] = f"Subnet {name}"
        expected[f"RouteTableAssociation {name}"] = f"RouteTable {name}"
        if kind != "isolated":
            expected[f"Route {name}"] = f"RouteTable {name}"
    children = {label: request for label, request in built.requests.items() if label != "component"}
    assert {label: _label(request.parent) for label, request in children.items()} == expected
    for label, request in children.items():
        if label != "Vpc net":
            assert expected[label] in map(_label, request.dependencies), f"{label} may come before its parent"


@pytest.mark.parametrize(
    ("strategy", "gateways", "routes"),
    [
        ("None", [], {}),
        ("Single", ["net-1"], {"net-private-1": "net-1-id", "net-private-2": "net-1-id"}),
        ("OnePerAz", ["net-1", "net-2"], {"net-private-1": "net-1-id", "net-private-2": "net-2-id"}),
    ],
)
def test_the_private_subnets_go_out_through_nat(strategy: str, gateways: list[str], routes: dict[str, str]):
    # The real plugin builds the public subnets first, in whatever order they are given.
    built = build(natGateways={"strategy": strategy}, subnetSpecs=[PRIVATE, PUBLIC])
    for kind in ("NatGateway", "Eip"):
        assert {label for label in built.requests if label.startswith(kind)} == {f"{kind} {n}" for n in gateways}
    ways = {label: built.inputs(label) for label in built.requests if label.startswith("Route ")}
    nat = {label[6:]: way["natGatewayId"] for label, way in ways.items() if "natGatewayId" in way}
    assert nat == routes
    internet = {label[6:] for label, way in ways.items() if way.get("gatewayId") == "net-id"}
    assert internet == {"net-public-1", "net-public-2"}
    assert {way["destinationCidrBlock"] for way in ways.values()} == {"0.0.0.0/0"}


def test_one_gateway_a_zone_is_the_default():
    assert {"NatGateway net-1", "NatGateway net-2"} <= set(build().requests)


def test_tags_are_those_of_the_real_plugin():
    own = {"Name": "net-public-1", "SubnetType": "Public"}
    built = build(tags={"Project": "x"}, subnetSpecs=[PUBLIC | {"tags": {"role": "elb"}}, PRIVATE])
    tags = {label: built.inputs(label).get("tags") for label in built.requests}
    assert tags["Vpc net"] == tags["InternetGateway net"] == {"Name": "net", "Project": "x"}
    assert tags["Subnet net-public-1"] == own | {"Project": "x", "role": "elb"}
    assert tags["RouteTable net-public-1"] == own | {"Project": "x"}
    assert tags["NatGateway net-1"] == tags["Eip net-1"] == {"Name": "net-1", "Project": "x"}


def test_the_outputs_tell_subnets_apart():
    outputs = build().outputs
    for kind in ("public", "private", "isolated"):
        assert outputs[f"{kind}SubnetIds"] == [f"net-{kind}-1-id", f"net-{kind}-2-id"]
        assert len(outputs[f"{kind}Subnets"]) == 2
    assert outputs["vpcId"] == "net-id"
    assert [len(outputs[name]) for name in ("subnets", "routeTables", "natGateways", "eips")] == [6, 6, 2, 2]
    assert outputs["subnetLayout"] == [PUBLIC, PRIVATE, ISOLATED]


def test_the_outputs_are_those_of_the_sdk():
    declared = {name for name, member in vars(awsx.ec2.Vpc).items() if isinstance(member, property)}
    names = _types.resource_pulumi_to_py_names(awsx.ec2.Vpc)
    assert {names.get(name, name) for name in build().outputs} == declared


def test_a_preview_knows_the_tree_but_no_ids():
    built = build(preview=True)
    assert built.requests.keys() == build().requests.keys()
    assert built.outputs["vpcId"] == UNKNOWN and built.outputs["privateSubnetIds"] == [UNKNOWN, UNKNOWN]


def test_zones_are_the_regions_first_where_none_are_named():
    number = {"availabilityZoneNames": None, "numberOfAvailabilityZones": 2}
    for chosen, zones in ((number, ZONES[:2]), (number | {"numberOfAvailabilityZones": None}, ZONES[:3])):
        built = build(False, **chosen)
        there = {built.inputs(label)["availabilityZone"] for label in built.requests if label.startswith("Subnet")}
        assert sorted(there) == zones


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"subnetStrategy": "Legacy"}, "knows Auto only"),
        ({"subnetStrategy": "Exact"}, "knows Auto only"),
        ({"subnetStrategy": None}, "knows Auto only"),
        ({"subnetSpecs": None}, "with subnetSpecs"),
        ({"subnetSpecs": [PUBLIC, PRIVATE | {"cidrBlocks": ["10.0.0.0/24"]}]}, "does not know cidrBlocks"),
        ({"natGateways": {"elasticIpAllocationIds": ["eipalloc-1"]}}, "does not know elasticIpAllocationIds"),
        ({"vpcEndpointSpecs": [{"serviceName": "s3"}]}, "does not know vpcEndpointSpecs"),
        ({"numberOfAvailabilityZones": 2}, "only one can be given"),
        ({"availabilityZoneNames": None, "numberOfAvailabilityZones": 7}, "the region has 6, not 7"),
        ({"subnetSpecs": [PUBLIC], "natGateways": {"strategy": "Single"}}, "needs public and private subnets"),
        ({"subnetSpecs": [PRIVATE]}, "the strategy OnePerAz needs public and private subnets"),
        ({"subnetSpecs": [PUBLIC, PRIVATE | {"cidrMask": 16}]}, "make cidrBlock larger"),
    ],
)
def test_what_the_real_plugin_or_this_one_cannot_do_is_refused(inputs: dict[str, Any], reason: str):
    with pytest.raises(ValueError, match=reason):
        build(**inputs)


def test_the_engine_is_told_why_it_is_refused():
    command = [sys.executable, "-m", "offline.stand_ins.awsx", "127.0.0.1:1"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        with grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}") as channel:
            request = messages.ConstructRequest(type="awsx:ecr:Repository", name="net", project="p", stack="s")
            with pytest.raises(grpc.RpcError) as refused:
                ResourceProviderStub(channel).Construct(request)
        process.terminate()
    assert "INVALID_ARGUMENT" in str(refused.value)
    assert "the stand-in for awsx has no awsx:ecr:Repository" in str(refused.value)
