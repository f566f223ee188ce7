"""Load balancers encrypt to their targets, or pass on as it is what their client has encrypted or not."""

from collections.abc import Iterator

from . import Properties

_PROTOCOLS = ("HTTPS", "TLS", "TCP")


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Of target groups; TCP is a protocol of network load balancers alone."""
    if kind == "aws:lb/targetGroup:TargetGroup" and (protocol := properties.get("protocol")) not in _PROTOCOLS:
        yield f"passwords and images go to the targets in clear: protocol is {protocol!r}, make it HTTPS"
