"""How tasks are replaced by those of a new version: one by one, or all stopped first.

While tasks are replaced one by one, old and new work on the same index. Where an upgrade changes its schema they
must not: all old tasks stop before a new one starts, and nobody is served in between.

The first new task then upgrades the schema while it starts. On a large index that takes an hour or more,
in which Orthanc answers nothing (Orthanc Book, "PostgreSQL plugins": 17, 7, 22 and 7 minutes for four revisions of
150 million instances). Meanwhile:

- Health checks do not count. ECS ignores those of load balancers and containers for a grace period after a task's
  start (API reference of CreateService, healthCheckGracePeriodSeconds). A broken image is still rolled back at
  once: its tasks exit.
- It is the only task. Another one waits 5 s for the lock under which the schema is changed, then it exits
  (orthanc-databases, TransientAdvisoryLock). After three such exits ECS would roll the deployment back and so
  stop the task that is changing the schema.

Which upgrades these are follows from the version that runs, which no setting tells. So each deployment that has
succeeded leaves a record of its image (see `memory`), and the next one reads it, in a preview too. One that failed
leaves none, so that it is tried again in the same way; and where there is no record nothing runs yet.
A database that begins with a snapshot has the schema of whatever version the snapshot is of.
"""

from typing import NamedTuple

import pulumi

from components.config import Problem, Settings, schema_versions
from components.preflight import memory

# Seconds that a stopped task's transfers may go on with `STOP_FIRST`.
_AT_ONCE = 0

# Seconds that a new task may fail its health checks: the start-up script, the plugins, the index's first
# connections …
_START_SECONDS = 180
# … and a change of the schema, several times as long as the longest that is known.
_MIGRATION_SECONDS = 6 * 3600


class Rollout(NamedTuple):
    """Bounds of the tasks that run meanwhile, in percent of those wanted, and what a task may do before and after.

    `migrates`: whether a new task may have to change the index's schema.
    """

    minimum_healthy_percent: int
    maximum_percent: int
    migrates: bool

    def drain_seconds(self, seconds: int) -> int:
        """How long a task that is replaced may go on with transfers that need `seconds`.

        Before a migration not at all: ECS counts a task that is being stopped no more, so while it let transfers
        end, its successor would run already.
        """
        return _AT_ONCE if self.migrates else seconds

    @property
    def grace_seconds(self) -> int:
        """How long ECS ignores the health checks of a new task."""
        return _MIGRATION_SECONDS if self.migrates else _START_SECONDS

    def tasks(self, wanted: int) -> int:
        """How many of the `wanted` tasks run."""
        return min(wanted, 1) if self.migrates else wanted


# A new task is up before an old one goes.
ROLLING = Rollout(minimum_healthy_percent=100, maximum_percent=200, migrates=False)
# All old tasks have gone before a new one comes.
STOP_FIRST = Rollout(minimum_healthy_percent=0, maximum_percent=100, migrates=True)


def chosen(settings: Settings, running: str | None) -> Rollout | Problem:
    """How to go from `running` to the image that the settings name, or why not."""
    wanted, mode = settings.orthanc_image, settings.deployment_mode
    if running is None:
        # Of an empty database the schema is made, which takes no time.
        of_another_version = mode == "auto" and settings.db_snapshot_identifier
        return STOP_FIRST if mode == "stopFirst" or of_another_version else ROLLING
    if schema_versions.same_schema(running, wanted):
        return STOP_FIRST if mode == "stopFirst" else ROLLING
    known = None not in (schema_versions.schema_revision(running), schema_versions.schema_revision(wanted))
    if mode == "rolling" and known:
        rule = (
            f"{running} runs, and between it and {wanted} the index's schema changes: old and new would share it"
        )
        return Problem("deploymentMode", mode, rule, "pulumi config rm deploymentMode")
    if mode == "auto" and schema_versions.is_older(wanted, running):
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


def warn_of(rollout: Rollout, log_group: pulumi.Output[str], service: pulumi.Resource) -> None:
    """Say what is waited for, where to look meanwhile (`log_group`) and what remains to be done."""
    if not rollout.migrates:
        return
    pulumi.log.warn(
        "all tasks stop, and transfers are cut; then one task starts. If it brings the index's schema up to date,"
        f" it answers nothing until that is done, and `pulumi up` waits for it, for up to"
        f" {_MIGRATION_SECONDS // 3600} hours. Run `pulumi up` once more afterwards, with deploymentMode auto: it"
        " brings back all tasks, lets transfers end again, and replaces tasks one by one",
        resource=service,
    )
    log_group.apply(
        lambda name: pulumi.log.info(f"what the task does meanwhile: aws logs tail {name} --follow", service)
    )


def record(name: str, settings: Settings, *, deployed: pulumi.Resource, parent: pulumi.Resource) -> None:
    """Have it recorded, once `deployed` has succeeded, that the settings' image runs."""
    memory.remember(
        name,
        memory.IMAGE,
        settings.orthanc_image,
        "The upstream image that is running: it shows whether a deployment is an upgrade",
        parent=parent,
        depends_on=[deployed],
    )
