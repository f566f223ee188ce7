"""Patients' data: files, index, and logs, and what happens to them when the stack is destroyed."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field
from pydantic.alias_generators import to_camel

from components.config.values import Flag, Group, Problem, Rule, matches, one_of

if TYPE_CHECKING:
    from components.config import Settings

# Retention periods, in days, that CloudWatch Logs accepts (PutRetentionPolicy).
LOG_RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557)
LOG_RETENTION_DAYS += (2922, 3288, 3653)


EngineVersion = Annotated[
    str,
    # A major version alone selects RDS's default minor version of it. RDS withdraws minor versions over time, so
    # they are not accepted here. 13 is end of life.
    matches(r"1[4-8]", "must be a PostgreSQL major version of RDS: 14, 15, 16, 17 or 18, without a minor"),
]
InstanceClass = Annotated[
    str,
    matches(
        r"db\.[a-z][a-z0-9-]*\.(micro|small|medium|large|\d*xlarge)",
        "must be an RDS instance class such as db.t4g.small or db.m7g.large",
    ),
]
LogRetention = Annotated[int, one_of(LOG_RETENTION_DAYS)]
DatabaseName = Annotated[
    str,
    # Excludes the templates of PostgreSQL and the internal database of RDS, which hold no user tables.
    matches(
        r"(?!(rdsadmin|template0|template1)$)[A-Za-z_][A-Za-z0-9_]{0,62}",
        "must be the name of a PostgreSQL database: 1 to 63 letters, digits, and _, not starting with a digit",
    ),
]
SnapshotIdentifier = Annotated[
    str,
    # The names of automated snapshots start with rds:, those of AWS Backup with awsbackup:.
    matches(
        r"|[A-Za-z]([:-]?[A-Za-z0-9])*",
        "must be the identifier of an RDS snapshot such as orthanc-database-final-0a1b2c3d, or empty",
    ),
]


class DataSettings(Group):
    """Data."""

    enable_dicom_s3_storage: Flag = True
    """Stores DICOM files in S3; false stores them on EFS."""
    enable_rds_backup: Flag = False
    """Enables automated RDS backups with a retention of 30 days."""
    data_on_destroy: Literal["refuse", "keep", "delete"] = "refuse"
    """What `pulumi destroy` does with images and index: refuse, keep (files stay, and the database leaves a
    final snapshot), or delete."""
    log_retention_days: LogRetention = 90
    """Retention of log groups, in days."""
    database_name: DatabaseName = "orthanc"
    """Name of the database with Orthanc's index; postgres in deployments of the original CDK sample."""
    db_snapshot_identifier: SnapshotIdentifier = Field(default="", max_length=255)
    """RDS snapshot to create the database from. Empty creates an empty database."""
    database_engine_version: EngineVersion = "17"
    """Major version of PostgreSQL, 14 to 18."""
    database_instance_class: InstanceClass = "db.t4g.small"
    """RDS instance class of the database."""
    database_storage_gib: int = Field(default=20, ge=20, le=65536)
    """Initial storage of the database, in GiB."""
    database_max_storage_gib: int = Field(default=200, ge=22, le=65536)
    """Upper limit for storage autoscaling of the database, in GiB."""


def no_lock_with_deletion(field: str, what: str) -> Rule:
    """Returns the rule that `field` must not lock `what` if it is to be deleted with the stack."""
    key = to_camel(field)

    def check(settings: "Settings") -> Problem | None:
        days = getattr(settings, field)
        if not days or settings.data_on_destroy != "delete":
            return None
        rule = (
            f"conflicts with dataOnDestroy delete: locked {what} cannot be deleted,"
            " so destroying the stack would fail"
        )
        return Problem(key, days, rule, f"pulumi config set dataOnDestroy keep, or pulumi config rm {key}")

    return Rule(frozenset({key, "dataOnDestroy"}), check)


def _storage_can_grow(settings: "Settings") -> Problem | None:
    # For storage autoscaling, RDS requires the maximum to be at least 10 % larger.
    least = -(-settings.database_storage_gib * 11 // 10)
    if settings.database_max_storage_gib >= least:
        return None
    rule = (
        f"must exceed databaseStorageGib {settings.database_storage_gib} by at least 10 %, which autoscaling needs"
    )
    remedy = f"pulumi config set databaseMaxStorageGib {least}"
    return Problem("databaseMaxStorageGib", settings.database_max_storage_gib, rule, remedy)


RULES = (Rule(frozenset({"databaseStorageGib", "databaseMaxStorageGib"}), _storage_can_grow),)
