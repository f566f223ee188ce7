"""Metrics of the deployed resources, for alarms and dashboard.

All are AWS's own; they are free of charge, except those of S3 replication. One is extracted from Orthanc's log.
Names of resources are passed through unchanged, since some are unknown during a preview.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pulumi

from components.config.edge import CLOUDFRONT_REGION

Name = pulumi.Input[str]
"""A name as CloudWatch's dimensions have it."""

_CLOUDFRONT = "AWS/CloudFront"

# What a task logs when a connection to its DICOM port has said nothing for 30 s, in which it took no other: the
# first words are Orthanc's, the rest DCMTK's. In CloudWatch Logs' syntax for filters.
SILENT_CONNECTION = '"Receiving Association failed: DUL network read timeout"'


@dataclass(frozen=True)
class Watched:
    """What a stack has deployed, by the names of its metrics; None for what it does not have."""

    region: str
    load_balancer: Name
    target_group: Name
    cluster: Name
    service: Name
    service_arn: Name
    log_group: Name
    own_namespace: Name
    database: Name
    database_arn: Name
    distribution: Name
    bucket: Name | None = None
    file_system: Name | None = None
    replica_bucket: Name | None = None
    replica_region: str = ""
    replica_rule: str = ""
    dicom_balancer: Name | None = None
    dicom_target_group: Name | None = None
    firewall: Name | None = None
    edge_certificate: Name | None = None
    load_balancer_certificate: Name | None = None
    dicom_certificate: Name | None = None
    state_machine: Name | None = None
    vault: Name | None = None


class Metric(NamedTuple):
    """A metric and the statistic of it that counts: Sum, Average, Maximum, Minimum, a percentile such as p95."""

    namespace: Name
    name: str
    dimensions: Mapping[str, Name]
    statistic: str


def _there(name: Name | None) -> Name:
    """A name that the stack has. Raises ValueError where it asks for a metric of what it does not have."""
    if name is None:
        raise ValueError("a metric of what the stack does not have")
    return name


def healthy_tasks(watched: Watched) -> Metric:
    """Tasks to which the load balancer sends requests."""
    dimensions = {"LoadBalancer": watched.load_balancer, "TargetGroup": watched.target_group}
    return Metric("AWS/ApplicationELB", "HealthyHostCount", dimensions, "Maximum")


def healthy_dicom_tasks(watched: Watched) -> Metric:
    """Tasks to which the DICOM balancer sends associations."""
    dimensions = {
        "LoadBalancer": _there(watched.dicom_balancer),
        "TargetGroup": _there(watched.dicom_target_group),
    }
    return Metric("AWS/NetworkELB", "HealthyHostCount", dimensions, "Maximum")


def at_balancer(watched: Watched, name: str, statistic: str = "Sum") -> Metric:
    """A metric of the load balancer: RequestCount, HTTPCode_Target_5XX_Count, TargetResponseTime …"""
    return Metric("AWS/ApplicationELB", name, {"LoadBalancer": watched.load_balancer}, statistic)


def at_dicom_balancer(watched: Watched, name: str) -> Metric:
    """A metric of the DICOM balancer: NewFlowCount, ProcessedBytes …"""
    return Metric("AWS/NetworkELB", name, {"LoadBalancer": _there(watched.dicom_balancer)}, "Sum")


def silent_dicom_connections(watched: Watched) -> Metric:
    """Connections that blocked a task's DICOM port for 30 s each, as its log tells (`SILENT_CONNECTION`).

    A metric of the stack's own, counted in its log.
    """
    return Metric(watched.own_namespace, "SilentDicomConnections", {}, "Sum")


def of_tasks(watched: Watched, name: str, statistic: str) -> Metric:
    """CPUUtilization or MemoryUtilization of the service's tasks, in percent of what they have."""
    return Metric("AWS/ECS", name, {"ClusterName": watched.cluster, "ServiceName": watched.service}, statistic)


def of_database(watched: Watched, name: str, statistic: str) -> Metric:
    """A metric of the database: CPUUtilization, FreeStorageSpace (bytes), DatabaseConnections …"""
    return Metric("AWS/RDS", name, {"DBInstanceIdentifier": watched.database}, statistic)


def at_edge(watched: Watched, name: str, statistic: str = "Sum") -> Metric:
    """A metric of CloudFront, which is in us-east-1 only: Requests, BytesUploaded, 5xxErrorRate …"""
    return Metric(_CLOUDFRONT, name, {"DistributionId": watched.distribution, "Region": "Global"}, statistic)


def blocked(watched: Watched) -> Metric:
    """Requests that the web ACL refused, by whichever rule; in us-east-1 only."""
    return Metric("AWS/WAFV2", "BlockedRequests", {"WebACL": _there(watched.firewall), "Rule": "ALL"}, "Sum")


def of_replication(watched: Watched, name: str, statistic: str) -> Metric:
    """OperationsFailedReplication (in the bucket's region), ReplicationLatency (in the replica's, seconds) …"""
    return Metric(
        "AWS/S3",
        name,
        {
            "SourceBucket": _there(watched.bucket),
            "DestinationBucket": _there(watched.replica_bucket),
            "RuleId": watched.replica_rule,
        },
        statistic,
    )


def days_to_expiry(certificate_arn: Name) -> Metric:
    """What ACM tells twice a day of a certificate, in the certificate's region."""
    return Metric("AWS/CertificateManager", "DaysToExpiry", {"CertificateArn": certificate_arn}, "Minimum")


def failed_executions(watched: Watched) -> Metric:
    """Runs of the state machine that replaces tasks after the database's password has changed, which gave up."""
    dimensions = {"StateMachineArn": _there(watched.state_machine)}
    return Metric("AWS/States", "ExecutionsFailed", dimensions, "Sum")


def region_of(metric: Metric, watched: Watched) -> str:
    """Where a metric of the archive's own region, or of CloudFront and what belongs to it, is found."""
    return CLOUDFRONT_REGION if metric.namespace in (_CLOUDFRONT, "AWS/WAFV2") else watched.region
