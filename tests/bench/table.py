"""Figures of two configurations side by side."""

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Figure(NamedTuple):
    """A measured value."""

    value: float
    unit: str

    def __str__(self) -> str:
        return f"{self.value:.0f} {self.unit}" if self.value >= 100 else f"{self.value:.3g} {self.unit}"


class Rows(dict[str, Figure]):
    """What is measured of one configuration, printed as it comes."""

    def add(self, name: str, value: float, unit: str) -> None:
        """A row's figure."""
        self[name] = Figure(value, unit)
        print(f"{self[name]!s:>12}  {name}", flush=True)


def seconds(do: Callable[..., Any], *arguments: Any) -> float:
    """How long a call takes."""
    start = time.monotonic()
    do(*arguments)
    return time.monotonic() - start


def markdown(measured: Mapping[str, Mapping[str, Figure]]) -> str:
    """The rows of all configurations, with the ratio of the last to the first."""
    names = list(measured)
    first, last = measured[names[0]], measured[names[-1]]
    lines = [f"| | {' | '.join(names)} | ratio |", "|---|" + "---:|" * (len(names) + 1)]
    for row in last:
        cells = [str(measured[name][row]) for name in names]
        lines.append(f"| {row} | {' | '.join(cells)} | {last[row].value / first[row].value:.2f} |")
    return "\n".join(lines)
