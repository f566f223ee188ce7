"""The documents of the task definition: container, volumes, and mounts as canonical JSON."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pulumi_aws as aws

from components.config import ports
from components.service import orthanc_config

CONTAINER_NAME = "orthanc"

# How long ECS waits between SIGTERM and SIGKILL, in seconds; Fargate's maximum. Orthanc aborts transfers at once
# and needs this time to finish writing. Transfers have ended by then, because the load balancer lets them end
# first.
_STOP_TIMEOUT_SECONDS = 120

# Paths that the startup script and Orthanc write to, while the rest of the root file system is read-only. The
# Dockerfile declares them as volumes of Orthanc's user, which makes them writable on Fargate.
_WRITABLE_PATHS = {"tmp": "/tmp", "plugins": "/run/orthanc/plugins"}  # noqa: S108 - the container's own

# Where the ECS Exec agent keeps its state and logs, as root, regardless of the container's user. On a read-only
# root file system, the agent starts only if these are volumes.
_PATHS_OF_EXEC = {"ssm-state": "/var/lib/amazon", "ssm-logs": "/var/log/amazon"}

# Upstream's probe queries the index, so the check must outlast a failover of the database: one or two minutes
# until another instance is available (RDS User Guide, "Failover process for Amazon RDS"), 25 s until old
# connections are given up, and an error for each of them. Five minutes in total, with the most retries that ECS
# accepts.
_HEALTH_CHECK = {
    "command": ["CMD", "/probes/test-aliveness.py"],
    "interval": 30,
    "timeout": 10,
    "retries": 10,
    "startPeriod": 60,
}

# The volume for the EFS access point.
FILES_VOLUME = "files"


class Logs(NamedTuple):
    """The log group that the container writes to."""

    group: str
    region: str

    def options(self) -> dict[str, str]:
        """Returns the options of the awslogs driver."""
        return {
            "awslogs-group": self.group,
            "awslogs-region": self.region,
            "awslogs-stream-prefix": CONTAINER_NAME,
        }


def volumes(
    files: aws.ecs.TaskDefinitionVolumeEfsVolumeConfigurationArgsDict | None, *, with_exec: bool
) -> list[aws.ecs.TaskDefinitionVolumeArgsDict]:
    """Returns the volumes that are empty at startup, and `files` if files are on EFS."""
    every: list[aws.ecs.TaskDefinitionVolumeArgsDict] = [
        {"name": name} for name in empty_volumes(with_exec=with_exec)
    ]
    if files:
        every.append({"name": FILES_VOLUME, "efs_volume_configuration": files})
    return every


def empty_volumes(*, with_exec: bool) -> list[str]:
    """Returns the volumes that are empty at startup."""
    return list(_empty(with_exec=with_exec))


def container_definitions(
    image: str,
    environment: dict[str, str],
    secrets: dict[str, str],
    logs: Logs,
    *,
    files_on_efs: bool,
    credentials_version: int,
    with_exec: bool,
) -> str:
    """Returns the container definitions as JSON text.

    The text is sorted and includes every default that ECS would add. The provider compares texts: otherwise, each
    update would replace the task definition.
    """
    mounts = _empty(with_exec=with_exec) | (
        {FILES_VOLUME: orthanc_config.STORAGE_DIRECTORY} if files_on_efs else {}
    )
    container: dict[str, Any] = {
        "name": CONTAINER_NAME,
        "image": image,
        "cpu": 0,
        "essential": True,
        "user": "999:999",
        "readonlyRootFilesystem": True,
        "linuxParameters": {
            # Reaps processes that the startup script leaves behind, and forwards SIGTERM.
            "initProcessEnabled": True,
            "capabilities": {"add": [], "drop": ["ALL"]},
        },
        "portMappings": [
            {"containerPort": port, "hostPort": port, "protocol": "tcp"}
            for port in (ports.ORTHANC_DICOM, ports.ORTHANC_HTTP)
        ],
        "environment": [{"name": name, "value": value} for name, value in sorted(environment.items())],
        "secrets": [{"name": name, "valueFrom": reference} for name, reference in sorted(secrets.items())],
        "mountPoints": [
            {"sourceVolume": volume, "containerPath": path, "readOnly": False}
            for volume, path in sorted(mounts.items())
        ],
        # A task reads its secrets when it starts, so new passwords require a new task definition.
        "dockerLabels": {"credentials-version": str(credentials_version)},
        "volumesFrom": [],
        "systemControls": [],
        "healthCheck": _HEALTH_CHECK,
        "stopTimeout": _STOP_TIMEOUT_SECONDS,
        "logConfiguration": {"logDriver": "awslogs", "options": logs.options()},
    }
    return json.dumps([container], sort_keys=True)


def _empty(*, with_exec: bool) -> dict[str, str]:
    return _WRITABLE_PATHS | (_PATHS_OF_EXEC if with_exec else {})
