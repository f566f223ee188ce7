"""Events that AWS sends once and that no metric shows, and the notification for each, as a table.

Each event has a runbook with its name in docs/runbooks.md.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from components.monitoring.alarm_definitions import RUNBOOKS
from components.monitoring.archive import Archive

# Amazon RDS User Guide, "Amazon RDS event categories and event messages". By number, because the categories also
# contain minor events: "failure" also reports that the storage cannot grow at the moment, and "low storage" that
# it is about to grow.
_DATABASE_EVENTS = [
    "RDS-EVENT-0007",  # the storage is full
    "RDS-EVENT-0013",  # the failover to the standby has started
    "RDS-EVENT-0031",  # the database has failed and requires a restore
    "RDS-EVENT-0035",  # incompatible parameters
    "RDS-EVENT-0036",  # incompatible network
    "RDS-EVENT-0049",  # the failover to the standby is complete
    "RDS-EVENT-0221",  # the storage is full, and RDS shut down the database
    "RDS-EVENT-0222",  # the storage is nearly full, and RDS will shut down the database
    "RDS-EVENT-0223",  # the storage cannot grow
    "RDS-EVENT-0224",  # the storage would exceed databaseMaxStorageGib if it grew again
    "RDS-EVENT-0225",  # the storage is close to databaseMaxStorageGib
]


class Event(NamedTuple):
    """One kind of event: the EventBridge pattern, and a text with `<name>` for each of `paths` into the event."""

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
    """Returns the events of the resources that the stack has."""
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
