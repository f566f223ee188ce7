"""A production stack logs access, network traffic and database activity."""

from collections.abc import Iterator, Sequence

from . import Finding, Resource, of_kind

_DAYS = 365


def check_stack(resources: Sequence[Resource], stack: str) -> Iterator[Finding]:
    """Checks log groups, VPCs, databases, balancers and distributions, in stacks whose name begins with prod."""
    if not stack.startswith("prod"):
        return
    for group in of_kind(resources, "aws:cloudwatch/logGroup:LogGroup"):
        days = group.properties.get("retentionInDays") or 0
        if 0 < days < _DAYS:
            yield group.urn, f"its events are kept for {days} days, not {_DAYS}: set logRetentionDays"
    for database in of_kind(resources, "aws:rds/instance:Instance"):
        if "postgresql" not in (database.properties.get("enabledCloudwatchLogsExports") or []):
            yield database.urn, "its log ends with it: export postgresql to CloudWatch Logs"
    for balancer in of_kind(resources, "aws:lb/loadBalancer:LoadBalancer"):
        if not (balancer.properties.get("accessLogs") or {}).get("enabled") and _is_application(balancer):
            yield balancer.urn, "nobody knows who came in: set enableAccessLogs"
    for network, recorded in {
        "awsx:ec2:Vpc": "aws:ec2/flowLog:FlowLog",
        "aws:cloudfront/distribution:Distribution": "aws:cloudwatch/logDelivery:LogDelivery",
    }.items():
        if not list(of_kind(resources, recorded)):
            key = "enableVpcFlowLogs" if recorded.endswith("FlowLog") else "enableAccessLogs"
            yield from (
                (each.urn, f"its traffic is not recorded: set {key}") for each in of_kind(resources, network)
            )


def _is_application(balancer: Resource) -> bool:
    """Returns whether it is an application load balancer.

    A network load balancer logs TLS connections only, and the tasks log associations themselves.
    """
    return balancer.properties.get("loadBalancerType") in (None, "application")
