"""ECS services with all their settings and deployments; the runner reports which tasks are running.

moto drops most settings of a service, and has a single deployment that never changes.
"""

from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.utils import camelcase_to_underscores, utcnow
from moto.ecs.models import Cluster, EC2ContainerServiceBackend, Service, TaskDefinition, ecs_backends
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.elbv2.models import elbv2_backends
from moto.moto_api._internal import mock_random

from local.emulator.overlay import AwsError, Parameters, container_insights, fargate, operation, replaces
from local.workspace import Workspace

# The default values of CreateService that AWS returns (API reference).
SERVICE: Parameters = {
    "availabilityZoneRebalancing": "ENABLED",
    "capacityProviderStrategy": None,
    "enableECSManagedTags": False,
    "enableExecuteCommand": False,
    "healthCheckGracePeriodSeconds": 0,
    "platformVersion": "LATEST",
    "volumeConfigurations": [],
}
DEPLOYMENT_CONFIGURATION: Parameters = {
    "deploymentCircuitBreaker": {"enable": False, "rollback": False},
    "maximumPercent": 200,
    "minimumHealthyPercent": 100,
    "strategy": "ROLLING",
}
HEALTH_CHECK = {"interval": 30, "timeout": 5, "retries": 3}
REDEPLOYS = {
    "taskDefinition",
    "networkConfiguration",
    "loadBalancers",
    "platformVersion",
    "capacityProviderStrategy",
    "forceNewDeployment",
}
"""The settings whose update starts a new deployment; a change of the number of tasks does not."""

_steady_at_once = True


def configure(workspace: Workspace, *, tasks: bool) -> None:
    """Without a task runner there are no reports; a deployment is then complete as soon as it is created."""
    global _steady_at_once
    _steady_at_once = not tasks


def report(
    cluster: str,
    service: str,
    *,
    running: int,
    pending: int,
    rollout_state: str | None = None,
    reason: str = "",
    task_definition: str | None = None,
    deployment: str = "",
) -> None:
    """Record the running tasks of `service` (name or ARN) in `cluster` (name or ARN); called by the runner.

    `rollout_state` (IN_PROGRESS, COMPLETED, FAILED) and `reason` apply to the current deployment. COMPLETED ends
    the older deployments. FAILED together with the ARN of another `task_definition` is a rollback: the service
    returns to that task definition in a new deployment. A report is ignored if the service no longer exists, or if
    another deployment has replaced the reported `deployment` (its ID).
    """
    found = _service(cluster, service)
    if found is None or not found.deployments or deployment not in ("", found.deployments[0]["id"]):
        return
    found.running_count, found.pending_count = running, pending
    container_insights.write(found.cluster_name)
    current = found.deployments[0]
    current.update(runningCount=running, pendingCount=pending, updatedAt=utcnow())
    if rollout_state:
        current.update(rolloutState=rollout_state, rolloutStateReason=reason)
    if rollout_state == "COMPLETED":
        del found.deployments[1:]
    elif rollout_state == "FAILED" and task_definition not in (None, found.task_definition):
        _tell(found, f"(deployment {current['id']}) deployment failed: {reason}")
        found.task_definition = task_definition
        _deploy(found, reason)


def keep_within(cluster: str, service: str, least: int, most: int) -> None:
    """Adjust the number of tasks to the bounds, as Application Auto Scaling does.

    A service that no longer exists is ignored.
    """
    found = _service(cluster, service)
    if found and not least <= found.desired_count <= most:
        found.desired_count = min(max(found.desired_count, least), most)
        _settle(found)


def _service(cluster: str, service: str) -> Service | None:
    key = f"{cluster.rpartition('/')[2]}:{service.rpartition('/')[2]}"
    regions = list(ecs_backends[DEFAULT_ACCOUNT_ID].values())
    return next((backend.services[key] for backend in regions if key in backend.services), None)


def _tell(service: Service, what: str) -> None:
    """Add an event to the service, latest first; events remain after a deployment has ended."""
    event = {"id": str(mock_random.uuid4()), "createdAt": utcnow(), "message": f"(service {service.name}) {what}"}
    service.events.insert(0, event)


def _deploy(service: Service, reason: str = "") -> None:
    """Start a deployment of the service's task definition; older ones stay until it is complete."""
    for older in service.deployments:
        older["status"] = "ACTIVE"
    id = f"ecs-svc/{mock_random.randint(10**18, 10**19 - 1)}"
    deployment = {
        "id": id,
        "status": "PRIMARY",
        "taskDefinition": service.task_definition,
        "desiredCount": service.desired_count,
        "failedTasks": 0,
        "createdAt": utcnow(),
        "launchType": service.launch_type,
        "capacityProviderStrategy": vars(service).get("capacity_provider_strategy"),
        "platformFamily": "Linux",
        "platformVersion": service.platform_version,
        "networkConfiguration": service.network_configuration,
        "rolloutState": "IN_PROGRESS",
        "rolloutStateReason": reason or f"ECS deployment {id} in progress.",
    }
    service.deployments.insert(0, deployment)
    _settle(service)


def _settle(service: Service) -> None:
    """Count the tasks again after a change: all of them run at once, or the runner will report them."""
    service.deployments[0]["desiredCount"] = service.desired_count
    running = service.desired_count if _steady_at_once else min(service.running_count, service.desired_count)
    report(
        service.cluster_name,
        service.name,
        running=running,
        pending=service.desired_count - running,
        rollout_state="COMPLETED" if _steady_at_once else None,
        reason=f"ECS deployment {service.deployments[0]['id']} completed.",
    )


def _keep(service: Any, given: Parameters) -> None:
    for key, value in given.items():
        setattr(service, camelcase_to_underscores(key), value)
    if service.launch_type == "EC2" and given.get("capacityProviderStrategy"):
        service.launch_type = None
    for network in service.network_configuration.values():
        network.setdefault("assignPublicIp", "DISABLED")


def _check(backend: EC2ContainerServiceBackend, cluster: Cluster, given: Parameters, maximum_percent: int) -> None:
    """Reject the capacity, zone rebalancing and load balancer settings that AWS rejects."""
    if given.get("availabilityZoneRebalancing") == "ENABLED" and maximum_percent <= 100:
        raise AwsError(
            "InvalidParameterException",
            "AvailabilityZoneRebalancing does not support maximumPercent <= 100.",
        )
    strategy = given.get("capacityProviderStrategy") or []
    if strategy and given.get("launchType"):
        raise AwsError(
            "InvalidParameterException",
            "Specify either launch type or capacity provider strategy, but not both.",
        )
    offered = cluster.capacity_providers or []
    if any(each["capacityProvider"] not in offered for each in strategy):
        raise AwsError(
            "InvalidParameterException",
            "The specified capacity provider strategy cannot contain a capacity provider that is not associated"
            " with the cluster. Associate the capacity provider with the cluster and try again.",
        )
    targets = elbv2_backends[backend.account_id][backend.region_name].target_groups
    for balancer in given.get("loadBalancers", []):
        arn = balancer.get("targetGroupArn")
        if arn not in targets or not targets[arn].load_balancer_arns:
            raise AwsError(
                "InvalidParameterException",
                f"The target group with targetGroupArn {arn} does not have an associated load balancer.",
            )


@replaces(EC2ContainerServiceResponse)
def create_service(original: Any, self: Any) -> Any:
    """moto replaces a service of the same name, and keeps few settings."""
    backend, given = self.ecs_backend, {**SERVICE, **self.params}
    existing = _service(given.get("cluster", "default"), given["serviceName"])
    if existing and existing.status == "ACTIVE":
        raise AwsError("InvalidParameterException", "Creation of service was not idempotent.")
    configuration = {**DEPLOYMENT_CONFIGURATION, **given.get("deploymentConfiguration", {})}
    cluster = backend._get_cluster(given.get("cluster", "default"))
    _check(backend, cluster, given, configuration["maximumPercent"])
    result = original(self)
    service = result.result["service"]
    service.created_at, service.deployments = utcnow(), []
    service.deployment_configuration = configuration
    _keep(service, {key: given[key] for key in SERVICE})
    _deploy(service)
    return result


def _update_service(request: Any, given: Parameters) -> Parameters:
    """moto counts tasks as running that were never started, and does not start a deployment."""
    backend, given = request.ecs_backend, dict(given)
    cluster = backend._get_cluster(given.pop("cluster", "default"))
    service = backend._get_service(cluster.name, given.pop("service"))
    if service.status != "ACTIVE":
        raise AwsError("ServiceNotActiveException", "Service was not ACTIVE.")
    if "taskDefinition" in given:
        given["taskDefinition"] = backend.describe_task_definition(given["taskDefinition"]).arn
    configuration = {**service.deployment_configuration, **given.pop("deploymentConfiguration", {})}
    rebalancing = {"availabilityZoneRebalancing": service.availability_zone_rebalancing}
    _check(backend, cluster, {**rebalancing, **given}, configuration["maximumPercent"])
    service.deployment_configuration = configuration
    redeploys = any(value and key in REDEPLOYS for key, value in given.items())
    given.pop("forceNewDeployment", None)
    _keep(service, given)
    if redeploys:
        _deploy(service)
    else:
        _settle(service)
    return {"service": service}


operation(EC2ContainerServiceResponse, "UpdateService", _update_service)


@replaces(EC2ContainerServiceBackend)
def delete_service(original: Any, self: Any, *args: Any, **kwargs: Any) -> Service:
    """A deleted service has no running tasks."""
    service = original(self, *args, **kwargs)
    service.desired_count = service.running_count = 0
    service.deployments = []
    return service


@replaces(EC2ContainerServiceBackend)
def list_clusters(original: Any, self: Any) -> list[str]:
    """AWS does not list deleted clusters."""
    return [cluster.arn for cluster in self.clusters.values() if cluster.status != "INACTIVE"]


@replaces(EC2ContainerServiceBackend)
def list_services(original: Any, self: Any, *args: Any, **kwargs: Any) -> list[str]:
    """AWS does not list deleted services."""
    inactive = {service.arn for service in self.services.values() if service.status == "INACTIVE"}
    return [arn for arn in original(self, *args, **kwargs) if arn not in inactive]


@replaces(EC2ContainerServiceBackend)
def register_task_definition(original: Any, self: Any, *args: Any, **kwargs: Any) -> TaskDefinition:
    """AWS returns container definitions with defaults, which moto omits, and limits the task sizes on Fargate."""
    asked = (kwargs.get(name) for name in ("cpu", "memory", "network_mode"))
    if "FARGATE" in (kwargs.get("requires_compatibilities") or []) and (reason := fargate.refused(*asked)):
        raise AwsError("ClientException", reason)
    definition = original(self, *args, **kwargs)
    definition.registered_at = utcnow()
    for container in definition.container_definitions:
        container.setdefault("systemControls", [])
        container["portMappings"] = [
            {"hostPort": port["containerPort"], "protocol": "tcp", **port} for port in container["portMappings"]
        ]
        if "healthCheck" in container:
            container["healthCheck"] = {**HEALTH_CHECK, **container["healthCheck"]}
    return definition
