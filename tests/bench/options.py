"""The deployed task with the program's options, and with Orthanc's own in their place."""

import json
import time
from typing import Any

from components.config import Settings
from components.service import reading
from tests.data.archive import Archive
from tests.embedded import Embedded

_PATIENCE_SECONDS = 300
# What RegisterTaskDefinition takes of what DescribeTaskDefinition tells.
_KEPT = (
    *("family", "executionRoleArn", "taskRoleArn", "networkMode", "containerDefinitions", "volumes"),
    *("requiresCompatibilities", "cpu", "memory", "runtimePlatform"),
)


def programs(embedded: Embedded) -> None:
    """Deploy what the program deployed."""
    _deploy(embedded, _deployed(embedded)["family"])


def orthancs(embedded: Embedded) -> None:
    """Deploy the same without the options that say how files are read."""
    task = {key: value for key, value in _deployed(embedded).items() if key in _KEPT}
    [container] = task["containerDefinitions"]
    variables = {each["name"]: each for each in container["environment"]}
    configuration = json.loads(variables["ORTHANC_JSON"]["value"])
    for key in [*reading.options(Settings()), "HttpThreadsCount"]:
        del configuration[key]
    del configuration["DicomWeb"]["WadoRsLoaderThreadsCount"], configuration["AwsS3Storage"]["MaxConnections"]
    variables["ORTHANC_JSON"]["value"] = json.dumps(configuration)
    registered = embedded.client("ecs").register_task_definition(**task | {"family": "orthancs-defaults"})
    _deploy(embedded, registered["taskDefinition"]["taskDefinitionArn"])


def _deployed(embedded: Embedded) -> dict[str, Any]:
    """The task definition of the stack, whatever runs now."""
    ecs = embedded.client("ecs")
    families = ecs.list_task_definition_families()["families"]
    [family] = [each for each in families if each != "orthancs-defaults"]
    return ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]


def _deploy(embedded: Embedded, task_definition: str) -> None:
    """Let the service run it, with new tasks, and wait for them."""
    ecs = embedded.client("ecs")
    [cluster] = ecs.list_clusters()["clusterArns"]
    [service] = ecs.list_services(cluster=cluster)["serviceArns"]
    named = {"cluster": cluster, "service": service}
    ecs.update_service(**named, taskDefinition=task_definition, forceNewDeployment=True)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        [described] = ecs.describe_services(cluster=cluster, services=[service])["services"]
        states = [each["rolloutState"] for each in described["deployments"]]
        if states == ["COMPLETED"]:
            break
        assert time.monotonic() < deadline and "FAILED" not in states, described["deployments"]
        time.sleep(1)
    archive = Archive(embedded)
    # Those that were replaced still have requests to answer.
    archive.eventually(lambda: len(archive.tasks()) == 1, "the tasks of another configuration run on")
