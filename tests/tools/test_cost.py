"""What a stack costs, told from its preview."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from local import cli
from local.workspace import Workspace
from tools import cost
from tools.planned import Planned, planned

PROJECT = Path(__file__).parents[2]
# One on demand, of the others half on Spot.
MIXED = [
    {"capacityProvider": "FARGATE", "base": 1, "weight": 50},
    {"capacityProvider": "FARGATE_SPOT", "weight": 50},
]


def bill(*resources: Planned) -> float:
    return sum(line.usd for line in cost.bill(resources))


def of(kind: str, **inputs: Any) -> float:
    return bill(Planned(kind, "it", inputs))


def tasks(count: int, strategy: list[dict[str, Any]] | None = None, architecture: str = "X86_64") -> float:
    task = {"cpu": "2048", "memory": "4096", "runtimePlatform": {"cpuArchitecture": architecture}}
    service = {"desiredCount": count, "capacityProviderStrategies": strategy}
    return bill(Planned("TaskDefinition", "orthanc", task), Planned("Service", "orthanc", service))


def database(**inputs: Any) -> float:
    return of("Instance", **{"instanceClass": "db.t4g.micro", "allocatedStorage": 20} | inputs)


def endpoint(subnets: Any, kind: str = "Interface") -> float:
    return of("VpcEndpoint", vpcEndpointType=kind, subnetIds=subnets)


def test_costs_follow_what_is_deployed():
    spot = tasks(1, [{"capacityProvider": "FARGATE_SPOT", "weight": 1}])
    assert 60 < tasks(1) < 90, "not the monthly price of 2 vCPU and 4 GB"
    assert spot < tasks(1, architecture="ARM64") < tasks(1) == tasks(2) / 2
    assert tasks(2, MIXED) == pytest.approx(1.5 * tasks(1) + 0.5 * spot)
    assert database(multiAz=True) == 2 * database() < 2 * database(allocatedStorage=21)
    assert database() < database(manageMasterUserPassword=True) < database(instanceClass="db.m7g.large")
    assert endpoint("unknown") == endpoint(["a", "b"]) == 2 * endpoint(["a"]) > 0 == endpoint([], "Gateway")
    internal, public = {"internal": True, "subnets": ["a", "b"]}, {"loadBalancerType": "network", "subnets": ["a"]}
    assert 0 < of("LoadBalancer", **internal) < of("LoadBalancer", **public)
    assert 0 < of("WebAcl", rules=[{}]) < of("WebAcl", rules=[{}, {}])
    computed = [{"expression": "a / b"}, {"metric": {}}, {"metric": {}}]
    assert of("MetricAlarm", metricQueries=computed) == 2 * of("MetricAlarm", metricName="CPUUtilization") > 0
    assert of("Dashboard") > of("SecurityGroup") == 0


def test_what_has_no_price_is_told_and_not_left_out():
    with pytest.raises(ValueError, match=r"db\.x9\.large has no price in tools/prices\.py"):
        database(instanceClass="db.x9.large")


@pytest.mark.parametrize(
    ("storage_class", "told"),
    [
        ("INTELLIGENT_TIERING", "once nobody read it for 30 days"),
        ("GLACIER_IR", "to read it then"),
        ("", "on S3. A"),
    ],
)
def test_what_a_terabyte_costs_follows_the_storage_class(storage_class: str, told: str):
    moves = [{"days": 30, "storageClass": storage_class}] if storage_class else []
    bucket = Planned("BucketLifecycleConfiguration", "files", {"rules": [{"transitions": moves}]})
    assert told in cost.table([bucket])


def test_what_goes_costs_nothing():
    def step(op: str, name: str) -> dict[str, Any]:
        state = {"urn": f"urn:pulumi:dev::p::aws:kms/key:Key::{name}", "type": "aws:kms/key:Key", "inputs": {}}
        return {"op": op, "newState": state} if op != "delete" else {"op": op, "oldState": state}

    steps = [step("create", "new"), step("same", "old"), step("delete", "gone"), step("replace", "new")]
    assert bill(*planned({"steps": steps})) == 2 * of("Key") > 0


def test_nothing_to_read_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({"steps": []})))
    assert cost.main() == 1
    assert capsys.readouterr().err == "error: the preview plans nothing on AWS\n"


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_document_shows_what_the_stacks_cost(stack: str):
    text = (PROJECT / "docs/reference/cost.md").read_text()
    shown = text.partition(f"<!-- make cost STACK={stack} -->\n")[2].partition("\n<!-- end")[0]
    before = {file: file.read_bytes() for file in PROJECT.glob("Pulumi*.yaml")}
    assert cost.table(planned(json.loads(cli.preview(Workspace(PROJECT), stack)))) == shown
    assert {file: file.read_bytes() for file in PROJECT.glob("Pulumi*.yaml")} == before
