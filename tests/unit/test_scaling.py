"""How many tasks there are, on what they run, and how many connections each opens."""

from typing import Any

import pytest

from components.config import connections
from components.config.data import DataSettings
from components.config.parse import parse
from tests.unit.program import Program, deployed

SCALED = {"enableMultiAz": "true", "maxTasks": "4"}


def strategy(**settings: str) -> dict[str, tuple[int, int]]:
    service = deployed(**settings).one("Service")
    assert "launchType" not in service.inputs, "AWS refuses it beside a strategy"
    assert service.inputs["forceNewDeployment"], "another share of Spot would replace the service"
    assert service.waits_for(deployed(**settings).one("ClusterCapacityProviders"))
    shares = service.inputs["capacityProviderStrategies"]
    return {each["capacityProvider"]: (each["base"], each["weight"]) for each in shares}


@pytest.mark.parametrize(
    ("percent", "expected"),
    [
        ("0", {"FARGATE": (1, 100)}),
        ("30", {"FARGATE": (1, 70), "FARGATE_SPOT": (0, 30)}),
        ("100", {"FARGATE_SPOT": (0, 100)}),
    ],
)
def test_spot_has_the_share_that_it_is_given(percent: str, expected: dict[str, tuple[int, int]]):
    assert strategy(fargateSpotPercent=percent) == expected


@pytest.mark.parametrize(("architecture", "platform"), [("X86_64", "linux/amd64"), ("ARM64", "linux/arm64")])
def test_the_image_is_built_for_the_processors_that_run_it(architecture: str, platform: str):
    program = deployed(cpuArchitecture=architecture)
    assert program.one("TaskDefinition").inputs["runtimePlatform"]["cpuArchitecture"] == architecture
    assert program.one("Image").inputs["build"]["platform"] == platform


def tracked(program: Program) -> dict[str, Any]:
    policies = [each.inputs for each in program.all("Policy") if each.kind.startswith("aws:appautoscaling/")]
    return {
        each["predefinedMetricSpecification"]["predefinedMetricType"]: each
        for each in (policy["targetTrackingScalingPolicyConfiguration"] for policy in policies)
    }


def test_load_decides_between_the_bounds():
    program = deployed(**SCALED, targetCpuPercent="50", targetRequestsPerTask="900")
    target = program.one("Target").inputs
    assert (target["minCapacity"], target["maxCapacity"]) == (2, 4)
    assert target["resourceId"] == "service/orthanc-0a1b2c3d/orthanc-name"
    assert target["scalableDimension"] == "ecs:service:DesiredCount"
    figures = tracked(program)
    assert figures["ECSServiceAverageCPUUtilization"]["targetValue"] == 50
    requests = figures["ALBRequestCountPerTarget"]
    assert requests["targetValue"] == 900
    label = "orthanc-http-arnSuffix/orthanc-http-arnSuffix"
    assert requests["predefinedMetricSpecification"]["resourceLabel"] == label


def test_a_task_that_load_added_is_not_taken_away_by_an_update():
    assert list(deployed(**SCALED).one("Service").request.ignoreChanges) == ["desiredCount"]
    assert not list(deployed(enableMultiAz="true").one("Service").request.ignoreChanges), (
        "nobody else would set it"
    )


def test_a_task_that_goes_ends_its_transfers_before_the_next_goes():
    program = deployed(**SCALED)
    delay = program.one("TargetGroup").inputs["deregistrationDelay"]
    assert all(each["scaleInCooldown"] >= delay > 0 for each in tracked(program).values())
    assert program.container()["stopTimeout"] == 120, "what Spot leaves a task, and the longest on Fargate"


@pytest.mark.parametrize("settings", [{}, {"enableMultiAz": "true"}, {"minTasks": "3", "maxTasks": "3"}])
def test_without_room_nothing_scales(settings: dict[str, str]):
    program = deployed(**settings)
    assert not program.all("TaskScaling") and not program.all("Target")
    assert program.one("Service").inputs["desiredCount"] == parse(settings).task_count


@pytest.mark.parametrize(
    ("instance_class", "gib"),
    [
        ("db.t4g.micro", 1),
        ("db.m7g.large", 8),
        ("db.m6i.4xlarge", 64),
        ("db.c6gd.medium", 2),
        ("db.new9.large", 4),
        ("db.m7g.micro", None),
        ("db.t4g.4xlarge", None),
    ],
)
def test_what_memory_a_class_has(instance_class: str, gib: int | None):
    assert connections.memory_gib(instance_class) == gib


@pytest.mark.parametrize(
    ("instance_class", "most", "each"),
    [
        ("db.t4g.micro", 1, 20),
        ("db.t4g.micro", 5, 5),
        ("db.t4g.small", 2, 20),
        ("db.m7g.large", 16, 14),
    ],
)
def test_connections_are_the_databases_shared_out(instance_class: str, most: int, each: int):
    settings = {"databaseInstanceClass": instance_class, "maxTasks": str(most)}
    assert deployed(**settings).orthanc()["PostgreSQL"]["IndexConnectionsCount"] == each


@pytest.mark.parametrize("name", ["db.t4g.micro", DataSettings().database_instance_class, "db.m7g.large"])
def test_all_tasks_together_leave_the_database_room(name: str):
    """Users report some 80 connections of the smallest class, of which RDS and superusers keep 5."""
    assert connections.of_all_tasks(name) <= 75 * (connections.memory_gib(name) or 0)
