"""The docker stand-in as the engine speaks to it: the process, its port, a resource's life. No docker."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub
from pulumi.runtime.rpc import UNKNOWN

ROOT = Path(__file__).parents[3]
INPUTS: dict[str, Any] = {
    "imageName": "127.0.0.1:5000/orthanc:1",
    "build": {"context": "docker", "dockerfile": "docker/Dockerfile"},
    "registry": {"server": "http://127.0.0.1:5000", "username": "AWS", "password": "one"},
}


def struct(values: dict[str, Any]) -> Struct:
    return ParseDict(values, Struct())


@pytest.fixture(scope="module")
def plugin() -> Iterator[Any]:
    command = [sys.executable, "-m", "offline.stand_ins.docker", "127.0.0.1:1"]
    environment = os.environ | {"ORTHANC_LOCAL_ROOT": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        with grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}") as channel:
            yield ResourceProviderStub(channel)
        process.terminate()


def checked(plugin: Any, **changed: Any) -> dict[str, Any]:
    answer = plugin.Check(messages.CheckRequest(news=struct(INPUTS | changed)))
    assert not answer.failures
    return MessageToDict(answer.inputs)


def test_check_adds_the_digest_of_the_context(plugin: Any):
    assert len(checked(plugin)["build"]["contextDigest"]) == 64


def test_check_refuses_a_registry_elsewhere(plugin: Any):
    name = "012345678901.dkr.ecr.eu-west-1.amazonaws.com/orthanc:1"
    answer = plugin.Check(messages.CheckRequest(news=struct(INPUTS | {"imageName": name})))
    assert "open a fresh shell" in answer.failures[0].reason


def test_what_is_the_same_is_no_change(plugin: Any):
    old = checked(plugin)
    new = checked(plugin, registry=INPUTS["registry"] | {"password": "two"})
    answer = plugin.Diff(messages.DiffRequest(old_inputs=struct(old), news=struct(new)))
    assert answer.changes == messages.DiffResponse.DIFF_NONE
    new = checked(plugin, imageName="127.0.0.1:5000/orthanc:2")
    answer = plugin.Diff(messages.DiffRequest(old_inputs=struct(old), news=struct(new)))
    assert (answer.changes, list(answer.diffs)) == (messages.DiffResponse.DIFF_SOME, ["imageName"])
    assert not answer.replaces, "the real plugin builds anew in place"


def test_a_preview_builds_nothing_and_knows_no_digest(plugin: Any):
    inputs = checked(plugin, imageName=UNKNOWN)
    created = plugin.Create(messages.CreateRequest(properties=struct(inputs), preview=True))
    assert MessageToDict(created.properties)["repoDigest"] == UNKNOWN
    updated = plugin.Update(messages.UpdateRequest(news=struct(inputs), preview=True))
    assert MessageToDict(updated.properties)["repoDigest"] == UNKNOWN


def test_what_only_the_update_knows_is_refused_there(plugin: Any):
    inputs = checked(plugin, imageName=UNKNOWN) | {"imageName": "registry.example/orthanc:1"}
    with pytest.raises(grpc.RpcError) as caught:
        urn = "urn:pulumi:dev::orthanc::docker:index/image:Image::orthanc-image"
        plugin.Create(messages.CreateRequest(urn=urn, properties=struct(inputs)))
    assert "docker:index/image:Image orthanc-image: registry.example/orthanc:1 is not on lo" in str(caught.value)


def test_read_and_delete_leave_everything_as_it_is(plugin: Any):
    state = {"id": "name", "inputs": struct(INPUTS), "properties": struct({"imageName": "name"})}
    answer = plugin.Read(messages.ReadRequest(**state))
    assert (answer.id, MessageToDict(answer.inputs)) == ("name", INPUTS)
    plugin.Delete(messages.DeleteRequest(id="name"))
