"""A CloudWatch dashboard that shows at a glance whether studies are stored and viewed.

It uses only metrics that AWS provides free of charge. The number of files that S3 receives is not among them: S3
charges for request metrics, and those of CloudFront and the DICOM load balancer are sufficient.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.config.stack_name import with_stack
from components.monitoring import metrics
from components.monitoring.metrics import Metric, Watched

_Widget = dict[str, Any]

_COLUMNS, _WIDTH, _HEIGHT = 24, 8, 6
_LONGEST_NAME = 200  # CloudWatch takes 255, the region behind it included
_FIVE_MINUTES, _DAY = 300, 86400

# Classes in which a bucket's files can lie (Amazon S3 User Guide, "Amazon S3 CloudWatch metrics and dimensions").
_STORAGE_TYPES = {
    "StandardStorage": "Standard",
    "IntelligentTieringFAStorage": "read often",
    "IntelligentTieringIAStorage": "not read for 30 days",
    "IntelligentTieringAIAStorage": "not read for 90 days",
    "GlacierInstantRetrievalStorage": "Glacier Instant Retrieval",
}
# Orthanc's log marks what went wrong by the first letter: E1126 14:03:07.123456 …, or W for a warning.
_ERRORS = "fields @timestamp, @message | filter @message like /^[EW]\\d{4} / | sort @timestamp desc | limit 50"


class ArchiveDashboard(pulumi.ComponentResource):
    """The dashboard of a stack, in the archive's own region."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        watched: Watched,
        alarm_arns: Sequence[pulumi.Output[str]],
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Shows what is `watched`, and the states of `alarm_arns` where there are alarms."""
        super().__init__("orthanc:monitoring:ArchiveDashboard", name, None, opts)
        names = pulumi.Output.all(**vars(watched))
        body = pulumi.Output.all(names, *alarm_arns).apply(
            lambda known: json.dumps(document(Watched(**known[0]), known[1:]), sort_keys=True)
        )
        aws.cloudwatch.Dashboard(
            name,
            # Names are the account's, not a region's: another stack's would be overwritten.
            dashboard_name=f"{with_stack('orthanc', pulumi.get_stack(), longest=_LONGEST_NAME)}-{watched.region}",
            dashboard_body=body,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


def document(watched: Watched, alarm_arns: Sequence[str] = ()) -> dict[str, Any]:
    """The dashboard's body, of names that are all known (CloudWatch API Reference, "Dashboard body structure")."""
    status = {"title": "Alarms", "alarms": list(alarm_arns)}
    top: list[_Widget] = [{"type": "alarm", "width": _COLUMNS, "height": 3, "properties": status}]
    graphs = [*_in_and_out(watched), *_dicom(watched), *_tasks(watched), *_database(watched), *_kept(watched)]
    log = {
        "title": "Errors and warnings of Orthanc",
        "region": watched.region,
        "query": f"SOURCE '{watched.log_group}' | {_ERRORS}",
        "view": "table",
    }
    bottom: list[_Widget] = [{"type": "log", "width": _COLUMNS, "height": _HEIGHT, "properties": log}]
    return {"widgets": _placed([*(top if alarm_arns else []), *graphs, *bottom])}


def _placed(widgets: Iterable[_Widget]) -> list[_Widget]:
    """The widgets from left to right and from top to bottom."""
    x = y = height = 0
    placed = []
    for widget in widgets:
        if x + widget["width"] > _COLUMNS:
            x, y, height = 0, y + height, 0
        placed.append(widget | {"x": x, "y": y})
        x, height = x + widget["width"], max(height, widget["height"])
    return placed


def _graph(title: str, watched: Watched, lines: Mapping[str, Metric], **more: Any) -> _Widget:
    rows = [
        [
            metric.namespace,
            metric.name,
            *(part for dimension in metric.dimensions.items() for part in dimension),
            {"label": label, "stat": metric.statistic, "region": metrics.region_of(metric, watched)},
        ]
        for label, metric in lines.items()
    ]
    properties = {
        "title": title,
        "metrics": rows,
        "region": watched.region,
        "period": _FIVE_MINUTES,
        "view": "timeSeries",
        "yAxis": {"left": {"min": 0}},
    }
    return {"type": "metric", "width": _WIDTH, "height": _HEIGHT, "properties": properties | more}


def _in_and_out(watched: Watched) -> Iterator[_Widget]:
    edge, balancer = metrics.at_edge, metrics.at_balancer
    sent = {"in": edge(watched, "BytesUploaded"), "out": edge(watched, "BytesDownloaded")}
    yield _graph("Studies in and out at the edge, bytes", watched, sent)
    answered = {f"{status[0]}xx": balancer(watched, f"HTTPCode_Target_{status}_Count") for status in _STATUSES}
    none = {"no answer": balancer(watched, "HTTPCode_ELB_5XX_Count")}
    yield _graph("Answers of Orthanc", watched, answered | none)
    waits = {p: balancer(watched, "TargetResponseTime", p) for p in ("p50", "p95")}
    yield _graph("Seconds to the first byte", watched, waits)


_STATUSES = ("2XX", "3XX", "4XX", "5XX")


def _dicom(watched: Watched) -> Iterator[_Widget]:
    if watched.dicom_balancer is None:
        return
    flows = {
        "new": metrics.at_dicom_balancer(watched, "NewFlowCount"),
        "reset by Orthanc": metrics.at_dicom_balancer(watched, "TCP_Target_Reset_Count"),
    }
    yield _graph("DICOM connections", watched, flows)
    sent = {"both ways": metrics.at_dicom_balancer(watched, "ProcessedBytes")}
    yield _graph("DICOM, bytes", watched, sent)
    yield _graph("Tasks that take DICOM", watched, {"healthy": metrics.healthy_dicom_tasks(watched)})


def _tasks(watched: Watched) -> Iterator[_Widget]:
    yield _graph("Tasks that answer", watched, {"healthy": metrics.healthy_tasks(watched)})
    for title, name in {"CPU": "CPUUtilization", "Memory": "MemoryUtilization"}.items():
        lines = {stat.lower(): metrics.of_tasks(watched, name, stat) for stat in ("Average", "Maximum")}
        yield _graph(f"{title} of the tasks, percent", watched, lines)


def _database(watched: Watched) -> Iterator[_Widget]:
    of = metrics.of_database
    yield _graph("CPU of the database, percent", watched, {"average": of(watched, "CPUUtilization", "Average")})
    open_ = {"open": of(watched, "DatabaseConnections", "Maximum")}
    yield _graph("Connections of the database", watched, open_)
    free = {"free": of(watched, "FreeStorageSpace", "Minimum")}
    yield _graph("Disk of the database, bytes", watched, free)


def _kept(watched: Watched) -> Iterator[_Widget]:
    """What the archive holds: S3 tells once a day."""
    if watched.bucket is not None:
        bucket = {"BucketName": watched.bucket}
        size = {
            label: Metric("AWS/S3", "BucketSizeBytes", bucket | {"StorageType": type}, "Average")
            for type, label in _STORAGE_TYPES.items()
        }
        yield _graph("Files on S3, bytes", watched, size, period=_DAY, stacked=True)
        files = Metric("AWS/S3", "NumberOfObjects", bucket | {"StorageType": "AllStorageTypes"}, "Average")
        yield _graph("Files on S3", watched, {"with old versions": files}, period=_DAY)
    if watched.file_system is not None:
        system = {"FileSystemId": watched.file_system}
        held = Metric("AWS/EFS", "StorageBytes", system | {"StorageClass": "Total"}, "Average")
        yield _graph("Files on EFS, bytes", watched, {"held": held})
        moved = {
            label: Metric("AWS/EFS", name, system, "Sum")
            for label, name in {"written": "DataWriteIOBytes", "read": "DataReadIOBytes"}.items()
        }
        yield _graph("EFS, bytes", watched, moved)
    if watched.replica_bucket is not None:
        failed = metrics.of_replication(watched, "OperationsFailedReplication", "Sum")
        yield _graph("Files that the replica lacks", watched, {"failed": failed})
