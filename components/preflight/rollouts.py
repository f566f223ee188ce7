"""How tasks are replaced by tasks of a new version: one by one, or all stopped first.

While tasks are replaced one by one, old and new tasks use the same index. They must not do so if an upgrade
changes its schema: all old tasks stop before a new task starts, and the archive is not available in between.

The first new task then upgrades the schema while it starts. With a large index this takes an hour or more, during
which Orthanc does not respond (Orthanc Book, "PostgreSQL plugins": 17, 7, 22 and 7 minutes for four revisions with
150 million instances). Meanwhile:

- Health checks have no effect. ECS ignores those of load balancers and containers for a grace period after a task
  starts (API reference of CreateService, healthCheckGracePeriodSeconds). A broken image is still rolled back at
  once, because its tasks exit.
- Only one task runs. A second task would wait 5 s for the lock under which the schema is changed, and then exit
  (orthanc-databases, TransientAdvisoryLock). After three such exits, ECS would roll back the deployment, and so
  stop the task that is changing the schema.

Whether an upgrade changes the schema depends on the version that runs, which no setting contains. So each
successful deployment records its image (see `memory`), and the next one reads it, also in previews. A failed
deployment records nothing, so it is repeated in the same way. Without a record, nothing runs yet. A database that
is restored from a snapshot has the schema of the version that the snapshot comes from.
"""

from typing import NamedTuple

import pulumi

from components.config import Problem, Settings, schema_versions
from components.preflight import memory

# Seconds for which the transfers of a stopped task may continue with `STOP_FIRST`.
_AT_ONCE = 0

# Seconds for which a new task may fail its health checks while it runs the start-up script, loads the plugins, and
# opens its first connections to the index.
_START_SECONDS = 180
# The same for a task that changes the schema: several times the longest known duration.
_MIGRATION_SECONDS = 6 * 3600


class Rollout(NamedTuple):
    """The limits on running tasks during a deployment, in percent of the desired tasks, and their grace periods.

    `migrates`: whether a new task may have to change the schema of the index.
    """

    minimum_healthy_percent: int
    maximum_percent: int
    migrates: bool

    def drain_seconds(self, seconds: int) -> int:
        """Returns how long a task that is replaced may continue transfers that need `seconds`.

        Before a migration, the time is zero: ECS does not count a task that is being stopped, so its successor
        would already run while its transfers end.
        """
        return _AT_ONCE if self.migrates else seconds

    @property
    def grace_seconds(self) -> int:
        """How long ECS ignores the health checks of a new task."""
        return _MIGRATION_SECONDS if self.migrates else _START_SECONDS

    def tasks(self, wanted: int) -> int:
        """Returns how many of the `wanted` tasks run."""
        return min(wanted, 1) if self.migrates else wanted


# A new task runs before an old one stops.
ROLLING = Rollout(minimum_healthy_percent=100, maximum_percent=200, migrates=False)
# All old tasks have stopped before a new one starts.
STOP_FIRST = Rollout(minimum_healthy_percent=0, maximum_percent=100, migrates=True)


def chosen(settings: Settings, running: str | None) -> Rollout | Problem:
    """Returns how to replace the image `running` with the image in the settings, or why that is not possible."""
    wanted, mode = settings.orthanc_image, settings.deployment_mode
    if running is None:
        # In an empty database the schema is created, which takes no time.
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
            " (docs/how-to/upgrade.md); or deploymentMode stopFirst, once the schema is the older version's"
        )
        return Problem("orthancImage", wanted, rule, remedy)
    return ROLLING if mode == "rolling" else STOP_FIRST


def warn_of(rollout: Rollout, log_group: pulumi.Output[str], service: pulumi.Resource) -> None:
    """Logs what the update waits for, where to look meanwhile (`log_group`), and what remains to be done."""
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
    """Records the image in the settings as the running image, once `deployed` has succeeded."""
    memory.remember(
        name,
        memory.IMAGE,
        settings.orthanc_image,
        "The upstream image that is running: it shows whether a deployment is an upgrade",
        parent=parent,
        depends_on=[deployed],
    )
