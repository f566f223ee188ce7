"""Workers share the tests: what shares a deployment stays together, and what takes longest begins first."""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from local.garbage import collect_rarely
from tests import leftovers

# Folders whose tests take minutes, and files in them with a deployment of their own. The rest, which is quick,
# fills up the other workers.
LONGEST_FIRST = [
    "engine/test_kills.py",  # before engine, whose stack leaves data in the account that they share
    "engine",
    "data",
    "data/dicom",
    "data/test_migrations.py",
    "local/runner",
    "unit",
]


def scope(nodeid: str) -> str:
    """What a test belongs to: its file, where that stands in the list above, else its folder."""
    file = nodeid.partition("::")[0].removeprefix("tests/")
    return file if file in LONGEST_FIRST else file.rpartition("/")[0]


class ByScope(LoadScopeScheduling):
    """All tests of a scope, in their order, by one worker."""

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByScope:
    """In place of xdist's own."""
    return ByScope(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order of the scopes; within each it stays."""

    def place(item: pytest.Item) -> int:
        of = scope(item.nodeid)
        return LONGEST_FIRST.index(of) if of in LONGEST_FIRST else len(LONGEST_FIRST)

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """What the tests need is loaded."""
    collect_rarely()


def pytest_unconfigure(config: pytest.Config) -> None:
    """After the last worker has ended, which an interruption does not let clean up."""
    factory: pytest.TempPathFactory | None = getattr(config, "_tmp_path_factory", None)
    if not hasattr(config, "workerinput") and factory:
        leftovers.end(factory.getbasetemp())
