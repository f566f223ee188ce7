"""Converts task definitions to options of `docker run`, and interprets other AWS documents: pure."""

import re
import shlex
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from local.runner import clock

Document = Mapping[str, Any]

_ROOT_CERTIFICATES = re.compile(r"[?&]sslrootcert=([^&\s\"']+)")


class TaskError(Exception):
    """The task cannot start or continue; the text is the `stoppedReason` that ECS would return."""


def options(definition: Document, container: Document) -> Iterable[str]:
    """Docker's options for the container, except image, environment, network, mounts and health check."""
    linux = container.get("linuxParameters", {})
    values = {
        "--user": container.get("user"),
        "--stop-timeout": container.get("stopTimeout", 30),  # seconds; ECS's default
        "--memory": f"{definition['memory']}m",
        "--cpu-shares": definition["cpu"],  # a relative share, because this machine may be small
        "--read-only": container.get("readonlyRootFilesystem") and "true",
        "--init": linux.get("initProcessEnabled") and "true",
    }
    yield from (f"{option}={value}" for option, value in values.items() if value)
    yield from (f"--cap-drop={name}" for name in linux.get("capabilities", {}).get("drop", []))


def health_check(container: Document) -> Iterable[str]:
    """Docker's options for the container's health check; ECS ignores that of the image."""
    if not (command := health_command(container)):
        return ["--no-healthcheck"]
    check = container["healthCheck"]
    return [
        f"--health-cmd={command}",
        f"--health-retries={check['retries']}",
        f"--health-timeout={check['timeout']}s",
        f"--health-interval={clock.seconds(check['interval']):g}s",
        f"--health-start-period={clock.seconds(check.get('startPeriod', 0)):g}s",
    ]


def health_command(container: Document) -> str:
    """The health check as a shell command, the only form that docker's command line accepts; empty without one."""
    kind, *command = container.get("healthCheck", {}).get("command", ["NONE"])
    return " ".join(command) if kind == "CMD-SHELL" else shlex.join(command)


def mounts(
    definition: Document, container: Document, image_volumes: Collection[str], file_systems: Mapping[str, str]
) -> Iterable[str]:
    """Docker's options for the mount points; `file_systems` contains the docker volume of each EFS volume.

    An empty volume has the owner of the image's directory if the image declares it as a VOLUME; otherwise, root
    owns it (ECS developer guide, "Bind mounts"). Raises TaskError for a volume that does not exist.
    """
    volumes = {volume["name"] for volume in definition.get("volumes", [])}
    for point in container.get("mountPoints", []):
        volume, path, read_only = point["sourceVolume"], point["containerPath"], point.get("readOnly")
        suffix = ",readonly" if read_only else ""
        if volume not in volumes:
            raise TaskError(f"the mount point {path} names the volume {volume}, which there is not")
        if volume in file_systems:
            yield f"--mount=type=volume,source={file_systems[volume]},target={path},volume-nocopy{suffix}"
        elif path in image_volumes:
            yield f"--mount=type=volume,target={path}{suffix}"
        else:
            yield f"--tmpfs={path}:exec,mode=0755{',ro' if read_only else ''}"


def secret_reference(value_from: str) -> tuple[str, str]:
    """Secret (ARN) and JSON key ("": the whole) of `arn:…:secret:NAME[:KEY:STAGE:VERSION]` (ECS developer guide).

    Raises TaskError for any other form; only the newest version can be requested.
    """
    parts = value_from.split(":")
    if parts[2:3] != ["secretsmanager"] or len(parts) not in (7, 10) or any(parts[8:]):
        raise TaskError(f"ResourceInitializationError: invalid reference to a secret: {value_from}")
    return ":".join(parts[:7]), parts[7] if len(parts) == 10 else ""


def root_certificates(environment: Mapping[str, str]) -> set[str]:
    """The container's files with the CAs that libpq trusts, from PostgreSQL URIs in any environment variable."""
    return {unquote(path) for value in environment.values() for path in _ROOT_CERTIFICATES.findall(value)}


def matches(matcher: str, status: int) -> bool:
    """Whether a target group's matcher ("200,401", "200-299") accepts the HTTP status."""
    ranges = (part.partition("-") for part in matcher.split(","))
    return any(int(first) <= status <= int(last or first) for first, _, last in ranges)


def check_port(group: Document, traffic: int) -> int:
    """The port of a target group's health check: its own, or the traffic port."""
    given = group.get("HealthCheckPort", "traffic-port")
    return traffic if given == "traffic-port" else int(given)


def attributes(answer: Document) -> dict[str, str]:
    """The attributes of a load balancer or target group, as their describe operations return them."""
    return {each["Key"]: each["Value"] for each in answer["Attributes"]}
