"""A customer managed key encrypts every topic. With AWS's own key for SNS, alarms are lost silently."""

from collections.abc import Iterator

from . import Properties

_AWS_OWN = "alias/aws/"


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Checks SNS topics."""
    if kind != "aws:sns/topic:Topic":
        return
    key = properties.get("kmsMasterKeyId") or ""
    if not key:
        yield "its messages lie in clear: set kmsMasterKeyId to a key of your own"
    elif _AWS_OWN in key:
        yield "no alarm reaches it under AWS's own key: set kmsMasterKeyId to a key of your own"
