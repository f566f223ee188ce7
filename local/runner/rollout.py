"""Rolling updates: how many tasks a service starts, which it stops, and when the deployment fails: pure."""

from collections.abc import Sequence
from typing import Protocol, TypeVar


class Countable(Protocol):
    """A started task that was not asked to stop."""

    @property
    def healthy(self) -> bool:
        """Whether all its checks succeed."""
        ...


Some = TypeVar("Some", bound=Countable)


def plan(
    desired: int, bounds: tuple[int, int], current: Sequence[Some], old: Sequence[Some]
) -> tuple[int, list[Some]]:
    """How many tasks to start and which to stop now, for `desired` `current` tasks and no `old` ones.

    `bounds` are the deployment's minimum healthy and maximum percent. ECS rounds the first up and the second down
    (API reference of DeploymentConfiguration). Unhealthy tasks do not count as healthy; unhealthy old tasks are
    stopped at once.
    """
    lower, upper = -(-desired * bounds[0] // 100), desired * bounds[1] // 100
    start = max(0, min(desired - len(current), upper - len(current) - len(old)))
    best_first = sorted(current, key=lambda task: task.healthy, reverse=True)
    well = [task for task in old if task.healthy]
    spare = sum(task.healthy for task in current) + len(well) - lower
    return start, [t for t in old if not t.healthy] + well[: max(0, spare)] + best_first[desired:]


def failures_allowed(desired: int) -> int:
    """The consecutive task failures before the ECS circuit breaker fails a deployment (ECS developer guide)."""
    return min(max(3, -(-desired // 2)), 200)
