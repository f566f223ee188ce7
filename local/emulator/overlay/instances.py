"""Settings of a PostgreSQL instance that RDS rejects, and the performance of its storage: pure.

Amazon RDS API Reference, "CreateDBInstance" and "ModifyDBInstance"; Amazon RDS User Guide, "Amazon RDS DB instance
storage" (from 400 GiB on, gp3 is striped across four volumes and has a different baseline).
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from local.emulator.overlay import Parameters

# The newest minor version of each major version. RDS uses it if only the major version is given.
NEWEST = {"14": "14.20", "15": "15.15", "16": "16.11", "17": "17.7", "18": "18.1"}
DEFAULT_VERSION = "17"
_LEAST_GIB = 20
_LEAST_WINDOW_MINUTES = 30
_STRIPED_FROM_GIB = 400
_PASSWORD_CHARACTERS = range(8, 129)


class Gp3(NamedTuple):
    """The baseline, which the price of the storage includes, and the maximum; throughput in MiB/s."""

    iops: int
    throughput: int
    most_iops: int
    most_throughput: int


_SINGLE, _STRIPED = Gp3(3000, 125, 3000, 125), Gp3(12000, 500, 64000, 4000)


def gp3(gib: int) -> Gp3:
    """The performance of a gp3 volume of this size."""
    return _STRIPED if gib >= _STRIPED_FROM_GIB else _SINGLE


class Refused(NamedTuple):
    """An error as RDS returns it."""

    code: str
    message: str


def refused(given: Parameters, before: Any = None) -> Refused | None:
    """The first problem that RDS finds in the parameters, or None.

    The parameters have moto's names. `before` is the existing instance; None for a creation.
    """
    return next(_problems(given, before), None)


def _problems(given: Parameters, before: Any) -> Iterator[Refused]:
    def combination(message: str) -> Refused:
        return Refused("InvalidParameterCombination", message)

    def value(message: str) -> Refused:
        return Refused("InvalidParameterValue", message)

    def of(name: str) -> Any:
        found = given.get(name)
        return getattr(before, name, None) if found is None else found

    if of("engine") != "postgres":
        return
    version = str(of("engine_version") or "").partition(".")[0]
    if version and version not in NEWEST:
        yield combination(f"Cannot find version {of('engine_version')} for postgres")
    if before is None and not given.get("master_username"):
        yield value("The parameter MasterUsername must be provided and must not be blank.")
    if given.get("master_username") == "admin":
        yield value("MasterUsername admin cannot be used as it is a reserved word used by the engine")
    if given.get("db_name") == "postgres":
        yield value("DBName postgres cannot be used. It is a reserved word for this engine")
    yield from map(combination, _wrong_password(given, before))
    yield from map(combination, _wrong_storage(given, before, of))
    if (window := given.get("preferred_backup_window")) and _minutes(window) < _LEAST_WINDOW_MINUTES:
        yield value("The backup window must be at least 30 minutes.")
    if of("monitoring_interval") and not of("monitoring_role_arn"):
        yield combination("A MonitoringRoleARN value is required if MonitoringInterval is other than 0.")


def _minutes(window: str) -> int:
    """The length of a window hh24:mi-hh24:mi, which may include midnight."""
    begin, end = (int(time[:2]) * 60 + int(time[3:]) for time in window.split("-"))
    return (end - begin) % (24 * 60)


def _wrong_password(given: Parameters, before: Any) -> Iterator[str]:
    password, managed = given.get("master_user_password"), given.get("manage_master_user_password")
    if password and managed:
        yield "You can't specify MasterUserPassword while ManageMasterUserPassword is turned on."
    if before is None and not password and not managed:
        yield "MasterUserPassword must be provided, or ManageMasterUserPassword turned on."
    if password and len(password) not in _PASSWORD_CHARACTERS:
        yield "The parameter MasterUserPassword is not a valid password because it is shorter than 8 characters."
    if password and set(password) & set('/@" '):
        yield "Only printable ASCII characters besides '/', '@', '\"', ' ' may be used in MasterUserPassword."


def _wrong_storage(given: Parameters, before: Any, of: Any) -> Iterator[str]:
    gib, most = int(of("allocated_storage") or 0), of("max_allocated_storage")
    iops, throughput = given.get("iops"), given.get("storage_throughput")
    now = int(getattr(before, "allocated_storage", 0) or 0)
    if gib < now:
        yield f"Requested storage size ({gib}) cannot be less than the current storage size ({now})."
    if most and int(most) * 10 < gib * 11:
        yield "Max storage size must be greater than storage size by at least 10%."
    if of("storage_type") != "gp3":
        return
    if gib < _LEAST_GIB:
        yield f"Invalid storage size for engine name postgres and storage type gp3: {gib}"
    if gib < _STRIPED_FROM_GIB:
        if iops or throughput:
            yield (
                "You can't specify IOPS or storage throughput for engine postgres and a storage size less than"
                f" {_STRIPED_FROM_GIB}."
            )
        return
    volume = gp3(gib)
    if iops and not volume.iops <= int(iops) <= volume.most_iops:
        yield f"Iops {iops}: gp3 of {gib} GiB has {volume.iops} to {volume.most_iops}."
    if throughput and not volume.throughput <= int(throughput) <= volume.most_throughput:
        bounds = f"{volume.throughput} to {volume.most_throughput}"
        yield f"StorageThroughput {throughput}: gp3 of {gib} GiB has {bounds}."
    if gib > now > 0 and not iops:
        yield "You must specify Iops when you increase the allocated storage of gp3 with provisioned IOPS."
