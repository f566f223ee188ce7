"""The processes that a process has started."""

from collections.abc import Iterator
from pathlib import Path


def children(process: int) -> list[int]:
    """Those that it started itself and that are still there."""
    return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/stat") if _parent(path) == process]


def descendants(process: int) -> Iterator[int]:
    """Those, and theirs."""
    for child in children(process):
        yield child
        yield from descendants(child)


def _parent(stat: Path) -> int:
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has ended
        return 0
