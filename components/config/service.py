"""Orthanc: its image, name, and task size."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from components.config import schema_versions
from components.config.values import Flag, Group, OrthancText, Problem, Rule, matches, one_of

if TYPE_CHECKING:
    from components.config import Settings

# Task memory (MiB) that Fargate offers for each task CPU (units of 1/1024 vCPU); Amazon ECS Developer Guide,
# "Task definition parameters for Fargate". Less than 4 GB is left out, because the largest uploads would leave no
# memory for reading studies.
FARGATE_MEMORY_MIB: dict[int, range] = {
    1024: range(4096, 8192 + 1, 1024),
    2048: range(4096, 16384 + 1, 1024),
    4096: range(8192, 30720 + 1, 1024),
    8192: range(16384, 61440 + 1, 4096),
    16384: range(32768, 122880 + 1, 8192),
}

# The grammar of image references (distribution/reference, reference.go and regexp.go). The first component of a
# name is a registry only if it has a dot or a port, or is localhost; otherwise it is part of the repository path.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_PORT = r":[0-9]+"
_REGISTRY = rf"(?:{_LABEL}(?:\.{_LABEL})+(?:{_PORT})?|{_LABEL}{_PORT}|\[[0-9A-Fa-f:]+\](?:{_PORT})?|localhost)"
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_NAME = rf"(?:{_REGISTRY}/)?{_COMPONENT}(?:/{_COMPONENT})*"
_TAG = r":[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"@sha256:[0-9a-f]{64}"

ImageReference = Annotated[
    str,
    matches(
        rf"{_NAME}(?:(?!:latest$){_TAG}|(?:{_TAG})?{_DIGEST})",
        "must be an image reference without https://, pinned to a tag other than latest or to a digest, such as"
        " orthancteam/orthanc:26.8.1 or registry.example.org:5000/orthanc@sha256:…",
    ),
]


class ServiceSettings(Group):
    """Orthanc and its tasks."""

    enable_exec: Flag = False
    """Lets administrators open a shell in a task (ECS Exec). Sessions are logged. Requires enableCustomerKeys
    or kmsKeyArn."""
    orthanc_image: ImageReference = "orthancteam/orthanc:26.8.1"
    """Upstream image that docker/Dockerfile builds on, pinned to a tag or digest."""
    deployment_mode: Literal["auto", "rolling", "stopFirst"] = "auto"
    """How tasks are replaced when orthancImage changes: rolling (one by one), stopFirst (all old tasks stop
    first), or auto (stopFirst if the schema of the index changes or may change, otherwise rolling)."""
    orthanc_name: OrthancText = Field(default="Orthanc", min_length=1, max_length=64)
    """Name of the server, as shown on its web page."""
    task_cpu: Annotated[int, one_of(list(FARGATE_MEMORY_MIB))] = 2048
    """CPU units of a task (1024 per vCPU); a value that Fargate offers."""
    task_memory_mib: int = Field(default=4096, ge=4096, le=122880)
    """Memory of a task, in MiB; a value that Fargate offers for taskCpu."""


def _memory_fits_cpu(settings: "Settings") -> Problem | None:
    offered = FARGATE_MEMORY_MIB[settings.task_cpu]
    if settings.task_memory_mib in offered:
        return None
    rule = (
        f"for taskCpu {settings.task_cpu} Fargate offers {offered.start} to {offered[-1]} MiB"
        f" in steps of {offered.step}"
    )
    remedy = f"pulumi config set taskMemoryMib {offered.start}, or another taskCpu"
    return Problem("taskMemoryMib", settings.task_memory_mib, rule, remedy)


def _image_starts(settings: "Settings") -> Problem | None:
    named = schema_versions.version(settings.orthanc_image)
    if not named or named >= schema_versions.FIRST_THAT_STARTS:
        return None
    first = ".".join(map(str, schema_versions.FIRST_THAT_STARTS))
    rule = (
        f"is older than {first}, the first version that has the user, the viewer and the health check of the tasks"
    )
    return Problem("orthancImage", settings.orthanc_image, rule, "pulumi config rm orthancImage")


RULES = (
    Rule(frozenset({"taskCpu", "taskMemoryMib"}), _memory_fits_cpu),
    Rule(frozenset({"orthancImage"}), _image_starts),
)
