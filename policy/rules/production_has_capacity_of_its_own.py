"""In a production stack, at least one task always runs on capacity that AWS does not reclaim (not Spot)."""

from collections.abc import Iterator, Sequence

from . import Finding, Resource, of_kind


def check_stack(resources: Sequence[Resource], stack: str) -> Iterator[Finding]:
    """Checks services on Fargate, in stacks whose name begins with prod."""
    if not stack.startswith("prod"):
        return
    for service in of_kind(resources, "aws:ecs/service:Service"):
        strategy = service.properties.get("capacityProviderStrategies") or []
        on_demand = [each for each in strategy if each["capacityProvider"] == "FARGATE"]
        if strategy and not any(each.get("base") for each in on_demand):
            yield service.urn, "AWS can take all its tasks away at once: set fargateSpotPercent below 100"
