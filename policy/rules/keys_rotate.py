"""Every KMS key is replaced each year by AWS, and what the old one encrypted stays readable."""

from collections.abc import Iterator

from . import Properties


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Of keys."""
    if kind == "aws:kms/key:Key" and properties.get("enableKeyRotation") is not True:
        yield "the key does not rotate: set enableKeyRotation to true"
