"""Every log group keeps its events for a time that is set; else CloudWatch keeps and bills them for ever."""

from collections.abc import Iterator

from . import Properties


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Of log groups."""
    if kind == "aws:cloudwatch/logGroup:LogGroup" and not properties.get("retentionInDays"):
        yield "its events are kept for ever: set retentionInDays"
