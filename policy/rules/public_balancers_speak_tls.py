"""While a network load balancer is public, no listener of the stack accepts unencrypted connections."""

from collections.abc import Iterator, Sequence

from . import Finding, Resource, of_kind


def check_stack(resources: Sequence[Resource], stack: str) -> Iterator[Finding]:
    """Checks all listeners, because their load balancer is unknown before they are deployed."""
    balancers = of_kind(resources, "aws:lb/loadBalancer:LoadBalancer")
    if all(balancer.properties.get("internal") is True for balancer in balancers):
        return
    for listener in of_kind(resources, "aws:lb/listener:Listener"):
        protocol = listener.properties.get("protocol")
        if protocol not in ("TLS", "HTTPS", "HTTP"):  # CloudFront uses HTTP, to an internal balancer
            yield listener.urn, f"images may cross the internet in clear: the protocol is {protocol}, make it TLS"
