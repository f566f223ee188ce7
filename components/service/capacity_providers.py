"""What tasks run on: Fargate, or Fargate Spot at up to 70 % less.

Fargate Spot reclaims capacity when it is needed elsewhere: it sends SIGTERM two minutes in advance, which is the
longest time that a task may take to stop anyway (see `task_definition`), and the service starts another task if
there is capacity.
"""

from __future__ import annotations

import pulumi_aws as aws

_ON_DEMAND, _SPOT = "FARGATE", "FARGATE_SPOT"

# What a cluster offers to its services.
PROVIDERS = [_ON_DEMAND, _SPOT]


def strategy(spot_percent: int) -> list[aws.ecs.ServiceCapacityProviderStrategyArgsDict]:
    """How a service's tasks are spread over both; the first one is on demand unless all are to be Spot."""
    on_demand: aws.ecs.ServiceCapacityProviderStrategyArgsDict = {
        "capacity_provider": _ON_DEMAND,
        "base": 1,
        "weight": 100 - spot_percent,
    }
    spot: aws.ecs.ServiceCapacityProviderStrategyArgsDict = {
        "capacity_provider": _SPOT,
        "base": 0,
        "weight": spot_percent,
    }
    return [each for each, share in ((on_demand, 100 - spot_percent), (spot, spot_percent)) if share]
