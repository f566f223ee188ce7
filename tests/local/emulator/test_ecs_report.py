"""What the task runner reports is what ECS shows; moto runs in the test's own process here."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.emulator.overlay import ecs
from local.workspace import Workspace


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        ecs.configure(Workspace(tmp_path), tasks=True)
        client = boto3.client("ecs", region_name="us-east-1")
        client.create_cluster(clusterName="cluster")
        for version in "12":
            container = {"name": "orthanc", "image": f"orthanc:{version}", "memory": 512}
            client.register_task_definition(family="orthanc", containerDefinitions=[container])
        client.create_service(cluster="cluster", serviceName="orthanc", taskDefinition="orthanc:1", desiredCount=1)
        yield client
        ecs.configure(Workspace(tmp_path), tasks=False)


def shown(service: Any) -> tuple[int, int, list[tuple[str, str, str]]]:
    found = service.describe_services(cluster="cluster", services=["orthanc"])["services"][0]
    deployments = [
        (each["status"], each["taskDefinition"].rpartition("/")[2], each["rolloutState"])
        for each in found["deployments"]
    ]
    return found["runningCount"], found["pendingCount"], deployments


def test_a_service_is_steady_when_the_runner_says_so(service: Any) -> None:
    assert shown(service) == (0, 1, [("PRIMARY", "orthanc:1", "IN_PROGRESS")])
    ecs.report("cluster", "orthanc", running=1, pending=0, rollout_state="COMPLETED")
    assert shown(service) == (1, 0, [("PRIMARY", "orthanc:1", "COMPLETED")])


def test_an_older_deployment_stays_until_the_new_one_is_complete(service: Any) -> None:
    ecs.report("cluster", "orthanc", running=1, pending=0, rollout_state="COMPLETED")
    service.update_service(cluster="cluster", service="orthanc", taskDefinition="orthanc:2")
    both = [("PRIMARY", "orthanc:2", "IN_PROGRESS"), ("ACTIVE", "orthanc:1", "COMPLETED")]
    assert shown(service) == (1, 0, both)
    arn = service.list_services(cluster="cluster")["serviceArns"][0]
    ecs.report("arn:aws:ecs:us-east-1:123456789012:cluster/cluster", arn, running=1, pending=0)
    assert shown(service)[2] == both
    ecs.report("cluster", "orthanc", running=1, pending=0, rollout_state="COMPLETED")
    assert shown(service)[2] == [("PRIMARY", "orthanc:2", "COMPLETED")]


def test_a_report_of_the_deployment_before_is_not_taken_for_the_new_ones(service: Any) -> None:
    [before] = service.describe_services(cluster="cluster", services=["orthanc"])["services"][0]["deployments"]
    service.update_service(cluster="cluster", service="orthanc", taskDefinition="orthanc:2")
    ecs.report("cluster", "orthanc", running=1, pending=0, rollout_state="COMPLETED", deployment=before["id"])
    assert shown(service)[2][0] == ("PRIMARY", "orthanc:2", "IN_PROGRESS")


def test_a_failed_deployment_is_rolled_back(service: Any) -> None:
    previous = service.describe_task_definition(taskDefinition="orthanc:1")["taskDefinition"]
    service.update_service(cluster="cluster", service="orthanc", taskDefinition="orthanc:2")
    ecs.report(
        "cluster",
        "orthanc",
        running=0,
        pending=1,
        rollout_state="FAILED",
        reason="tasks failed to start.",
        task_definition=previous["taskDefinitionArn"],
    )
    assert shown(service)[2][:2] == [
        ("PRIMARY", "orthanc:1", "IN_PROGRESS"),
        ("ACTIVE", "orthanc:2", "FAILED"),
    ]
    found = service.describe_services(cluster="cluster", services=["orthanc"])["services"][0]
    assert found["events"][0]["message"].endswith("deployment failed: tasks failed to start.")


def test_a_service_that_is_gone_is_ignored(service: Any) -> None:
    ecs.report("cluster", "none", running=1, pending=0)
    service.delete_service(cluster="cluster", service="orthanc", force=True)
    ecs.report("cluster", "orthanc", running=1, pending=0, rollout_state="COMPLETED")
    assert shown(service) == (0, 0, [])


GROUP = "/aws/ecs/containerinsights/cluster/performance"


def turn(service: Any, value: str) -> None:
    service.update_cluster(cluster="cluster", settings=[{"name": "containerInsights", "value": value}])


def test_ecs_creates_the_group_of_container_insights_and_once_more_after_it_is_deleted(service: Any) -> None:
    logs = boto3.client("logs", region_name="us-east-1")

    def there() -> bool:
        return bool(logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"])

    turn(service, "enhanced")
    assert not there(), "no task has run yet"
    ecs.report("cluster", "orthanc", running=1, pending=0)
    assert there()
    with pytest.raises(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=GROUP)
    turn(service, "disabled")
    logs.delete_log_group(logGroupName=GROUP)
    assert there(), "a write was under way"
    logs.delete_log_group(logGroupName=GROUP)
    assert not there()
    turn(service, "enabled")
    assert there(), "a task runs already"
