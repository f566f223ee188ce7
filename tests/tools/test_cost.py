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
TASK = Planned("TaskDefinition", "orthanc", {"cpu": "2048", "memory": "4096"})
ON_ARM = TASK._replace(inputs={**TASK.inputs, "runtimePlatform": {"cpuArchitecture": "ARM64"}})
MICRO = {"instanceClass": "db.t4g.micro", "allocatedStorage": 20}
MEASURED = [{"metric": {"metricName": "a"}}, {"metric": {"metricName": "b"}}]
SPOT = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
# One on demand, of the others half on Spot.
MIXED = [
    {"capacityProvider": "FARGATE", "base": 1, "weight": 50},
    {"capacityProvider": "FARGATE_SPOT", "weight": 50},
]


def bill(*resources: Planned) -> float:
    return round(sum(line.usd for line in cost.bill(resources)), 2)


@pytest.mark.parametrize(
    ("usd", "resources"),
    [
        (72.08, [TASK, Planned("Service", "orthanc", {"desiredCount": 1})]),
        (144.16, [TASK, Planned("Service", "orthanc", {"desiredCount": 2})]),
        (57.67, [ON_ARM, Planned("Service", "orthanc", {"desiredCount": 1})]),
        (21.62, [TASK, Planned("Service", "orthanc", {"desiredCount": 1, "capacityProviderStrategies": SPOT})]),
        (118.93, [TASK, Planned("Service", "orthanc", {"desiredCount": 2, "capacityProviderStrategies": MIXED})]),
        (13.98, [Planned("Instance", "index", {"instanceClass": "db.t4g.micro", "allocatedStorage": 20})]),
        (14.38, [Planned("Instance", "index", MICRO | {"manageMasterUserPassword": True})]),
        (
            268.28,
            [
                Planned(
                    "Instance", "i", {"instanceClass": "db.m7g.large", "allocatedStorage": 100, "multiAz": True}
                )
            ],
        ),
        (14.60, [Planned("VpcEndpoint", "logs", {"vpcEndpointType": "Interface", "subnetIds": ["a", "b"]})]),
        (14.60, [Planned("VpcEndpoint", "logs", {"vpcEndpointType": "Interface", "subnetIds": "unknown"})]),
        (0, [Planned("VpcEndpoint", "s3", {"vpcEndpointType": "Gateway"})]),
        (16.43, [Planned("LoadBalancer", "web", {"internal": True})]),
        (23.73, [Planned("LoadBalancer", "dicom", {"loadBalancerType": "network", "subnets": ["a", "b"]})]),
        (8.00, [Planned("WebAcl", "web", {"rules": [{}, {}, {}]})]),
        (0.10, [Planned("MetricAlarm", "busy", {"metricName": "CPUUtilization"})]),
        (
            0.20,
            [
                Planned(
                    "MetricAlarm", "errors", {"metricQueries": [{"expression": "a / b"}, *[{"metric": {}}] * 2]}
                )
            ],
        ),
        (3.00, [Planned("Dashboard", "all", {})]),
        (0, [Planned("SecurityGroup", "task", {})]),
    ],
)
def test_what_a_resource_costs(usd: float, resources: list[Planned]):
    assert bill(*resources) == usd


def test_what_has_no_price_is_told_and_not_left_out():
    with pytest.raises(ValueError, match=r"db\.x9\.large has no price in tools/prices\.py"):
        bill(Planned("Instance", "index", {"instanceClass": "db.x9.large", "allocatedStorage": 20}))


@pytest.mark.parametrize(
    ("storage_class", "older"),
    [
        ("INTELLIGENT_TIERING", "23.00 on S3, 17.50 once nobody read it for 30 days, 9.00 after 90."),
        ("GLACIER_IR", "23.00 on S3, 4.00 after 30 days and 30.00 to read it then."),
        ("", "23.00 on S3."),
    ],
)
def test_what_a_terabyte_costs_follows_the_storage_class(storage_class: str, older: str):
    moves = [{"days": 30, "storageClass": storage_class}] if storage_class else []
    bucket = Planned("BucketLifecycleConfiguration", "files", {"rules": [{"transitions": moves}]})
    assert f"a terabyte kept for a month {older} A study" in cost.table([bucket])


def test_what_goes_costs_nothing():
    def step(op: str, name: str) -> dict[str, Any]:
        state = {"urn": f"urn:pulumi:dev::p::aws:kms/key:Key::{name}", "type": "aws:kms/key:Key", "inputs": {}}
        return {"op": op, "newState": state} if op != "delete" else {"op": op, "oldState": state}

    steps = [step("create", "new"), step("same", "old"), step("delete", "gone"), step("replace", "new")]
    assert bill(*planned({"steps": steps})) == 2.00


def test_nothing_to_read_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({"steps": []})))
    assert cost.main() == 1
    assert capsys.readouterr().err == "error: the preview plans nothing on AWS\n"


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_document_shows_what_the_stacks_cost(stack: str):
    text = (PROJECT / "docs/cost.md").read_text()
    shown = text.partition(f"<!-- make cost STACK={stack} -->\n")[2].partition("\n<!-- end")[0]
    before = {file: file.read_bytes() for file in PROJECT.glob("Pulumi*.yaml")}
    assert cost.table(planned(json.loads(cli.preview(Workspace(PROJECT), stack)))) == shown
    assert {file: file.read_bytes() for file in PROJECT.glob("Pulumi*.yaml")} == before
