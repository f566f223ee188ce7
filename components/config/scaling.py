"""How many tasks run, on which capacity, and when tasks are added or removed."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from components.config import schema_versions
from components.config.values import Flag, Group, Problem, Rule

if TYPE_CHECKING:
    from components.config import Settings

# Maximum number of tasks. Beyond it, the database must be larger instead.
MOST_TASKS = 16


class ScalingSettings(Group):
    """Capacity and scaling."""

    enable_multi_az: Flag = False
    """Runs two tasks in two Availability Zones and a standby of the database."""
    min_tasks: int = Field(default=0, ge=0, le=MOST_TASKS)
    """Minimum number of tasks. 0 means one, or two with enableMultiAz."""
    max_tasks: int = Field(default=0, ge=0, le=MOST_TASKS)
    """Maximum number of tasks under load. 0 disables scaling."""
    target_cpu_percent: int = Field(default=60, ge=10, le=90)
    """Average CPU utilization of the tasks above which a task is added, up to maxTasks."""
    target_requests_per_task: int = Field(default=1500, ge=10, le=100_000)
    """Requests per task and minute above which a task is added, up to maxTasks."""
    cpu_architecture: Literal["X86_64", "ARM64"] = "X86_64"
    """CPU architecture of the tasks: X86_64, or ARM64 at a price about 20 % lower."""
    fargate_spot_percent: int = Field(default=0, ge=0, le=100)
    """Percentage of tasks on Fargate Spot, up to 70 % cheaper. AWS may interrupt them with two minutes' notice."""


def _a_task_in_each_zone(settings: "Settings") -> Problem | None:
    if settings.task_count >= (least := settings.zones):
        return None
    rule = f"must be at least {least} with enableMultiAz, one task per Availability Zone"
    remedy = f"pulumi config set minTasks {least}, or pulumi config rm minTasks"
    return Problem("minTasks", settings.min_tasks, rule, remedy)


def _image_for_the_architecture(settings: "Settings") -> Problem | None:
    named = schema_versions.version(settings.orthanc_image)
    if settings.cpu_architecture != "ARM64" or not named or named >= schema_versions.FIRST_FOR_ARM:
        return None
    rule = f"upstream builds {settings.orthanc_image} for X86_64 only"
    remedy = "pulumi config set cpuArchitecture X86_64, or a newer orthancImage"
    return Problem("cpuArchitecture", settings.cpu_architecture, rule, remedy)


def _bounds_in_order(settings: "Settings") -> Problem | None:
    if settings.most_tasks >= settings.task_count:
        return None
    rule = f"must not be less than the {settings.task_count} tasks of the minimum (minTasks, enableMultiAz)"
    remedy = f"pulumi config set maxTasks {settings.task_count}, or pulumi config rm maxTasks"
    return Problem("maxTasks", settings.max_tasks, rule, remedy)


RULES = (
    Rule(frozenset({"minTasks", "enableMultiAz"}), _a_task_in_each_zone),
    Rule(frozenset({"minTasks", "maxTasks", "enableMultiAz"}), _bounds_in_order),
    Rule(frozenset({"cpuArchitecture", "orthancImage"}), _image_for_the_architecture),
)
