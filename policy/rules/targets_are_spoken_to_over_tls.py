"""Load balancers encrypt traffic to their targets, or pass on their client's traffic unchanged."""

from collections.abc import Iterator

from . import Properties

_PROTOCOLS = ("HTTPS", "TLS", "TCP")


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Checks target groups. Only network load balancers use TCP."""
    if kind == "aws:lb/targetGroup:TargetGroup" and (protocol := properties.get("protocol")) not in _PROTOCOLS:
        yield f"passwords and images go to the targets in clear: protocol is {protocol!r}, make it HTTPS"
