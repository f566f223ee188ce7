"""AWS rotates every KMS key each year. Data encrypted with earlier key material stays readable."""

from collections.abc import Iterator

from . import Properties


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Checks keys."""
    if kind == "aws:kms/key:Key" and properties.get("enableKeyRotation") is not True:
        yield "the key does not rotate: set enableKeyRotation to true"
