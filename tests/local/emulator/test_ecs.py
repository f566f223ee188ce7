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


def test_what_scales_a_service_has_tags_and_goes_with_its_target(client: Any, service: Any, refused: Any) -> None:
    scaling = client("application-autoscaling")
    scaled = {
        "ServiceNamespace": "ecs",
        "ScalableDimension": "ecs:service:DesiredCount",
        "ResourceId": f"service/{service['cluster']}/{service['service']}",
    }
    arn = scaling.register_scalable_target(**scaled, MinCapacity=1, MaxCapacity=2)["ScalableTargetARN"]
    scaling.tag_resource(ResourceARN=arn, Tags={"Stack": "test", "Owner": "radiology"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["Owner"])
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"Stack": "test"}
    metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
    tracking = {"TargetValue": 60.0, "PredefinedMetricSpecification": metric}
    named = {**scaled, "PolicyName": "cpu"}
    for _ in range(2):
        scaling.put_scaling_policy(
            **named, PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration=tracking
        )
    alarms = client("cloudwatch")
    assert len(alarms.describe_alarms()["MetricAlarms"]) == 2, "the alarms of before stay"
    scaling.deregister_scalable_target(**scaled)
    assert not alarms.describe_alarms()["MetricAlarms"]
    assert refused(scaling.delete_scaling_policy, **named) == "ObjectNotFoundException"
    assert refused(scaling.deregister_scalable_target, **scaled) == "ObjectNotFoundException"
    assert refused(scaling.list_tags_for_resource, ResourceARN=arn) == "ResourceNotFoundException"


def test_capacity_is_what_the_cluster_offers(client: Any, service: Any, refused: Any) -> None:
    ecs, invalid = client("ecs"), "InvalidParameterException"
    spot = {"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]}
    other = {"cluster": "cluster", "serviceName": "other", "taskDefinition": service["service"]}
    assert refused(ecs.create_service, **other, **spot) == invalid, "the cluster has no such provider"
    ecs.put_cluster_capacity_providers(
        cluster="cluster", capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
    )
    assert refused(ecs.create_service, **other, **spot, launchType="FARGATE") == invalid
    ecs.update_service(**service, **spot)
    [deployment, *_] = describe(client, service)["deployments"]
    assert deployment["capacityProviderStrategy"][0]["capacityProvider"] == "FARGATE_SPOT"
