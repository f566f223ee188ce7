"""Events that AWS sends once and that no metric shows, and the notification for each, as a table.

Each event has a runbook with its name in docs/operations.md.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from components.monitoring.alarm_definitions import RUNBOOKS
from components.monitoring.archive import Archive

# Amazon RDS User Guide, "Amazon RDS event categories and event messages". By number, since the categories hold
# noise: "failure" says also that the storage cannot grow just now, "low storage" that it is about to.
_DATABASE_EVENTS = [
    "RDS-EVENT-0007",  # the disk is full
    "RDS-EVENT-0013",  # it moves to its standby
    "RDS-EVENT-0031",  # it has failed and wants a restore
    "RDS-EVENT-0035",  # parameters that do not fit it
    "RDS-EVENT-0036",  # a network that does not fit it
    "RDS-EVENT-0049",  # it has moved to its standby
    "RDS-EVENT-0221",  # the disk is full, and it was shut down
    "RDS-EVENT-0222",  # the disk is nearly full, and it will be shut down
    "RDS-EVENT-0223",  # the disk cannot grow
    "RDS-EVENT-0224",  # its next growth would pass databaseMaxStorageGib
    "RDS-EVENT-0225",  # it nears databaseMaxStorageGib
]


class Event(NamedTuple):
    """One kind of event: EventBridge's pattern, and a text with `<name>` for each of `paths` into the event."""

    name: str
    description: str
    pattern: Mapping[str, Any]
    paths: Mapping[str, str]
    text: str

    @property
    def template(self) -> str:
        """The text with its runbook, as EventBridge expects it: a JSON string."""
        return f'"{self.text} Runbook: {RUNBOOKS}#{self.name}"'


def events(archive: Archive, stack: str) -> Iterator[Event]:
    """The events of the resources that the stack has."""
    yield Event(
        "deployment-failed",
        "ECS rolled back a failed deployment",
        {
            "source": ["aws.ecs"],
            "detail-type": ["ECS Deployment State Change"],
            "resources": [archive.service.service_arn],
            "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
        },
        {"reason": "$.detail.reason"},
        f"Orthanc, stack {stack}: a deployment failed and was rolled back. <reason>",
    )
    yield Event(
        "database-event",
        "The database failed, failed over, or is running out of storage",
        {
            "source": ["aws.rds"],
            "detail-type": ["RDS DB Instance Event"],
            "resources": [archive.database.arn],
            "detail": {"EventID": _DATABASE_EVENTS},
        },
        {"id": "$.detail.EventID", "message": "$.detail.Message"},
        f"Orthanc, stack {stack}: RDS reports for the database: <message> (<id>).",
    )
    if archive.backup:
        yield Event(
            "backup-failed",
            "A backup to the vault failed, or did not start or complete in time",
            {
                "source": ["aws.backup"],
                "detail-type": ["Backup Job State Change"],
                "detail": {
                    "state": ["ABORTED", "EXPIRED", "FAILED"],
                    "backupVaultName": [archive.backup.vault_name],
                },
            },
            {"state": "$.detail.state", "what": "$.detail.resourceArn", "reason": "$.detail.statusMessage"},
            f"Orthanc, stack {stack}: the backup of <what> is <state>. <reason>",
        )
