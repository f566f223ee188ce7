"""One embedded AWS without tasks, on which the tests of this directory deploy one after another."""

from collections.abc import Iterator

import pytest

from tests.embedded import Embedded


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """The program deployed with its defaults: DICOM files on S3."""
    embedded = Embedded(tmp_path_factory.mktemp("engine"))
    try:
        embedded.local("up", "--no-tasks")
        embedded.enter()
        yield embedded
    finally:
        embedded.local("down")
