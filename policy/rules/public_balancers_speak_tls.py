"""While a network load balancer faces the internet, no listener of the stack takes connections in clear."""

from collections.abc import Iterator, Sequence

from . import Finding, Resource, of_kind


def check_stack(resources: Sequence[Resource], stack: str) -> Iterator[Finding]:
    """Of listeners, whichever balancer they belong to: which one is not known before they are deployed."""
    balancers = of_kind(resources, "aws:lb/loadBalancer:LoadBalancer")
    if all(balancer.properties.get("internal") is True for balancer in balancers):
        return
    for listener in of_kind(resources, "aws:lb/listener:Listener"):
        protocol = listener.properties.get("protocol")
        if protocol not in ("TLS", "HTTPS", "HTTP"):  # HTTP is CloudFront's, whose balancer is internal
            yield listener.urn, f"images may cross the internet in clear: the protocol is {protocol}, make it TLS"
