"""A rolling update keeps within the deployment's minimum and maximum."""

from dataclasses import dataclass

import pytest

from local.runner.rollout import failures_allowed, plan


@dataclass(frozen=True)
class Counted:
    healthy: bool


WELL, ILL = Counted(True), Counted(False)


@pytest.mark.parametrize(
    ("desired", "bounds", "current", "old", "start", "stop"),
    [
        pytest.param(2, (100, 200), [], [], 2, [], id="first deployment"),
        pytest.param(1, (100, 200), [], [WELL], 1, [], id="the new one first"),
        pytest.param(1, (100, 200), [ILL], [WELL], 0, [], id="the old one stays until the new one is healthy"),
        pytest.param(1, (100, 200), [WELL], [WELL], 0, [WELL], id="then it goes"),
        pytest.param(1, (0, 100), [], [WELL], 0, [WELL], id="the old one first: no two at a time"),
        pytest.param(1, (0, 100), [], [], 1, [], id="and then the new one"),
        pytest.param(2, (50, 100), [], [WELL, WELL], 0, [WELL], id="one by one"),
        pytest.param(3, (100, 150), [], [WELL] * 3, 1, [], id="the maximum is rounded down"),
        pytest.param(3, (50, 100), [], [WELL] * 3, 0, [WELL], id="the minimum is rounded up"),
        pytest.param(2, (100, 200), [ILL, ILL], [ILL, WELL], 0, [ILL], id="an old one that is ill goes at once"),
        pytest.param(1, (100, 200), [ILL, WELL], [], 0, [ILL], id="fewer wanted: the healthy one stays"),
        pytest.param(2, (100, 200), [WELL], [], 1, [], id="one has died"),
        pytest.param(0, (100, 200), [WELL], [WELL], 0, [WELL, WELL], id="none wanted"),
        pytest.param(2, (100, 200), [WELL, WELL], [], 0, [], id="all is well"),
    ],
)
def test_the_next_step(
    desired: int,
    bounds: tuple[int, int],
    current: list[Counted],
    old: list[Counted],
    start: int,
    stop: list[Counted],
):
    assert plan(desired, bounds, current, old) == (start, stop)


@pytest.mark.parametrize(("desired", "failures"), [(1, 3), (2, 3), (6, 3), (25, 13), (1000, 200)])
def test_when_the_circuit_breaker_opens(desired: int, failures: int):
    assert failures_allowed(desired) == failures
