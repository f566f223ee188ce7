"""The alarms of a stack: thresholds, texts, and runbooks, as a table without resources.

The runbook of an alarm is the section of docs/runbooks.md with the alarm's name, unless several alarms share a
section. An alarm is in the Region of its metric, which is us-east-1 for CloudFront and everything that belongs to
it.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from components.config import Settings, connections
from components.config.edge import CLOUDFRONT_REGION
from components.config.metric import Metric
from components.ingress.certificates import days_to_expiry
from components.monitoring.archive import Archive

RUNBOOKS = "docs/runbooks.md"

# A task logs this when a connection to its DICOM port was silent for 30 s, while the task accepted no other. The
# first words are Orthanc's, the rest DCMTK's. In the filter syntax of CloudWatch Logs.
SILENT_CONNECTION = '"Receiving Association failed: DUL network read timeout"'
SILENT_CONNECTIONS = "SilentDicomConnections"  # the metric that counts them

# CloudWatch's values for how to treat missing data.
Missing = Literal["breaching", "notBreaching"]

_FIVE_MINUTES, _HOUR, _DAY = 300, 3600, 86400

# With fewer requests in five minutes, a single failure means nothing.
_REQUESTS_THAT_COUNT = 20
# Some failures are normal: a viewer disconnects, or a task is replaced.
_ERRORS_PERCENT = 5
# Above this for a quarter of an hour, queues grow, and the stack needs more or larger tasks.
_BUSY_PERCENT = 85
# At 100 %, Linux kills Orthanc. Its caches fill the memory they are given, so usage may stay high for long.
_FULL_PERCENT = 90
# RDS enlarges the storage when only a tenth of it is free. At half of that, RDS could not do so: the storage has
# reached databaseMaxStorageGib, or RDS enlarged it less than six hours ago. Relative to the initial size, because
# the metric does not report the current one.
_STORAGE_SHARE = 0.05
# During a rolling update, all tasks together open half of the connections (see `connections`), and RDS reserves
# some for itself.
_CONNECTIONS_SHARE = 0.7
# S3 replicates most objects within a quarter of an hour, but does not guarantee it.
_REPLICA_BEHIND_SECONDS = _HOUR
# ACM renews its own certificates 60 days before they expire, and requests action 45 days before. It does not
# renew imported certificates.
_DAYS_TO_EXPIRY = 30
# Each blocks the DICOM port of a task for 30 s: this many in five minutes block it half of the time.
_SILENT_CONNECTIONS = 5
# Background traffic from the internet causes some dozens. A flood, or a client mistaken for an attacker, causes a
# thousand.
_BLOCKED = 1000


class Alarm(NamedTuple):
    """An alarm. It is raised if at least `periods` of `of` periods of `seconds` breach the threshold.

    `expression` is CloudWatch metric math over the keys of `metrics`. Without an expression, there is one metric.
    """

    name: str
    description: str
    metrics: Mapping[str, Metric]
    above: float | None = None
    below: float | None = None
    expression: str = ""
    seconds: int = _FIVE_MINUTES
    periods: int = 3
    of: int = 3
    missing: Missing = "notBreaching"
    section: str = ""

    @property
    def region(self) -> str:
        """The Region of the metrics, which is also the alarm's."""
        return next(iter(self.metrics.values())).region

    @property
    def runbook(self) -> str:
        """The runbook of the alarm."""
        return f"{RUNBOOKS}#{self.section or self.name}"


def alarms(settings: Settings, archive: Archive) -> list[Alarm]:
    """Returns the alarms of a stack, each in its Region."""
    return [
        *_way_in(settings, archive),
        *_tasks(archive),
        *_database(settings, archive),
        *_copies(archive),
        *_certificates(settings, archive),
    ]


def _way_in(settings: Settings, archive: Archive) -> Iterator[Alarm]:
    yield Alarm(
        "no-healthy-task",
        "Nobody can view or upload studies: the load balancer has no healthy target. Find out why tasks stop.",
        {"healthy": archive.load_balancer.metric("HealthyHostCount", "Maximum")},
        below=1,
        seconds=60,
        # A load balancer without targets reports no data.
        missing="breaching",
    )
    if archive.dicom:
        yield Alarm(
            "no-healthy-dicom-task",
            "Modalities cannot store or query: the DICOM load balancer has no healthy target.",
            {"healthy": archive.dicom.metric("HealthyHostCount", "Maximum")},
            below=1,
            seconds=60,
            missing="breaching",
        )
        yield Alarm(
            "dicom-port-blocked",
            "Silent connections block the DICOM port for 30 s each. Find out who opens them.",
            {"silent": archive.service.log_metric(SILENT_CONNECTIONS)},
            above=_SILENT_CONNECTIONS - 1,
            periods=1,
            of=1,
        )
    yield Alarm(
        "server-errors",
        f"More than {_ERRORS_PERCENT} % of requests fail (5xx). Read the task logs; roll back recent changes.",
        {
            "requests": archive.load_balancer.metric("RequestCount"),
            "tasks": archive.load_balancer.metric("HTTPCode_Target_5XX_Count"),
            "balancer": archive.load_balancer.metric("HTTPCode_ELB_5XX_Count"),
        },
        expression=_share("100 * (FILL(tasks, 0) + FILL(balancer, 0)) / requests"),
        above=_ERRORS_PERCENT,
        periods=2,
    )
    yield Alarm(
        "slow-answers",
        "5 % of requests wait long for the first byte, so viewers stall. Find out which requests, and why.",
        {"seconds": archive.load_balancer.metric("TargetResponseTime", "p95")},
        # At the full timeout, CloudFront gives up.
        above=settings.response_timeout_seconds / 4,
    )
    yield Alarm(
        "edge-errors",
        f"CloudFront fails more than {_ERRORS_PERCENT} % of requests (5xx). If server-errors is OK,"
        " the problem is between CloudFront and the load balancer.",
        {
            "requests": archive.edge.metric("Requests"),
            "percent": archive.edge.metric("5xxErrorRate", "Average"),
        },
        expression=_share("percent"),
        above=_ERRORS_PERCENT,
        periods=2,
    )
    if archive.firewall:
        yield Alarm(
            "blocked-requests",
            f"WAF blocked more than {_BLOCKED} requests in 5 minutes: an attack, or one of your own clients.",
            {"blocked": archive.firewall.metric("BlockedRequests")},
            above=_BLOCKED,
            periods=1,
            of=1,
        )


def _share(of_requests: str) -> str:
    return f"IF(FILL(requests, 0) >= {_REQUESTS_THAT_COUNT}, {of_requests}, 0)"


def _tasks(archive: Archive) -> Iterator[Alarm]:
    yield Alarm(
        "tasks-busy",
        f"CPU utilization of the tasks exceeds {_BUSY_PERCENT} % for 15 minutes. Increase taskCpu or maxTasks.",
        {"cpu": archive.service.metric("CPUUtilization", "Average")},
        above=_BUSY_PERCENT,
    )
    yield Alarm(
        "tasks-out-of-memory",
        f"A task uses more than {_FULL_PERCENT} % of its memory; at 100 % it is killed. Increase taskMemoryMib.",
        {"memory": archive.service.metric("MemoryUtilization", "Maximum")},
        above=_FULL_PERCENT,
    )


def _database(settings: Settings, archive: Archive) -> Iterator[Alarm]:
    yield Alarm(
        "database-busy",
        f"CPU utilization of the database has exceeded {_BUSY_PERCENT} % for 15 minutes: searches slow down.",
        {"cpu": archive.database.metric("CPUUtilization", "Average")},
        above=_BUSY_PERCENT,
    )
    yield Alarm(
        "database-disk-full",
        "The database is almost out of storage, and RDS has not added any; once full, nothing can be stored.",
        {"bytes": archive.database.metric("FreeStorageSpace", "Minimum")},
        below=settings.database_storage_gib * 2**30 * _STORAGE_SHARE,
    )
    most = connections.of_all_clients(settings.database_instance_class)
    yield Alarm(
        "database-connections",
        f"More than {_CONNECTIONS_SHARE:.0%} of the database connections are in use; tasks may fail to connect.",
        {"connections": archive.database.metric("DatabaseConnections", "Maximum")},
        above=int(most * _CONNECTIONS_SHARE),
    )


def _copies(archive: Archive) -> Iterator[Alarm]:
    if archive.rotation:
        yield Alarm(
            "rotation-failed",
            "The database password was rotated, but tasks were not redeployed: they cannot reconnect.",
            {"failed": archive.rotation.metric("ExecutionsFailed")},
            above=0,
            periods=1,
            of=1,
        )
    if archive.storage.replica:
        yield Alarm(
            "replication-failed",
            "S3 failed to replicate files and does not retry.",
            {"failed": archive.storage.replica.metric("OperationsFailedReplication", "Sum")},
            above=0,
            periods=1,
            of=1,
        )
        yield Alarm(
            "replica-behind",
            f"Replication lags more than {_REPLICA_BEHIND_SECONDS // 60} minutes: recent files have no replica.",
            {"seconds": archive.storage.replica.metric("ReplicationLatency", "Maximum")},
            above=_REPLICA_BEHIND_SECONDS,
        )


def _certificates(settings: Settings, archive: Archive) -> Iterator[Alarm]:
    region, certificates = settings.account.region, archive.certificates
    viewers, balancer = certificates.edge_arn, certificates.load_balancer_arn
    expiries = {
        "edge-certificate": (viewers, CLOUDFRONT_REGION),
        # In us-east-1, one certificate can serve both.
        "load-balancer-certificate": (None if balancer is viewers else balancer, region),
        "dicom-certificate": (settings.dicom_certificate_arn or None, region),
    }
    for name, (arn, where) in expiries.items():
        if arn is not None:
            yield Alarm(
                name,
                f"A certificate expires in less than {_DAYS_TO_EXPIRY} days; clients cannot connect after that.",
                {"days": days_to_expiry(arn, where)},
                below=_DAYS_TO_EXPIRY,
                seconds=_DAY,
                periods=1,
                of=1,
                section="certificate-expires",
            )
