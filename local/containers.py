"""What Docker holds for a place: all that carries its label. One container of it is the image registry."""

import contextlib
import json
from typing import Any

from local.images import PREFIX, ImageError, Log, docker, ensure_services_image
from local.place import Place

_REGISTRY_PORT = 5000  # of the container, in base/services/registry.yml
_DICOM_PORT = "4242"  # of the tasks' containers


class NoTaskError(Exception):
    """No task of Orthanc runs; the text says what to do."""


def start_registry(place: Place, log: Log) -> None:
    """Start the registry that plays ECR unless it runs; what was pushed to it stays until `make down`.

    It is reached through the emulated AWS only, which listens on the registry port (local/emulator/registry.py).
    What it stores is in a volume that the registries of all places share and that stays: compressing the layers of
    the base image anew for each place would take most of a first deployment's time.
    """
    name = _registry(place)
    if docker("ps", "--all", "--quiet", "--filter", f"name=^{name}$"):
        docker("start", name)
        return
    labels = ("--label", f"orthanc.place={place.slug}", "--label", "orthanc.role=registry")
    serve = (ensure_services_image(log), "docker-registry", "serve", "/etc/registry.yml")
    docker("run", "--detach", "--name", name, *labels, f"--volume={PREFIX}-layers:/var/lib/registry", *serve)


def registry_address(place: Place) -> str:
    """Where the registry's container listens, as address:port. Raises ImageError unless it runs."""
    networks = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    if not (address := docker("inspect", "--format", networks, _registry(place))):
        raise ImageError(f"{_registry(place)} does not run")
    return f"{address}:{_REGISTRY_PORT}"


def _registry(place: Place) -> str:
    return f"{place.slug}-registry"


def running(place: Place) -> list[dict[str, Any]]:
    """The place's containers that run, oldest first: name, role, image, state, health, published ports."""
    inspected: list[dict[str, Any]] = []
    for found in docker("ps", "--quiet", "--filter", f"label=orthanc.place={place.slug}").split():
        with contextlib.suppress(ImageError):  # it has ended meanwhile
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
        if container["State"]["Status"] == "running"  # it has not ended since it was listed
    ]


def dicom_port(place: Place, running: list[dict[str, Any]]) -> int:
    """The port on 127.0.0.1 of the newest healthy task among those that are `running`, else of the newest.

    While tasks are replaced the older ones are about to go. Where none runs, the port of the first one.
    """
    ports = [
        (container["health"] == "healthy", number, container["ports"][_DICOM_PORT])
        for number, container in enumerate(running)
        if container["role"] == "task" and _DICOM_PORT in container["ports"]
    ]
    return max(ports)[2] if ports else place.port("dicom0")


def first_task(place: Place) -> str:
    """The name of the oldest container that plays a task. Raises NoTaskError."""
    for container in running(place):
        if container["role"] == "task":
            return container["name"]
    raise NoTaskError(
        f"no task of Orthanc runs for {place.root}. Remedy: make up; where that has been done, make status"
        f" tells what runs, and {place.home / 'emulator.log'} why a task ended"
    )


def remove(place: Place) -> None:
    """Remove the place's containers, networks, volumes and images."""
    label = f"label=orthanc.place={place.slug}"
    for kind, listed, removed in (
        ("container", ["--all"], ["--force", "--volumes"]),
        ("network", [], []),
        ("volume", [], ["--force"]),
        ("image", [], ["--force"]),
    ):
        if found := docker(kind, "ls", "--quiet", *listed, "--filter", label).split():
            docker(kind, "rm", *removed, *dict.fromkeys(found))
