"""DICOM is let in to the deployment on S3 and stays so: no other folder uses that deployment afterwards."""

from collections.abc import Iterator

import pytest

from tests.data import modalities
from tests.data.archive import Archive


@pytest.fixture(scope="session")
def opened(on_s3: Archive) -> Iterator[modalities.Opened]:
    """The deployment with DICOM let in to three modalities. The files of this folder change it in their order."""
    yield from modalities.opened(on_s3)
