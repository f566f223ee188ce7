"""A CloudWatch dashboard that shows at a glance whether studies are stored and viewed.

It uses only metrics that AWS provides free of charge. The number of files that S3 receives is not among them: S3
charges for request metrics, and those of CloudFront and the DICOM load balancer are sufficient.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.config.metric import Metric
from components.config.stack_name import with_stack
from components.monitoring.archive import Archive
from components.storage.storage import Storage

_Widget = dict[str, Any]

_COLUMNS, _WIDTH, _HEIGHT = 24, 8, 6
_LONGEST_NAME = 200  # CloudWatch allows 255, including the Region at the end
_FIVE_MINUTES, _DAY = 300, 86400

# The storage classes of a bucket's files (Amazon S3 User Guide, "Amazon S3 CloudWatch metrics and dimensions").
_STORAGE_TYPES = {
    "StandardStorage": "Standard",
    "IntelligentTieringFAStorage": "read often",
    "IntelligentTieringIAStorage": "not read for 30 days",
    "IntelligentTieringAIAStorage": "not read for 90 days",
    "GlacierInstantRetrievalStorage": "Glacier Instant Retrieval",
}
# Lines in Orthanc's log begin with E for an error (E1126 14:03:07.123456 …) or W for a warning.
_ERRORS = "fields @timestamp, @message | filter @message like /^[EW]\\d{4} / | sort @timestamp desc | limit 50"


class ArchiveDashboard(pulumi.ComponentResource):
    """The dashboard of a stack, in the archive's Region."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        archive: Archive,
        alarm_arns: Sequence[pulumi.Output[str]],
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Shows the `archive` and, if there are alarms, the states of `alarm_arns`."""
        super().__init__("orthanc:monitoring:ArchiveDashboard", name, None, opts)
        region = settings.account.region
        aws.cloudwatch.Dashboard(
            name,
            # Dashboard names are unique in an account, not in a Region. Without stack and Region in the name,
            # stacks would overwrite each other's dashboards.
            dashboard_name=f"{with_stack('orthanc', pulumi.get_stack(), longest=_LONGEST_NAME)}-{region}",
            dashboard_body=pulumi.Output.json_dumps(document(archive, region, alarm_arns), sort_keys=True),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


def document(archive: Archive, region: str, alarm_arns: Sequence[pulumi.Output[str]] = ()) -> dict[str, Any]:
    """Returns the body of a dashboard in `region` (CloudWatch API Reference, "Dashboard body structure")."""
    status = {"title": "Alarms", "alarms": list(alarm_arns)}
    top: list[_Widget] = [{"type": "alarm", "width": _COLUMNS, "height": 3, "properties": status}]
    parts = (_in_and_out(archive), _dicom(archive), _tasks(archive), _database(archive), _kept(archive.storage))
    graphs = list(chain.from_iterable(parts))
    for graph in graphs:
        graph["properties"]["region"] = region
    log = {
        "title": "Errors and warnings of Orthanc",
        "region": region,
        "query": pulumi.Output.concat("SOURCE '", archive.service.log_group_name, f"' | {_ERRORS}"),
        "view": "table",
    }
    bottom: list[_Widget] = [{"type": "log", "width": _COLUMNS, "height": _HEIGHT, "properties": log}]
    return {"widgets": _placed([*(top if alarm_arns else []), *graphs, *bottom])}


def _placed(widgets: Iterable[_Widget]) -> list[_Widget]:
    """Returns the widgets with positions, from left to right and from top to bottom."""
    x = y = height = 0
    placed = []
    for widget in widgets:
        if x + widget["width"] > _COLUMNS:
            x, y, height = 0, y + height, 0
        placed.append(widget | {"x": x, "y": y})
        x, height = x + widget["width"], max(height, widget["height"])
    return placed


def _graph(title: str, lines: Mapping[str, Metric], **more: Any) -> _Widget:
    rows = [
        [
            metric.namespace,
            metric.name,
            *(part for dimension in metric.dimensions.items() for part in dimension),
            {"label": label, "stat": metric.statistic, "region": metric.region},
        ]
        for label, metric in lines.items()
    ]
    properties = {
        "title": title,
        "metrics": rows,
        "period": _FIVE_MINUTES,
        "view": "timeSeries",
        "yAxis": {"left": {"min": 0}},
    }
    return {"type": "metric", "width": _WIDTH, "height": _HEIGHT, "properties": properties | more}


def _in_and_out(archive: Archive) -> Iterator[_Widget]:
    edge, balancer = archive.edge.metric, archive.load_balancer.metric
    sent = {"in": edge("BytesUploaded"), "out": edge("BytesDownloaded")}
    yield _graph("CloudFront, bytes in and out", sent)
    answered = {f"{status[0]}xx": balancer(f"HTTPCode_Target_{status}_Count") for status in _STATUSES}
    none = {"load balancer 5xx": balancer("HTTPCode_ELB_5XX_Count")}
    yield _graph("Responses by status", answered | none)
    waits = {p: balancer("TargetResponseTime", p) for p in ("p50", "p95")}
    yield _graph("Response time, seconds", waits)


_STATUSES = ("2XX", "3XX", "4XX", "5XX")


def _dicom(archive: Archive) -> Iterator[_Widget]:
    if archive.dicom is None:
        return
    balancer = archive.dicom.metric
    flows = {"new": balancer("NewFlowCount"), "reset by Orthanc": balancer("TCP_Target_Reset_Count")}
    yield _graph("DICOM connections", flows)
    yield _graph("DICOM, bytes", {"both ways": balancer("ProcessedBytes")})
    yield _graph("Healthy targets, DICOM", {"healthy": balancer("HealthyHostCount", "Maximum")})


def _tasks(archive: Archive) -> Iterator[_Widget]:
    yield _graph("Healthy targets, HTTP", {"healthy": archive.load_balancer.metric("HealthyHostCount", "Maximum")})
    for title, name in {"CPU": "CPUUtilization", "Memory": "MemoryUtilization"}.items():
        lines = {stat.lower(): archive.service.metric(name, stat) for stat in ("Average", "Maximum")}
        yield _graph(f"{title} of the tasks, percent", lines)


def _database(archive: Archive) -> Iterator[_Widget]:
    of = archive.database.metric
    yield _graph("Database CPU, percent", {"average": of("CPUUtilization", "Average")})
    yield _graph("Database connections", {"open": of("DatabaseConnections", "Maximum")})
    yield _graph("Free database storage, bytes", {"free": of("FreeStorageSpace", "Minimum")})


def _kept(storage: Storage) -> Iterator[_Widget]:
    """Yields graphs of what the archive stores. S3 reports once a day."""
    if storage.bucket_name is not None:
        size = {
            label: storage.metric("BucketSizeBytes", "Average", StorageType=type)
            for type, label in _STORAGE_TYPES.items()
        }
        yield _graph("Files on S3, bytes", size, period=_DAY, stacked=True)
        files = storage.metric("NumberOfObjects", "Average", StorageType="AllStorageTypes")
        yield _graph("Files on S3", {"with old versions": files}, period=_DAY)
    if storage.file_system_id is not None:
        held = storage.metric("StorageBytes", "Average", StorageClass="Total")
        yield _graph("Files on EFS, bytes", {"held": held})
        moved = {
            label: storage.metric(name, "Sum")
            for label, name in {"written": "DataWriteIOBytes", "read": "DataReadIOBytes"}.items()
        }
        yield _graph("EFS, bytes", moved)
    if storage.replica:
        failed = storage.replica.metric("OperationsFailedReplication", "Sum")
        yield _graph("Failed replications", {"failed": failed})
