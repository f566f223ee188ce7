"""`make bench`: how long a deployment takes on this machine, and how fast the archive is that it deploys.

Figures, no limits: machines are noisy. Compare two of one run: the archive is measured with the program's options,
and with Orthanc's own defaults in their place.
"""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import deployment, files, index, options
from tests.bench.distance import DATABASE_MILLISECONDS, S3_MILLISECONDS, move_away_database, move_away_s3
from tests.bench.table import Rows, markdown
from tests.data.archive import Archive
from tests.embedded import Embedded

# Studies in the index: how many, and which of them are copies that the step before lacked.
SIZES = {"100": range(100), "10 k": range(100, 10_000), "100 k": range(10_000, 100_000)}


def main() -> None:
    """Deploy in a workspace of its own, measure, destroy."""
    with tempfile.TemporaryDirectory(prefix="orthanc-bench-") as directory:
        embedded = Embedded(Path(directory))
        try:
            deployment.measure(embedded)
            _measure_archive(embedded)
        finally:
            with deployment.timed("down"):
                embedded.local("down")


def _measure_archive(embedded: Embedded) -> None:
    archive = Archive(embedded)
    studies = files.stored(archive)
    move_away_s3(embedded)
    print(f"\nEach call of S3 takes {S3_MILLISECONDS} ms more.")
    measured = {name: Rows() for name in _CONFIGURATIONS}
    for number, rows in enumerate(_each(embedded, measured)):
        # The metadata of a study that was opened stay in the archive: each configuration opens one of its own.
        files.measure(archive, studies[number:] + studies[:number], rows)
        files.ingest(archive, rows)
    move_away_database(embedded)
    print(f"\nEach answer of the database takes {DATABASE_MILLISECONDS} ms more, too.")
    far = f", database {DATABASE_MILLISECONDS} ms away"
    for rows in _each(embedded, measured):
        files.read_whole(archive, studies, rows, far)
    for size, copies in SIZES.items():
        index.grow(archive, copies)
        for rows in _each(embedded, measured):
            index.measure(archive, f"{far}, {size} studies", copies, rows)
    print("\n" + markdown(measured))


_CONFIGURATIONS: dict[str, Callable[[Embedded], None]] = {
    "Orthanc's defaults": options.orthancs,
    "this program": options.programs,
}


def _each(embedded: Embedded, measured: dict[str, Rows]) -> Iterator[Rows]:
    """Deploy one configuration after the other, each in a new task."""
    for name, deploy in _CONFIGURATIONS.items():
        deploy(embedded)
        print(f"\n{name}:", flush=True)
        yield measured[name]


if __name__ == "__main__":
    main()
