"""How many tasks a service starts, which it stops and when it gives up, in a rolling update: pure."""

from collections.abc import Sequence
from typing import Protocol, TypeVar


class Countable(Protocol):
    """A task that was started and that nobody has told to stop."""

    @property
    def healthy(self) -> bool:
        """Whether every check of it succeeds."""
        ...


Some = TypeVar("Some", bound=Countable)


def plan(
    desired: int, bounds: tuple[int, int], current: Sequence[Some], old: Sequence[Some]
) -> tuple[int, list[Some]]:
    """How many to start and which to stop now, towards `desired` of the current deployment and none of the `old`.

    `bounds` are the deployment's minimum healthy and maximum percent, of which ECS rounds the first up and the
    second down (API reference of DeploymentConfiguration). What is not healthy counts for nothing: an old one of
    them goes at once.
    """
    lower, upper = -(-desired * bounds[0] // 100), desired * bounds[1] // 100
    start = max(0, min(desired - len(current), upper - len(current) - len(old)))
    best_first = sorted(current, key=lambda task: task.healthy, reverse=True)
    well = [task for task in old if task.healthy]
    spare = sum(task.healthy for task in current) + len(well) - lower
    return start, [t for t in old if not t.healthy] + well[: max(0, spare)] + best_first[desired:]


def failures_allowed(desired: int) -> int:
    """How many tasks in a row fail before ECS's circuit breaker gives a deployment up (ECS developer guide)."""
    return min(max(3, -(-desired // 2)), 200)
