"""`make bench`: how long a deployment and its parts take on this machine, and what goes through it.

Figures, no limits: machines are noisy. Compare two of one run.
"""

import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pydicom
from pydicom.uid import generate_uid

from tests.data.archive import Archive
from tests.data.files import content, parsed, written
from tests.embedded import Embedded

INSTANCES, CLIENTS = 200, 4


def main() -> None:
    """Deploy in a place of its own, measure, destroy."""
    with tempfile.TemporaryDirectory(prefix="orthanc-bench-") as directory:
        embedded = Embedded(Path(directory))
        try:
            with timed("up: everything, until the task is healthy"):
                embedded.local("up")
            embedded.enter()
            with timed("preview"):
                embedded.pulumi("preview")
            with timed("up that changes nothing"):
                embedded.pulumi("up", "--yes", "--skip-preview")
            with timed("refresh"):
                embedded.pulumi("refresh", "--yes", "--skip-preview")
            _measure_images(Archive(embedded))
        finally:
            with timed("down"):
                embedded.local("down")


def _measure_images(archive: Archive) -> None:
    files = [written(_another(parsed(content("CT_small.dcm")))) for _ in range(INSTANCES)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        with timed(f"store {INSTANCES} instances of {len(files[0]) // 1024} KiB, {CLIENTS} clients", INSTANCES):
            instances = list(pool.map(archive.store, files))
        with timed("read them back", INSTANCES):
            list(pool.map(lambda instance: archive.get(f"/instances/{instance}/file"), instances))


def _another(dataset: pydicom.Dataset) -> pydicom.Dataset:
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    return dataset


@contextmanager
def timed(what: str, count: int = 0) -> Iterator[None]:
    """Print how long the block took, and how many of `count` a second."""
    start = time.monotonic()
    yield
    seconds = time.monotonic() - start
    print(f"{seconds:8.1f} s  {what}" + (f" ({count / seconds:.0f}/s)" if count else ""), flush=True)


if __name__ == "__main__":
    main()
