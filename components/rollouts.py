"""How tasks are replaced by those of a new version: one by one, or all stopped first.

While tasks are replaced one by one, old and new work on the same index. Where an upgrade changes its schema they
must not: all old tasks stop before the first new one starts, and nobody is served in between. Which upgrades these
are follows from the version that runs, which no setting tells. So each deployment that has succeeded leaves a
record of its image (see `memory`), and the next one reads it, in a preview too. One that failed leaves none, so
that it is tried again in the same way; and where there is no record nothing runs yet.
"""

from typing import NamedTuple

import pulumi

from components import memory, versions
from components.settings import Problem, Settings

# Seconds that a stopped task's transfers may go on with `STOP_FIRST`.
_AT_ONCE = 0


class Rollout(NamedTuple):
    """Bounds of the tasks that run meanwhile, in percent of those wanted, and whether their transfers may end.

    ECS counts a task that is being stopped no more: while it lets transfers end, its successor would run already.
    """

    minimum_healthy_percent: int
    maximum_percent: int
    drains: bool

    def drain_seconds(self, seconds: int) -> int:
        """How long a task that is replaced may go on with transfers that need `seconds`."""
        return seconds if self.drains else _AT_ONCE


# A new task is up before an old one goes.
ROLLING = Rollout(minimum_healthy_percent=100, maximum_percent=200, drains=True)
# All old tasks have gone before a new one comes.
STOP_FIRST = Rollout(minimum_healthy_percent=0, maximum_percent=100, drains=False)


def chosen(settings: Settings, running: str | None) -> Rollout | Problem:
    """How to go from `running` to the image that the settings name, or why not."""
    wanted, mode = settings.orthanc_image, settings.deployment_mode
    if running is None or versions.same_schema(running, wanted):
        return STOP_FIRST if mode == "stopFirst" else ROLLING
    known = None not in (versions.schema_revision(running), versions.schema_revision(wanted))
    if mode == "rolling" and known:
        rule = (
            f"{running} runs, and between it and {wanted} the index's schema changes: old and new would share it"
        )
        return Problem("deploymentMode", mode, rule, "pulumi config rm deploymentMode")
    if mode == "auto" and versions.is_older(wanted, running):
        refuses = "refuses" if known else "may refuse"
        rule = (
            f"is older than {running}, which runs, and {refuses} to start on the schema that the index has by it"
        )
        remedy = (
            f"pulumi config set orthancImage {running}, and a new stack from a snapshot of before the upgrade"
            " (docs/scaling-and-upgrades.md); or deploymentMode stopFirst, once the schema is the older version's"
        )
        return Problem("orthancImage", wanted, rule, remedy)
    return ROLLING if mode == "rolling" else STOP_FIRST


def warn_of(rollout: Rollout, service: pulumi.Resource) -> None:
    """Say what remains to be done, where that is something."""
    if rollout == STOP_FIRST:
        pulumi.log.warn(
            "all tasks stop before new ones start, and transfers are cut. Run `pulumi up` once more afterwards,"
            " with deploymentMode auto: it lets transfers end again, and replaces tasks one by one",
            resource=service,
        )


def record(name: str, settings: Settings, *, deployed: pulumi.Resource, parent: pulumi.Resource) -> None:
    """Have it recorded, once `deployed` has succeeded, that the settings' image runs."""
    memory.remember(
        name,
        memory.IMAGE,
        settings.orthanc_image,
        "The upstream image that runs: an upgrade is told by it from other deployments",
        parent=parent,
        depends_on=[deployed],
    )
