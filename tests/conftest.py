"""Two workers share the tests: what shares a deployment stays together, and what takes longest begins first."""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests import leftovers

# Folders whose tests take minutes; the rest, quick, fills up the other worker.
LONGEST_FIRST = ["engine", "data", "runner", "unit"]


class ByFolder(LoadScopeScheduling):
    """All tests of a folder, in their order, by one worker."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.split("/")[1]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFolder:
    """In place of xdist's own."""
    return ByFolder(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order of the folders; within each it stays."""

    def place(item: pytest.Item) -> int:
        folder = item.nodeid.split("/")[1]
        return LONGEST_FIRST.index(folder) if folder in LONGEST_FIRST else len(LONGEST_FIRST)

    items.sort(key=place)


def pytest_unconfigure(config: pytest.Config) -> None:
    """After the last worker has ended, which an interruption does not let clean up."""
    factory: pytest.TempPathFactory | None = getattr(config, "_tmp_path_factory", None)
    if not hasattr(config, "workerinput") and factory:
        leftovers.end(factory.getbasetemp())
