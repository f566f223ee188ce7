"""The Docker resources of a workspace, identified by its label. One of the containers is the image registry."""

import contextlib
import json
from typing import Any

from local.images import PREFIX, ImageError, Log, docker, ensure_services_image
from local.workspace import Workspace

_REGISTRY_PORT = 5000  # of the container, in base/services/registry.yml
_DICOM_PORT = "4242"  # of the tasks' containers


class NoTaskError(Exception):
    """No Orthanc task is running; the text says what to do."""


def start_registry(workspace: Workspace, log: Log) -> None:
    """Start the registry that emulates ECR unless it is running; pushed images stay until `make down`.

    Clients reach it only through the emulated AWS, which listens on the registry port
    (local/emulator/registry.py). It stores layers in a volume that all workspaces share and that is never removed:
    compressing the layers of the base image again for each workspace would take most of the time of a first
    deployment.
    """
    name = _registry(workspace)
    if docker("ps", "--all", "--quiet", "--filter", f"name=^{name}$"):
        docker("start", name)
        return
    labels = ("--label", f"orthanc.workspace={workspace.slug}", "--label", "orthanc.role=registry")
    serve = (ensure_services_image(log), "docker-registry", "serve", "/etc/registry.yml")
    docker("run", "--detach", "--name", name, *labels, f"--volume={PREFIX}-layers:/var/lib/registry", *serve)


def registry_address(workspace: Workspace) -> str:
    """The address:port on which the registry's container listens. Raises ImageError if it is not running."""
    networks = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    if not (address := docker("inspect", "--format", networks, _registry(workspace))):
        raise ImageError(f"{_registry(workspace)} does not run")
    return f"{address}:{_REGISTRY_PORT}"


def _registry(workspace: Workspace) -> str:
    return f"{workspace.slug}-registry"


def running(workspace: Workspace) -> list[dict[str, Any]]:
    """The running containers of the workspace, oldest first: name, role, image, state, health, published ports."""
    inspected: list[dict[str, Any]] = []
    for found in docker("ps", "--quiet", "--filter", f"label=orthanc.workspace={workspace.slug}").split():
        with contextlib.suppress(ImageError):  # it has stopped in the meantime
            inspected += json.loads(docker("inspect", found))
    return [
        {
            "name": container["Name"].removeprefix("/"),
            "role": container["Config"]["Labels"].get("orthanc.role", ""),
            "image": container["Config"]["Image"],
            "state": container["State"]["Status"],
            "health": container["State"].get("Health", {}).get("Status"),
            "ports": {
                port.partition("/")[0]: int(published[0]["HostPort"])
                for port, published in container["NetworkSettings"]["Ports"].items()
                if published
            },
        }
        for container in sorted(inspected, key=lambda container: container["Created"])
        if container["State"]["Status"] == "running"  # it has not stopped since it was listed
    ]


def dicom_port(workspace: Workspace, running: list[dict[str, Any]]) -> int:
    """The port on 127.0.0.1 of the newest healthy task in `running`, or of the newest task if none is healthy.

    During a deployment, the older tasks are about to stop. If no task is running, the port of the first task.
    """
    ports = [
        (container["health"] == "healthy", number, container["ports"][_DICOM_PORT])
        for number, container in enumerate(running)
        if container["role"] == "task" and _DICOM_PORT in container["ports"]
    ]
    return max(ports)[2] if ports else workspace.port("dicom0")


def first_task(workspace: Workspace) -> str:
    """The name of the oldest container that runs a task. Raises NoTaskError."""
    for container in running(workspace):
        if container["role"] == "task":
            return container["name"]
    raise NoTaskError(
        f"no task of Orthanc runs for {workspace.root}. Remedy: make up; where that has been done, make status"
        f" tells what runs, and {workspace.home / 'emulator.log'} why a task ended"
    )


def remove(workspace: Workspace) -> None:
    """Remove the workspace's containers, networks, volumes and images."""
    label = f"label=orthanc.workspace={workspace.slug}"
    for kind, listed, removed in (
        ("container", ["--all"], ["--force", "--volumes"]),
        ("network", [], []),
        ("volume", [], ["--force"]),
        ("image", [], ["--force"]),
    ):
        if found := docker(kind, "ls", "--quiet", *listed, "--filter", label).split():
            docker(kind, "rm", *removed, *dict.fromkeys(found))
