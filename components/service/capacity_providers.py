"""The capacity for tasks: Fargate, or Fargate Spot at a discount of up to 70 %.

Fargate Spot reclaims capacity when it is needed elsewhere. It sends SIGTERM two minutes in advance, which is also
the longest time that a task may take to stop (see `task_definition`). The service starts another task if there is
capacity.
"""

from __future__ import annotations

import pulumi_aws as aws

_ON_DEMAND, _SPOT = "FARGATE", "FARGATE_SPOT"

# The capacity providers of a cluster.
PROVIDERS = [_ON_DEMAND, _SPOT]


def strategy(spot_percent: int) -> list[aws.ecs.ServiceCapacityProviderStrategyArgsDict]:
    """Returns how tasks are distributed. The first task is on demand, unless all tasks are to run on Spot."""
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
