"""The log group that ECS writes Container Insights to, and creates itself if it is missing.

AWS documents the name of the group, but not when ECS creates it. According to public reports, ECS creates it as
soon as a task runs with the setting on (aws/containers-roadmap#2315), and again after its deletion, with a last
write.
"""

from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ecs.models import Cluster, EC2ContainerServiceBackend, ecs_backends
from moto.logs.models import LogsBackend, logs_backends

from local.emulator.overlay import replaces

_PREFIX, _SUFFIX = "/aws/ecs/containerinsights/", "/performance"
_WRITES = "_writes_container_insights"


def write(cluster_name: str) -> None:
    """Create the log group if Container Insights is on and the cluster has running tasks."""
    for backend in list(ecs_backends[DEFAULT_ACCOUNT_ID].values()):
        cluster = backend.clusters.get(cluster_name)
        services = [each for each in backend.services.values() if each.cluster_name == cluster_name]
        if cluster and _is_on(cluster) and any(each.running_count for each in services):
            setattr(cluster, _WRITES, True)
            _create(backend.region_name, cluster_name)


def _is_on(cluster: Cluster) -> bool:
    values = [each["value"] for each in cluster.settings or [] if each["name"] == "containerInsights"]
    return any(value != "disabled" for value in values)


def _create(region: str, cluster_name: str) -> None:
    logs, name = logs_backends[DEFAULT_ACCOUNT_ID][region], f"{_PREFIX}{cluster_name}{_SUFFIX}"
    if name not in logs.groups:
        logs.create_log_group(name, {})


@replaces(EC2ContainerServiceBackend)
def update_cluster(original: Any, self: Any, cluster_name: str, *more: Any, **given: Any) -> Cluster:
    """Container Insights can be turned on while tasks are running."""
    cluster = original(self, cluster_name, *more, **given)
    write(cluster.name)
    return cluster


@replaces(LogsBackend)
def delete_log_group(original: Any, self: Any, log_group_name: str) -> None:
    """A cluster that has written to the group writes once more, and so creates it again."""
    original(self, log_group_name)
    if not log_group_name.startswith(_PREFIX):
        return
    cluster_name = log_group_name.removeprefix(_PREFIX).removesuffix(_SUFFIX)
    cluster = ecs_backends[DEFAULT_ACCOUNT_ID][self.region_name].clusters.get(cluster_name)
    if cluster and cluster.status == "ACTIVE" and vars(cluster).pop(_WRITES, False):
        _create(self.region_name, cluster_name)
