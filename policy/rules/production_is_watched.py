"""A production stack has alarms for failures, and every alarm sends a notification."""

from collections.abc import Iterator, Sequence

from . import Finding, Resource, of_kind


def check_stack(resources: Sequence[Resource], stack: str) -> Iterator[Finding]:
    """Checks services and alarms, in stacks whose name begins with prod."""
    if not stack.startswith("prod"):
        return
    alarms = list(of_kind(resources, "aws:cloudwatch/metricAlarm:MetricAlarm"))
    if not alarms:
        for service in of_kind(resources, "aws:ecs/service:Service"):
            yield service.urn, "nobody is told when it stops: set enableAlarms"
    for alarm in alarms:
        if alarm.properties.get("actionsEnabled") is False or not alarm.properties.get("alarmActions"):
            yield alarm.urn, "it tells nobody: give it alarmActions, such as a topic's ARN"
