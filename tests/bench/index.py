"""Queries, and the index that they are asked of, which grows by SQL: to send so many studies would take hours."""

from pathlib import Path

from local.images import docker
from tests.bench.files import ingest
from tests.bench.table import Rows, seconds
from tests.data.archive import Archive
from tests.data.files import made_up, written

_SQL = Path(__file__).with_name("copies.sql").read_text()
_ASKED = 20


def grow(archive: Archive, copies: range) -> None:
    """Add copies of a small study to the index, each of a patient of its own, `COPY.<number>`.

    All of them lead to the same file.
    """
    instance = archive.store(written(made_up(PatientID="COPY", PatientName="COPY^OF", SeriesNumber=1)))
    patient = archive.get(f"/instances/{instance}/patient").json()["ID"]
    [instance] = archive.embedded.client("rds").describe_db_instances()["DBInstances"]
    [database] = archive.embedded.containers("database")
    values = {"patient": patient, "first": copies.start, "last": copies.stop - 1}
    psql = ("psql", "--quiet", "--host=/tmp", "--username=rdsadmin", "--set=ON_ERROR_STOP=1")
    variables = (f"--set={name}={value}" for name, value in values.items())
    # psql reads variables in what it is fed, not in a --command.
    docker(
        *("exec", f"--env=PGPORT={instance['Endpoint']['Port']}", database["name"]),
        *("sh", "-c", 'sql=$1; shift; printf %s "$sql" | "$@"', "sh", _SQL),
        *(*psql, *variables, instance["DBName"]),
    )


def measure(archive: Archive, where: str, copies: range, rows: Rows) -> None:
    """Ask the index for some of its copies and for all, and store more; `where` ends the names of the rows."""
    numbers = list(copies)[:: max(1, len(copies) // _ASKED)][:_ASKED]
    of_patients = [f"/dicom-web/studies?PatientID=COPY.{number}" for number in numbers]
    for name, paths in (
        ("QIDO-RS, the studies of a patient", of_patients),
        ("QIDO-RS, 101 studies of all (OHIF's list)", ["/dicom-web/studies?limit=101&offset=0"]),
    ):
        rows.add(f"{name}{where}", seconds(_ask, archive, paths) / len(paths), "s")
    ingest(archive, rows, where)


def _ask(archive: Archive, paths: list[str]) -> None:
    for path in paths:
        assert archive.get(path).json(), f"{path} finds nothing"
