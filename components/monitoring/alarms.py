"""Alarms and events for failures that affect storing and viewing studies: `alarm_definitions` as resources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.config.metric import Metric
from components.monitoring import alarm_definitions, event_definitions
from components.monitoring.alarm_definitions import SILENT_CONNECTION, SILENT_CONNECTIONS, Alarm
from components.monitoring.archive import Archive
from components.monitoring.event_definitions import Event
from components.monitoring.topics import AlarmTopic
from components.service.orthanc_service import OrthancService

_RESULT = "result"


class Alarms(pulumi.ComponentResource):
    """An alarm for each row of the table, a rule for each event, and a topic in each of their Regions."""

    topic_arns: dict[str, pulumi.Output[str]]
    """The ARNs of the topics, by Region."""
    arns: dict[str, pulumi.Output[str]]
    """The ARNs of the alarms, by name."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        archive: Archive,
        after: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Sends a notification when an alarm of the `archive` starts and when it ends.

        `after`: resources that must work before any alarm can be raised. While a stack is being created, nothing
        responds, and missing data raises an alarm. Logs a warning if the stack itself does not subscribe anybody.
        """
        super().__init__("orthanc:monitoring:Alarms", name, None, opts)
        self._name, self._child = name, pulumi.ResourceOptions(parent=self)
        self._after = pulumi.ResourceOptions(parent=self, depends_on=list(after))
        table = alarm_definitions.alarms(settings, archive)
        if not settings.alarm_emails:
            pulumi.log.warn(
                "nobody is notified of alarms yet: pulumi config set --path 'alarmEmails[0]'"
                " pacs-team@example.org, or subscribe to the topics of the output alarmTopicArns",
                self,
            )
        home = settings.account.region
        self.topic_arns = {
            region: AlarmTopic(
                f"{name}-{region}", settings, region=region, events=region == home, opts=self._child
            ).arn
            for region in sorted({home, *(alarm.region for alarm in table)})
        }
        if archive.dicom:
            self._count_in_log(SILENT_CONNECTIONS, SILENT_CONNECTION, archive.service)
        self.arns = {alarm.name: self._alarm(alarm) for alarm in table}
        for event in event_definitions.events(archive, pulumi.get_stack()):
            self._event(event, self.topic_arns[home])
        self.register_outputs({"topicArns": self.topic_arns})

    def _alarm(self, alarm: Alarm) -> pulumi.Output[str]:
        topics = [self.topic_arns[alarm.region]]
        below = alarm.below is not None
        return aws.cloudwatch.MetricAlarm(
            f"{self._name}-{alarm.name}",
            region=alarm.region,
            alarm_description=(
                f"Orthanc, stack {pulumi.get_stack()}: {alarm.description} Runbook: {alarm.runbook}"
            ),
            **(_math(alarm) if alarm.expression else _single(alarm)),
            comparison_operator="LessThanThreshold" if below else "GreaterThanThreshold",
            threshold=alarm.below if below else alarm.above,
            evaluation_periods=alarm.of,
            datapoints_to_alarm=alarm.periods,
            treat_missing_data=alarm.missing,
            alarm_actions=topics,
            ok_actions=topics,
            opts=self._after,
        ).arn

    def _count_in_log(self, name: str, pattern: str, service: OrthancService) -> None:
        """Counts the lines of Orthanc's log that match `pattern`, in the metric `name`."""
        metric = service.log_metric(name)
        aws.cloudwatch.LogMetricFilter(
            f"{self._name}-{metric.name}",
            log_group_name=service.log_group_name,
            pattern=pattern,
            metric_transformation={
                "namespace": metric.namespace,
                "name": metric.name,
                "value": "1",
                "unit": "Count",
            },
            opts=self._child,
        )

    def _event(self, event: Event, topic_arn: pulumi.Output[str]) -> None:
        name = f"{self._name}-{event.name}"
        rule = aws.cloudwatch.EventRule(
            name,
            description=event.description,
            event_pattern=pulumi.Output.json_dumps(event.pattern, sort_keys=True),
            opts=self._after,
        )
        aws.cloudwatch.EventTarget(
            name,
            rule=rule.name,
            arn=topic_arn,
            input_transformer={"input_paths": dict(event.paths), "input_template": event.template},
            opts=self._child,
        )


def _single(alarm: Alarm) -> dict[str, Any]:
    """Returns the inputs of an alarm on one metric."""
    [metric] = alarm.metrics.values()
    percentile = metric.statistic.startswith("p")
    return {
        "namespace": metric.namespace,
        "metric_name": metric.name,
        "dimensions": dict(metric.dimensions) or None,
        "period": alarm.seconds,
        "extended_statistic" if percentile else "statistic": metric.statistic,
        # With only a few requests, a percentile is the slowest one.
        **({"evaluate_low_sample_count_percentiles": "ignore"} if percentile else {}),
    }


def _math(alarm: Alarm) -> dict[str, Any]:
    """Returns the inputs of an alarm on a value computed from several metrics."""
    result = {"id": _RESULT, "label": alarm.name, "expression": alarm.expression, "return_data": True}
    queries = [
        {"id": id, "metric": _queried(metric, alarm.seconds), "return_data": False}
        for id, metric in alarm.metrics.items()
    ]
    return {"metric_queries": [result, *queries]}


def _queried(metric: Metric, seconds: int) -> dict[str, Any]:
    return {
        "namespace": metric.namespace,
        "metric_name": metric.name,
        "dimensions": dict(metric.dimensions) or None,
        "stat": metric.statistic,
        "period": seconds,
    }
