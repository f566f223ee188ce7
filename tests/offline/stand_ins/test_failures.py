"""What the engine is told when something fails: the resource, AWS's operation, code and message, and a remedy."""

from typing import Any

import grpc
import pytest
from botocore.exceptions import ClientError
from google.rpc.status_pb2 import Status
from pulumi.runtime.proto import provider_pb2 as messages

from local.stack import SERVICES
from local.workspace import Workspace
from offline.stand_ins import failures
from offline.stand_ins.aws import Aws
from offline.stand_ins.codec import decode, encode
from offline.stand_ins.servicer import Plugin, Refused, Servicer
from offline.stand_ins.table import Call, Read, Row
from tests.offline.stand_ins.samples import World

KEYS = {"accessKey": "test", "secretKey": "test"}
SUBNET = "urn:pulumi:dev::orthanc::orthanc:network:NewVpc$aws:ec2/subnet:Subnet::orthanc-network-1"
NAMED = "aws:ec2/subnet:Subnet orthanc-network-1"


class Aborted(Exception):
    pass


class Context:
    """What the engine's side of a call sees."""

    def __init__(self) -> None:
        self.metadata: dict[str, bytes] = {}

    def set_trailing_metadata(self, metadata: Any) -> None:
        self.metadata = dict(metadata)

    def abort(self, code: grpc.StatusCode, text: str) -> None:
        raise Aborted(text)


def answered(plugin: Plugin, method: str, urn: str, **request: Any) -> tuple[str, Context]:
    """The text with which a call of the protocol fails."""
    servicer, context = Servicer(plugin, "127.0.0.1:1"), Context()
    kinds = {"Create": messages.CreateRequest, "Update": messages.UpdateRequest, "Read": messages.ReadRequest}
    kinds |= {"Delete": messages.DeleteRequest, "Check": messages.CheckRequest}
    with pytest.raises(Aborted) as told:
        getattr(servicer, method)(kinds[method](urn=urn, **request), context)
    return str(told.value), context


def test_a_call_that_aws_refuses_names_the_resource_and_what_to_do(aws: Aws):
    inputs = encode({"vpcId": "vpc-gone", "cidrBlock": "10.0.0.0/24"})
    told, _ = answered(aws, "Create", SUBNET, properties=inputs)
    assert told == (
        f"{NAMED}: CreateSubnet: AWS answers InvalidVpcID.NotFound: VpcID vpc-gone"
        " does not exist. Remedy: what was deleted outside Pulumi, pulumi refresh finds"
    )


def test_what_is_made_but_not_finished_is_told_likewise(aws: Aws, world: World):
    urn = "urn:pulumi:dev::orthanc::aws:cloudwatch/logGroup:LogGroup::orthanc"
    group = world.make("log-group")
    wanted = {**group.inputs, "kmsKeyId": world["key"].outputs["arn"]}  # which does not let CloudWatch in
    old, new = encode(group.inputs), encode(wanted)
    told, context = answered(aws, "Update", urn, id=group.id, olds=encode(group.outputs), old_inputs=old, news=new)
    assert told.startswith("aws:cloudwatch/logGroup:LogGroup orthanc: AssociateKmsKey: AWS answers ")
    [detail] = Status.FromString(context.metadata["grpc-status-details-bin"]).details
    kept = messages.ErrorResourceInitFailed()
    assert detail.Unpack(kept) and list(kept.reasons) == [told]
    assert decode(kept.inputs)[0] == wanted, "the state would forget what it was to be"


def test_a_type_without_a_row_names_the_file_to_write(aws: Aws):
    request = messages.CheckRequest(urn="urn:pulumi:dev::orthanc::aws:gamelift/alias:Alias::players")
    [failure] = Servicer(aws, "127.0.0.1:1").Check(request, Context()).failures  # type: ignore[arg-type]
    assert failure.reason.startswith("the stand-in has no resource aws:gamelift/alias:Alias. Remedy: add a row to")
    assert "offline/stand_ins/rows" in failure.reason and "tests/offline/stand_ins/samples.py" in failure.reason


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("ecs", "describe_service_deployments", {"serviceDeploymentArns": ["x"]}),
        ("backup", "create_framework", {"FrameworkName": "x", "FrameworkControls": []}),
        ("ec2", "delete_transit_gateway_connect", {"TransitGatewayAttachmentId": "x"}),
    ],
)
def test_what_the_emulator_does_not_have_names_where_to_add_it(
    aws: Aws, service: str, operation: str, arguments: dict[str, Any]
):
    row = Row("aws:x/x:X", service, Call(operation), "id", (Read(operation, {}),))
    with pytest.raises(
        Refused, match=r"the emulated AWS does not have this call.*Remedy: extend local/emulator/ov"
    ):
        aws._call(aws.client(service), row, Call(operation, arguments), {})


def test_an_aws_that_does_not_run_says_make_up(tmp_path: Any):
    plugin = Aws()
    endpoints = [dict.fromkeys(SERVICES, Workspace(tmp_path).endpoint)]
    plugin.configure({"endpoints": endpoints, "region": "us-east-1"} | KEYS)
    told, _ = answered(plugin, "Read", SUBNET, id="subnet-1")
    assert told.startswith(
        "aws:ec2/subnet:Subnet orthanc-network-1: DescribeSubnets: the embedded AWS does not answer"
    )
    assert told.endswith("Remedy: make up")
    request = messages.InvokeRequest(tok="aws:index/getCallerIdentity:getCallerIdentity")
    [failure] = Servicer(plugin, "127.0.0.1:1").Invoke(request, Context()).failures  # type: ignore[arg-type]
    assert failure.reason.endswith("Remedy: make up")


def test_an_input_without_a_place_names_the_row(aws: Aws):
    row = Row("aws:x/x:X", "ec2", Call("delete_vpc"), "id", (Read("describe_vpcs", {}),))
    with pytest.raises(Refused, match=r"(?s)DeleteVpc: .*Missing required.*Remedy: .*offline/stand_ins/rows"):
        aws._call(aws.client("ec2"), row, Call("delete_vpc", {}), {})


@pytest.mark.parametrize("method", ["Create", "Update", "Read", "Delete"])
def test_a_defect_of_the_stand_in_is_not_blamed_on_the_program(method: str):
    class Broken(Plugin):
        def create(self, *_: Any, **__: Any) -> Any:
            return {}["vpcId"]

        update = read = delete = create  # type: ignore[assignment]

    told, _ = answered(Broken(), method, SUBNET)
    assert told.startswith(
        "aws:ec2/subnet:Subnet orthanc-network-1: a defect of the stand-in, not of the program: Ke"
    )
    assert "test_failures.py, line " in told


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("BucketAlreadyOwnedByYou", "pulumi import"),
        ("DependencyViolation", "remove first what uses it"),
        ("ResourceInUseException", "remove first what uses it"),
        ("Throttling", ""),
    ],
)
def test_a_remedy_is_told_where_one_is_known(code: str, remedy: str):
    told = failures.told(ClientError({"Error": {"Code": code, "Message": "No."}}, "MakeIt"))
    assert told.startswith(f"MakeIt: AWS answers {code}: No.")
    assert remedy in told and ("Remedy" in told) == bool(remedy)
