"""The task runner: plays ECS, RDS and the edge with containers."""

from collections.abc import Callable

from local.place import Place


def start(place: Place) -> Callable[[], None]:
    """Refuses: no task can run yet."""
    raise SystemExit(f"{place.root}: tasks cannot run yet; start the emulator with --no-tasks")
