"""Orthanc's index: an RDS for PostgreSQL instance that only the tasks can reach, and the secret with its password.

The stack generates the password, or RDS does, which then stores it in a secret and rotates it on a schedule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.config import Settings, ports
from components.config.metric import Metric
from components.database import maintenance_windows
from components.iam import passwords, retention, roles
from components.iam.keys import Keys
from components.network.network import Network
from components.preflight import memory

if TYPE_CHECKING:
    from pulumi_aws.rds.outputs import InstanceMasterUserSecret

_USER_NAME = "orthanc"

# RDS creates this database with every instance, and rejects requests to create it.
_ALWAYS_THERE = "postgres"

_BACKUP_RETENTION_DAYS = 30
_MONITORING_INTERVAL_SECONDS = 60

# The logs of PostgreSQL and of its upgrades.
_LOGS = ["postgresql", "upgrade"]


class _Speed(TypedDict, total=False):
    iops: int
    storage_throughput: int  # MiB/s


class _Fate(TypedDict):
    delete_automated_backups: bool
    deletion_protection: bool
    skip_final_snapshot: bool
    final_snapshot_identifier: pulumi.Output[str] | None


# From this size on, RDS stripes PostgreSQL's gp3 storage across four volumes (Amazon RDS User Guide, "Amazon RDS
# DB instance storage"). If these values were left out, the provider would send the 3,000 IOPS of the smaller
# storage, which RDS rejects.
_STRIPED_FROM_GIB = 400
_STRIPED: _Speed = {"iops": 12000, "storage_throughput": 500}


@dataclass(frozen=True)
class DatabaseAccess:
    """The address and name of the database, its user, and the secret (JSON with the key `password`)."""

    host: str
    port: int
    name: str
    user: str
    secret_arn: str


class Database(pulumi.ComponentResource):
    """The instance, empty or restored, its parameter group, and its password in a secret of the stack or RDS."""

    access: pulumi.Output[DatabaseAccess]
    secret_arn: pulumi.Output[str]
    arn: pulumi.Output[str]
    key_arn: pulumi.Output[str]
    """The ARN of the KMS key that encrypts the storage."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        network: Network,
        keys: Keys,
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Creates the database in the isolated subnets of `network`.

        RDS requires subnets in two zones even for a single instance.
        """
        super().__init__("orthanc:database:Database", name, None, opts)
        self._name, self._settings, self._keys = name, settings, keys
        self._child = pulumi.ResourceOptions(parent=self)

        suffix = self._build_suffix()
        password = None if settings.rds_keeps_password else passwords.generated(name, settings, self._child)
        security_group = network.security_groups.reached_by_tasks(
            "database", "PostgreSQL with the index of Orthanc", ports.POSTGRESQL
        )
        instance = self._build_instance(
            suffix,
            password,
            subnet_group=aws.rds.SubnetGroup(name, subnet_ids=network.isolated_subnet_ids, opts=self._child),
            parameter_group=self._build_parameter_group(),
            security_group=security_group,
            log_groups=self._build_log_groups(suffix),
        )
        self._remember(instance)

        if password is None:
            self.secret_arn = instance.master_user_secrets.apply(_secret_of_rds)
        else:
            self.secret_arn = self._build_secret(instance, password)
        known = pulumi.Output.all(instance.address, instance.port, instance.username, self.secret_arn)
        self.access = known.apply(
            lambda parts: DatabaseAccess(parts[0], int(parts[1]), settings.database_name, parts[2], parts[3])
        )
        self._identifier = instance.identifier
        self.arn, self.key_arn = instance.arn, instance.kms_key_id
        self.register_outputs({"secretArn": self.secret_arn})

    def metric(self, name: str, statistic: str) -> Metric:
        """Returns a metric of the instance: CPUUtilization, FreeStorageSpace (bytes), DatabaseConnections …"""
        dimensions = {"DBInstanceIdentifier": self._identifier}
        return Metric("AWS/RDS", name, dimensions, statistic, self._settings.account.region)

    def _build_suffix(self) -> pulumi.Output[str]:
        """A random suffix avoids clashes with earlier instances, their log groups, and final snapshots."""
        return random.RandomId(
            self._name,
            byte_length=4,
            # A new suffix would replace the database. Earlier versions of this program set the key as a keeper.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["keepers"]),
        ).hex

    def _build_parameter_group(self) -> aws.rds.ParameterGroup:
        version = self._settings.database_engine_version
        return aws.rds.ParameterGroup(
            # The name includes the family, so that a new major version gets a new group next to the old one.
            f"{self._name}-postgres{version}",
            family=f"postgres{version}",
            parameters=[
                # The default since PostgreSQL 15. RDS keeps a default with this apply method. With any other,
                # every update would show a difference.
                {"name": "rds.force_ssl", "value": "1", "apply_method": "pending-reboot"},
                {"name": "log_min_duration_statement", "value": "1000"},  # ms; a slow query of the index
            ],
            opts=self._child,
        )

    def _build_log_groups(self, suffix: pulumi.Output[str]) -> list[aws.cloudwatch.LogGroup]:
        """Creates the log groups, which RDS would otherwise create without retention and key."""
        return [
            aws.cloudwatch.LogGroup(
                f"{self._name}-{log}",
                name=pulumi.Output.concat("/aws/rds/instance/", self._name, "-", suffix, "/", log),
                retention_in_days=self._settings.log_retention_days,
                kms_key_id=self._keys.logs_arn,
                opts=self._child,
            )
            for log in _LOGS
        ]

    def _build_instance(
        self,
        suffix: pulumi.Output[str],
        password: pulumi.Output[str] | None,
        *,
        subnet_group: aws.rds.SubnetGroup,
        parameter_group: aws.rds.ParameterGroup,
        security_group: aws.ec2.SecurityGroup,
        log_groups: Sequence[pulumi.Resource],
    ) -> aws.rds.Instance:
        settings, keys = self._settings, self._keys
        # A snapshot contains its databases and its master user; the password becomes the stack's own.
        restored = bool(settings.db_snapshot_identifier)
        database_name = None if restored or settings.database_name == _ALWAYS_THERE else settings.database_name
        return aws.rds.Instance(
            self._name,
            identifier=pulumi.Output.concat(self._name, "-", suffix),
            snapshot_identifier=settings.db_snapshot_identifier or None,
            engine="postgres",
            engine_version=settings.database_engine_version,
            # Otherwise paid extended support starts automatically at the end of life of the version.
            engine_lifecycle_support="open-source-rds-extended-support-disabled",
            auto_minor_version_upgrade=True,
            allow_major_version_upgrade=True,
            instance_class=settings.database_instance_class,
            storage_type="gp3",
            allocated_storage=settings.database_storage_gib,
            max_allocated_storage=settings.database_max_storage_gib,
            **_speed(settings.database_storage_gib),
            storage_encrypted=True,
            kms_key_id=keys.database_arn,
            multi_az=settings.enable_multi_az,
            db_name=database_name,
            username=None if restored else _USER_NAME,
            password=password,
            manage_master_user_password=settings.rds_keeps_password or None,
            master_user_secret_kms_key_id=keys.secrets_arn if settings.rds_keeps_password else None,
            db_subnet_group_name=subnet_group.name,
            vpc_security_group_ids=[security_group.id],
            publicly_accessible=False,
            parameter_group_name=parameter_group.name,
            ca_cert_identifier="rds-ca-rsa2048-g1",
            backup_retention_period=_BACKUP_RETENTION_DAYS if settings.enable_rds_backup else 0,
            backup_window=maintenance_windows.DATABASE_BACKUP,
            maintenance_window=maintenance_windows.DATABASE_MAINTENANCE,
            **self._fate(suffix),
            copy_tags_to_snapshot=True,
            enabled_cloudwatch_logs_exports=_LOGS,
            monitoring_interval=_MONITORING_INTERVAL_SECONDS,
            monitoring_role_arn=self._build_monitoring_role(),
            apply_immediately=True,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=list(log_groups),
                # Deleting the instance is safe when the data is kept: it leaves its final snapshot behind.
                protect=settings.data_on_destroy == "refuse",
                # These apply only when the instance is created; a later change would replace it with an empty
                # one. `preflight.database_key` reports a changed key, which RDS cannot apply.
                ignore_changes=["snapshotIdentifier", "kmsKeyId", "dbName", "username"],
            ),
        )

    def _fate(self, suffix: pulumi.Output[str]) -> _Fate:
        """Returns the arguments of the instance that depend on `dataOnDestroy`."""
        deletes = self._settings.data_on_destroy == "delete"
        return {
            "delete_automated_backups": deletes,
            "deletion_protection": self._settings.data_on_destroy == "refuse",
            "skip_final_snapshot": deletes,
            "final_snapshot_identifier": None if deletes else pulumi.Output.concat(self._name, "-final-", suffix),
        }

    def _build_monitoring_role(self) -> pulumi.Output[str]:
        return roles.build(
            f"{self._name}-monitoring",
            self._settings,
            service="monitoring.rds.amazonaws.com",
            aws_policies=["service-role/AmazonRDSEnhancedMonitoringRole"],
            opts=self._child,
        )

    def _remember(self, instance: aws.rds.Instance) -> None:
        if self._keys.made_for_database:
            memory.remember(
                f"{self._name}-key",
                memory.DATABASE_KEY,
                self._keys.made_for_database,
                "The key that the stack made for its database, which keeps it",
                parent=self,
            )
        memory.remember(
            f"{self._name}-identifier",
            memory.DATABASE,
            instance.identifier,
            "The database: it is asked for its key before each update",
            parent=self,
        )

    def _build_secret(self, instance: aws.rds.Instance, password: pulumi.Output[str]) -> pulumi.Output[str]:
        secret = aws.secretsmanager.Secret(
            self._name,
            description="Orthanc's database",
            kms_key_id=self._keys.secrets_arn,
            recovery_window_in_days=retention.secret_recovery_window_days(self._settings),
            opts=passwords.secret_options(self, self._keys.secrets_arn),
        )
        version = aws.secretsmanager.SecretVersion(
            self._name,
            secret_id=secret.id,
            secret_string=pulumi.Output.json_dumps(
                {
                    "engine": "postgres",
                    "host": instance.address,
                    "port": instance.port,
                    "dbname": self._settings.database_name,
                    "username": instance.username,
                    "password": password,
                }
            ),
            # The database must have a new password before a task can get it.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[instance]),
        )
        # The ARN from the version, so that what uses the secret waits until it has its value.
        return version.secret_arn


def _speed(storage_gib: int) -> _Speed:
    """Returns the baseline that the price of gp3 includes. RDS rejects both values for smaller storage.

    Storage that RDS enlarges past that size gets this baseline automatically.
    """
    return _STRIPED if storage_gib >= _STRIPED_FROM_GIB else {}


def _secret_of_rds(secrets: Sequence[InstanceMasterUserSecret] | None) -> str:
    """Returns the ARN of the secret that RDS keeps. Raises ValueError if there is none after an update."""
    for secret in secrets or ():
        if secret.secret_arn:
            return secret.secret_arn
    if pulumi.runtime.is_dry_run():
        # A preview shows what the instance has now, which is no secret if it gets one in this update.
        return "the secret that RDS makes in this update"
    raise ValueError("RDS was to keep the database's password, and has made no secret for it")
