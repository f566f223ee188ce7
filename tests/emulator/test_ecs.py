"""ECS: services read back what they were given, and change by deployments."""

import uuid
from typing import Any

import pytest


def register(client: Any, family: str, version: str) -> str:
    return client("ecs").register_task_definition(
        family=family,
        cpu="256",
        memory="512",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        containerDefinitions=[
            {
                "name": "orthanc",
                "image": "orthanc",
                "environment": [{"name": "VERSION", "value": version}],
                "portMappings": [{"containerPort": 8042}],
                "healthCheck": {"command": ["CMD", "true"]},
            }
        ],
    )["taskDefinition"]["taskDefinitionArn"]


@pytest.fixture
def service(client: Any, network: Any) -> dict[str, str]:
    name = f"s-{uuid.uuid4().hex[:8]}"
    client("ecs").create_cluster(clusterName="cluster")
    client("ecs").create_service(
        cluster="cluster",
        serviceName=name,
        taskDefinition=register(client, name, "1"),
        desiredCount=2,
        launchType="FARGATE",
        enableExecuteCommand=True,
        healthCheckGracePeriodSeconds=60,
        availabilityZoneRebalancing="DISABLED",
        deploymentConfiguration={
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "minimumHealthyPercent": 50,
        },
        networkConfiguration={
            "awsvpcConfiguration": {"subnets": network["subnets"], "securityGroups": [network["group"]]}
        },
    )
    return {"cluster": "cluster", "service": name}


def describe(client: Any, service: dict[str, str]) -> Any:
    found = client("ecs").describe_services(cluster=service["cluster"], services=[service["service"]])
    return found["services"][0]


def test_a_service_reads_back_its_settings_and_is_steady_at_once(client: Any, service: Any) -> None:
    found = describe(client, service)
    assert found["deploymentConfiguration"]["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert found["deploymentConfiguration"]["minimumHealthyPercent"] == 50
    assert found["deploymentConfiguration"]["maximumPercent"] == 200
    assert found["healthCheckGracePeriodSeconds"] == 60
    assert found["enableExecuteCommand"] is True
    assert found["availabilityZoneRebalancing"] == "DISABLED"
    assert found["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "DISABLED"
    assert (found["runningCount"], found["pendingCount"]) == (2, 0)
    assert [each["rolloutState"] for each in found["deployments"]] == ["COMPLETED"]


def test_a_new_task_definition_is_a_new_deployment_and_another_count_is_not(client: Any, service: Any) -> None:
    ecs = client("ecs")
    first = describe(client, service)["deployments"][0]["id"]
    ecs.update_service(**service, desiredCount=3)
    scaled = describe(client, service)
    assert (scaled["deployments"][0]["id"], scaled["runningCount"]) == (first, 3)
    newer = register(client, service["service"], "2")
    ecs.update_service(**service, taskDefinition=service["service"])
    deployed = describe(client, service)
    assert deployed["taskDefinition"] == deployed["deployments"][0]["taskDefinition"] == newer
    assert deployed["deployments"][0]["id"] != first
    ecs.update_service(**service, forceNewDeployment=True)
    assert describe(client, service)["deployments"][0]["id"] != deployed["deployments"][0]["id"]


def test_what_ecs_refuses(client: Any, service: Any, refused: Any) -> None:
    ecs, invalid = client("ecs"), "InvalidParameterException"
    again = {"cluster": "cluster", "serviceName": service["service"], "taskDefinition": service["service"]}
    assert refused(ecs.create_service, **again) == invalid
    balancing = {"availabilityZoneRebalancing": "ENABLED", "deploymentConfiguration": {"maximumPercent": 100}}
    assert refused(ecs.update_service, **service, **balancing) == invalid
    balancer = {"targetGroupArn": "arn:none", "containerName": "orthanc", "containerPort": 8042}
    other = {**again, "serviceName": "other", "loadBalancers": [balancer]}
    assert refused(ecs.create_service, **other) == invalid, "the target group has no load balancer"


def test_a_deleted_service_is_listed_no_more(client: Any, service: Any, refused: Any) -> None:
    ecs = client("ecs")
    ecs.delete_service(**service, force=True)
    assert describe(client, service)["status"] == "INACTIVE"
    assert not any(service["service"] in arn for arn in ecs.list_services(cluster="cluster")["serviceArns"])
    assert refused(ecs.update_service, **service, desiredCount=1) == "ServiceNotActiveException"


def test_container_definitions_have_awss_defaults(client: Any) -> None:
    arn = register(client, "defaults", "1")
    found = client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
    container = found["containerDefinitions"][0]
    assert container["portMappings"] == [{"containerPort": 8042, "hostPort": 8042, "protocol": "tcp"}]
    assert container["healthCheck"] == {"command": ["CMD", "true"], "interval": 30, "timeout": 5, "retries": 3}
    assert container["systemControls"] == []
