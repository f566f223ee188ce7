"""`make bench`: how long a deployment and its parts take on this machine, and what goes through it.

Figures, no limits: machines are noisy. Compare two of one run.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pydicom
from pydicom.uid import generate_uid

from local.images import docker
from tests.data.archive import Archive
from tests.data.files import LargeFile, content, digest, parsed, written
from tests.embedded import Embedded

INSTANCES, CLIENTS = 200, 4
REST_SECONDS = 20
LARGE_MIB, LARGE_MEMORY_MIB = 1024, 10240


def main() -> None:
    """Deploy in a place of its own, measure, destroy."""
    with tempfile.TemporaryDirectory(prefix="orthanc-bench-") as directory:
        embedded = Embedded(Path(directory))
        try:
            with timed("up: everything, until the task is healthy"):
                sizes = {"largestStudyMib": LARGE_MIB, "taskMemoryMib": LARGE_MEMORY_MIB}
                embedded.local("up", *(f"--config={key}={value}" for key, value in sizes.items()))
            embedded.enter()
            with timed("preview"):
                embedded.pulumi("preview")
            with timed("up that changes nothing"):
                embedded.pulumi("up", "--yes", "--skip-preview")
            with timed("refresh"):
                embedded.pulumi("refresh", "--yes", "--skip-preview")
            _measure_rest(embedded)
            _measure_images(Archive(embedded))
            _measure_large_files(Archive(embedded))
        finally:
            with timed("down"):
                embedded.local("down")


def _measure_rest(embedded: Embedded) -> None:
    pid = (embedded.place.home / "emulator.pid").read_text().strip()

    def busy() -> float:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")

    time.sleep(REST_SECONDS)  # what the last update has left to do
    before = busy()
    time.sleep(REST_SECONDS)
    print(f"{(busy() - before) / REST_SECONDS:8.1%} of a core is what the emulated AWS takes at rest", flush=True)


def _measure_images(archive: Archive) -> None:
    files = [written(_another(parsed(content("CT_small.dcm")))) for _ in range(INSTANCES)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        with timed(f"store {INSTANCES} instances of {len(files[0]) // 1024} KiB, {CLIENTS} clients", INSTANCES):
            instances = list(pool.map(archive.store, files))
        with timed("read them back", INSTANCES):
            list(pool.map(lambda instance: archive.get(f"/instances/{instance}/file"), instances))


def _measure_large_files(archive: Archive) -> None:
    size = f"{LARGE_MIB} MiB"
    for how in ("POST", "STOW"):
        file = LargeFile(LARGE_MIB)
        expected = digest(file)
        with timed(f"{how} a file of {size}, in MiB", LARGE_MIB):
            instance = archive.send(file, how)
        with timed("read it back, identical, in MiB", LARGE_MIB):
            assert digest(archive.blocks(f"/instances/{instance}/file")) == expected
        study = archive.get(f"/instances/{instance}/study").json()["ID"]
        for what, path in (
            ("archive", f"/studies/{study}/archive"),
            ("WADO-RS", f"/dicom-web/studies/{file.study_uid}"),
        ):
            with timed(f"read it as {what}, in MiB", LARGE_MIB):
                assert sum(map(len, archive.blocks(path))) > LARGE_MIB << 20
        print(f"{_peak_mib(archive):8d} MiB at most in the task's memory so far", flush=True)


def _peak_mib(archive: Archive) -> int:
    """The most memory that Orthanc's process has had, without the pages of files."""
    [task] = archive.tasks()
    lines = docker("exec", task["name"], "sh", "-c", "grep --no-filename VmHWM /proc/[0-9]*/status").splitlines()
    return max(int(line.split()[1]) for line in lines) // 1024


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
