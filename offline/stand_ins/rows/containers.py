"""ECR and ECS."""

import json
import time
from typing import Any

from offline.stand_ins.codec import Values
from offline.stand_ins.servicer import Refused
from offline.stand_ins.table import Call, Import, Read, row

_REPOSITORY = {"repositoryName": "$name"}


def _holds_images(client: Any, state: Values) -> str | None:
    images = client.list_images(repositoryName=state["id"])["imageIds"]
    if not images or state.get("forceDelete"):
        return None
    return (
        f"RepositoryNotEmptyException: {state['id']} holds images: set forceDelete, run pulumi up, destroy again"
    )


row(
    "ecr/repository:Repository",
    "ecr",
    Call("create_repository", _REPOSITORY, mapped=True),
    "$name",
    Read("describe_repositories", {"repositoryNames": ["$id"]}, "repositories[0]"),
    updates=(
        Call("put_image_tag_mutability", _REPOSITORY, mapped=True, when="imageTagMutability"),
        Call("put_image_scanning_configuration", _REPOSITORY, mapped=True, when="imageScanningConfiguration"),
    ),
    delete=(Call("delete_repository", _REPOSITORY | {"force": "$forceDelete"}),),
    fixed="name encryptionConfigurations",
    names={"name": "repositoryName"},
    outputs={"repositoryUrl": "repositoryUri", "arn": "repositoryArn"},
    named="name 256",
    unread={"forceDelete": "is the provider's own"},
    suppress={"encryptionConfigurations": lambda new, read: not new.get("encryptionConfigurations")},
    prepare=_holds_images,
)

_POLICY = {"repositoryName": "$repository"}

row(
    "ecr/lifecyclePolicy:LifecyclePolicy",
    "ecr",
    Call("put_lifecycle_policy", _POLICY | {"lifecyclePolicyText": "$policy"}),
    "$repository",
    Read("get_lifecycle_policy", _POLICY),
    updates=(Call("put_lifecycle_policy", _POLICY | {"lifecyclePolicyText": "$policy"}),),
    delete=(Call("delete_lifecycle_policy", _POLICY),),
    fixed="repository",
    names={"repository": "repositoryName", "policy": "lifecyclePolicyText"},
)

row(
    "ecs/cluster:Cluster",
    "ecs",
    Call("create_cluster", {"clusterName": "$name"}, mapped=True),
    "cluster.clusterArn",
    Read("describe_clusters", {"clusters": ["$id"]}, "clusters[0]"),
    live="status=='ACTIVE'",
    updates=(Call("update_cluster", {"cluster": "$id"}, mapped=True),),
    delete=(Call("delete_cluster", {"cluster": "$id"}),),
    fixed="name",
    names={"name": "clusterName"},
    outputs={"arn": "clusterArn"},
    named="name 255",
)


def _registered(state: Values) -> Values:
    return {"containerDefinitions": json.loads(state["containerDefinitions"])}


row(
    "ecs/taskDefinition:TaskDefinition",
    "ecs",
    Call("register_task_definition", _registered, mapped=True),
    "taskDefinition.taskDefinitionArn",
    Read("describe_task_definition", {"taskDefinition": "$id"}, "taskDefinition"),
    live="status=='ACTIVE'",
    delete=(Call("deregister_task_definition", {"taskDefinition": "$id"}),),
    fixed="*",
    outputs={"arn": "taskDefinitionArn"},
)

_CONFIGURATION = {
    "deploymentCircuitBreaker": "deploymentCircuitBreaker",
    "deploymentMaximumPercent": "maximumPercent",
    "deploymentMinimumHealthyPercent": "minimumHealthyPercent",
}


def _service(state: Values) -> Values:
    """Two groups of settings that the API nests differently than the SDK."""
    network = state["networkConfiguration"]
    deployment = {api: state[name] for name, api in _CONFIGURATION.items() if state.get(name) is not None}
    return {
        "deploymentConfiguration": deployment,
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "subnets": network["subnets"],
                "securityGroups": network.get("securityGroups", []),
                "assignPublicIp": "ENABLED" if network.get("assignPublicIp") else "DISABLED",
            }
        },
    }


def _updated(state: Values) -> Values:
    return {**_service(state), "cluster": state["cluster"], "service": state["id"]}


_STEADY_SECONDS = 300
_POLL_SECONDS = 0.3


def _steady(client: Any, state: Values) -> None:
    """Wait for the newest deployment if waitForSteadyState is set. Raises Refused on a rollback or failure."""
    if not state.get("waitForSteadyState"):
        return
    deadline, first = time.monotonic() + _STEADY_SECONDS, ""
    while True:
        [service] = client.describe_services(cluster=state["cluster"], services=[state["id"]])["services"]
        primary = service["deployments"][0]
        first = first or primary["id"]
        rollout, reason = primary["rolloutState"], primary.get("rolloutStateReason", "")
        if rollout == "FAILED" or primary["id"] != first:
            raise Refused(f"the deployment of {service['serviceName']} failed and was rolled back: {reason}")
        if rollout == "COMPLETED" and service["runningCount"] == service["desiredCount"]:
            return
        if time.monotonic() > deadline:
            raise Refused(f"{service['serviceName']} is not steady after {_STEADY_SECONDS} s: {reason}")
        time.sleep(_POLL_SECONDS)


row(
    "ecs/service:Service",
    "ecs",
    Call("create_service", _service, mapped=True),
    "service.serviceArn",
    Read(
        "describe_services",
        lambda state: {"cluster": state["id"].split("/")[1], "services": [state["id"]]},
        "services[0].merge(@, {deploymentConfiguration: null, NetworkConfiguration:"
        " networkConfiguration.awsvpcConfiguration.{subnets: subnets, securityGroups: securityGroups,"
        " assignPublicIp: assignPublicIp=='ENABLED'}, networkConfiguration: null,"
        " deploymentCircuitBreaker: deploymentConfiguration.deploymentCircuitBreaker,"
        " deploymentMaximumPercent: deploymentConfiguration.maximumPercent,"
        " deploymentMinimumHealthyPercent: deploymentConfiguration.minimumHealthyPercent})",
    ),
    live="status!='INACTIVE'",
    updates=(Call("update_service", _updated, mapped=True, if_changed="desiredCount"),),
    delete=(Call("delete_service", {"cluster": "$cluster", "service": "$id", "force": True}),),
    fixed="name cluster launchType schedulingStrategy",
    names={"name": "serviceName", "cluster": "clusterArn"},
    outputs={"arn": "serviceArn"},
    named="name 255",
    imported=Import(
        r"(?P<cluster>[^:/]+)/(?P<name>[^:/]+)",
        Read("describe_services", {"cluster": "$cluster", "services": ["$name"]}, "services[0].serviceArn"),
    ),
    unread={"forceNewDeployment": "is about the call", "waitForSteadyState": "is the provider's own"},
    finish=_steady,
)
