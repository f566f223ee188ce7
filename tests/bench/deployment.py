"""How long a deployment and its parts take, and how fast large files go through it."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.memory import peak_mib
from tests.data.archive import Archive
from tests.data.files import LargeFile, digest
from tests.embedded import Embedded

REST_SECONDS = 20
LARGEST_STUDY_MIB, LARGE_MEMORY_MIB = 1024, 10240
LARGE_MIB = LARGEST_STUDY_MIB - 1  # of pixels: the header and the parts of STOW-RS count, too


def measure(embedded: Embedded) -> None:
    """Deploy and update, and put large files through."""
    with timed("up: everything, until the task is healthy"):
        sizes = {"largestStudyMib": LARGEST_STUDY_MIB, "taskMemoryMib": LARGE_MEMORY_MIB}
        embedded.local("up", *(f"--config={key}={value}" for key, value in sizes.items()))
    embedded.enter()
    with timed("preview"):
        embedded.pulumi("preview")
    with timed("up that changes nothing"):
        embedded.pulumi("up", "--yes", "--skip-preview")
    with timed("refresh"):
        embedded.pulumi("refresh", "--yes", "--skip-preview")
    _measure_rest(embedded)
    _measure_large_files(Archive(embedded))
    embedded.configure(**dict.fromkeys(sizes))
    with timed("up with another size of the task"):
        embedded.pulumi("up", "--yes", "--skip-preview")


def _measure_rest(embedded: Embedded) -> None:
    pid = (embedded.workspace.home / "emulator.pid").read_text().strip()

    def busy() -> float:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")

    time.sleep(REST_SECONDS)  # what the last update has left to do
    before = busy()
    time.sleep(REST_SECONDS)
    print(f"{(busy() - before) / REST_SECONDS:8.1%} of a core is what the emulated AWS takes at rest", flush=True)


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
        print(f"{peak_mib(archive):8d} MiB at most in the task's memory so far", flush=True)


@contextmanager
def timed(what: str, count: int = 0) -> Iterator[None]:
    """Print how long the block took, and how many of `count` a second."""
    start = time.monotonic()
    yield
    seconds = time.monotonic() - start
    print(f"{seconds:8.1f} s  {what}" + (f" ({count / seconds:.0f}/s)" if count else ""), flush=True)
