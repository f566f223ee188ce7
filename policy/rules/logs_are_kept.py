"""Every log group has a retention period. Without one, CloudWatch keeps and bills events forever."""

from collections.abc import Iterator

from . import Properties


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Checks log groups."""
    if kind == "aws:cloudwatch/logGroup:LogGroup" and not properties.get("retentionInDays"):
        yield "its events are kept for ever: set retentionInDays"
