"""Orthanc's index: an RDS PostgreSQL instance that only the tasks reach, and the secret that opens it.

The password is drawn by the stack, or by RDS, which then keeps the secret and draws another one on a schedule.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import pulumi
import pulumi_aws as aws
import pulumi_random as random
from pulumi_aws.rds.outputs import InstanceMasterUserSecret

from components.config import Settings, ports
from components.database import maintenance_windows
from components.iam import passwords, retention, roles
from components.iam.keys import Keys
from components.network.network import Network
from components.preflight import memory

_USER_NAME = "orthanc"

# RDS makes it with every instance, and refuses to be asked for it.
_ALWAYS_THERE = "postgres"

_BACKUP_RETENTION_DAYS = 30
_MONITORING_INTERVAL_SECONDS = 60

# What PostgreSQL tells, and what an upgrade of it does.
_LOGS = ["postgresql", "upgrade"]


class _Speed(TypedDict, total=False):
    iops: int
    storage_throughput: int  # MiB/s


# From this size on RDS stripes PostgreSQL's gp3 storage across four volumes (Amazon RDS User Guide, "Amazon RDS DB
# instance storage"). If these values were left out, the provider would send the 3,000 IOPS of the smaller storage,
# which RDS refuses.
_STRIPED_FROM_GIB = 400
_STRIPED: _Speed = {"iops": 12000, "storage_throughput": 500}


@dataclass(frozen=True)
class DatabaseAccess:
    """Where the database is and which secret (JSON with the key `password`) opens it."""

    host: str
    port: int
    name: str
    user: str
    secret_arn: str


class Database(pulumi.ComponentResource):
    """The instance, empty or restored, its parameter group, and its password in a secret, its own or RDS's.

    `access: Output[DatabaseAccess]`; `secret_arn`, `identifier`, `arn`, `key_arn` (of its storage): Output[str].
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        network: Network,
        keys: Keys,
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Stands in the isolated subnets of `network`: in two zones, which RDS wants even for one instance."""
        super().__init__("orthanc:database:Database", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        by_rds = settings.rds_keeps_password
        password = None if by_rds else passwords.generated(name, settings, child)
        subnet_group = aws.rds.SubnetGroup(name, subnet_ids=network.isolated_subnet_ids, opts=child)
        parameter_group = aws.rds.ParameterGroup(
            # The family is part of the name: with a new major version a new group stands beside the old one.
            f"{name}-postgres{settings.database_engine_version}",
            family=f"postgres{settings.database_engine_version}",
            parameters=[
                # The default from PostgreSQL 15 on. RDS keeps a default with this method: with any other, every
                # update would find a difference.
                {"name": "rds.force_ssl", "value": "1", "apply_method": "pending-reboot"},
                {"name": "log_min_duration_statement", "value": "1000"},  # ms; a slow query of the index
            ],
            opts=child,
        )
        security_group = network.security_groups.reached_by_tasks(
            "database", "PostgreSQL with the index of Orthanc", ports.POSTGRESQL
        )
        # A random suffix avoids clashes with earlier instances, their log groups and final snapshots.
        drawn = random.RandomId(
            name,
            byte_length=4,
            # Another suffix would be another database. Earlier versions of this program gave the key as a keeper.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["keepers"]),
        ).hex
        identifier = pulumi.Output.concat(name, "-", drawn)
        # RDS would make them itself, to be kept for ever.
        log_groups = [
            aws.cloudwatch.LogGroup(
                f"{name}-{log}",
                name=pulumi.Output.concat("/aws/rds/instance/", identifier, "/", log),
                retention_in_days=settings.log_retention_days,
                kms_key_id=keys.logs_arn,
                opts=child,
            )
            for log in _LOGS
        ]
        # A snapshot brings its databases and its master user; the password becomes the stack's own.
        restored = bool(settings.db_snapshot_identifier)
        named = None if restored or settings.database_name == _ALWAYS_THERE else settings.database_name
        instance = aws.rds.Instance(
            name,
            identifier=identifier,
            snapshot_identifier=settings.db_snapshot_identifier or None,
            engine="postgres",
            engine_version=settings.database_engine_version,
            # Years of paid extended support would begin silently at the version's end of life.
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
            db_name=named,
            username=None if restored else _USER_NAME,
            password=password,
            manage_master_user_password=by_rds or None,
            master_user_secret_kms_key_id=keys.secrets_arn if by_rds else None,
            db_subnet_group_name=subnet_group.name,
            vpc_security_group_ids=[security_group.id],
            publicly_accessible=False,
            parameter_group_name=parameter_group.name,
            ca_cert_identifier="rds-ca-rsa2048-g1",
            backup_retention_period=_BACKUP_RETENTION_DAYS if settings.enable_rds_backup else 0,
            backup_window=maintenance_windows.DATABASE_BACKUP,
            maintenance_window=maintenance_windows.DATABASE_MAINTENANCE,
            delete_automated_backups=settings.data_on_destroy == "delete",
            copy_tags_to_snapshot=True,
            deletion_protection=settings.data_on_destroy == "refuse",
            skip_final_snapshot=settings.data_on_destroy == "delete",
            final_snapshot_identifier=(
                None if settings.data_on_destroy == "delete" else pulumi.Output.concat(name, "-final-", drawn)
            ),
            enabled_cloudwatch_logs_exports=_LOGS,
            monitoring_interval=_MONITORING_INTERVAL_SECONDS,
            monitoring_role_arn=roles.build(
                f"{name}-monitoring",
                settings,
                service="monitoring.rds.amazonaws.com",
                aws_policies=["service-role/AmazonRDSEnhancedMonitoringRole"],
                opts=child,
            ),
            apply_immediately=True,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=log_groups,
                # Deleting the instance is safe when the data is kept: it leaves its final snapshot behind.
                protect=settings.data_on_destroy == "refuse",
                # They count when the instance is made. Later they may change or go: a new instance would be empty.
                # Of the key `database_key` says before an update that it cannot change.
                ignore_changes=["snapshotIdentifier", "kmsKeyId", "dbName", "username"],
            ),
        )
        if keys.made_for_database:
            memory.remember(
                f"{name}-key",
                memory.DATABASE_KEY,
                keys.made_for_database,
                "The key that the stack made for its database, which keeps it",
                parent=self,
            )
        memory.remember(
            f"{name}-identifier",
            memory.DATABASE,
            instance.identifier,
            "The database: it is asked for its key before each update",
            parent=self,
        )

        if password is None:
            self.secret_arn = instance.master_user_secrets.apply(_secret_of_rds)
        else:
            self.secret_arn = self._build_secret(name, settings, keys, instance, password)
        known = pulumi.Output.all(instance.address, instance.port, instance.username, self.secret_arn)
        self.access = known.apply(
            lambda parts: DatabaseAccess(parts[0], int(parts[1]), settings.database_name, parts[2], parts[3])
        )
        self.identifier = instance.identifier
        self.arn, self.key_arn = instance.arn, instance.kms_key_id
        self.register_outputs({"secretArn": self.secret_arn})

    def _build_secret(
        self,
        name: str,
        settings: Settings,
        keys: Keys,
        instance: aws.rds.Instance,
        password: pulumi.Output[str],
    ) -> pulumi.Output[str]:
        secret = aws.secretsmanager.Secret(
            name,
            description="Orthanc's database",
            kms_key_id=keys.secrets_arn,
            recovery_window_in_days=retention.secret_recovery_window_days(settings),
            opts=passwords.secret_options(self, keys.secrets_arn),
        )
        version = aws.secretsmanager.SecretVersion(
            name,
            secret_id=secret.id,
            secret_string=pulumi.Output.json_dumps(
                {
                    "engine": "postgres",
                    "host": instance.address,
                    "port": instance.port,
                    "dbname": settings.database_name,
                    "username": instance.username,
                    "password": password,
                }
            ),
            # A new password is the database's before a task can be given it.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[instance]),
        )
        # By way of the version: what the secret opens is there once the secret has its value.
        return version.secret_arn


def _speed(storage_gib: int) -> _Speed:
    """The baseline that the price of gp3 includes. RDS refuses both values for smaller storage.

    Storage that RDS enlarges past that size gets this baseline automatically.
    """
    return _STRIPED if storage_gib >= _STRIPED_FROM_GIB else {}


def _secret_of_rds(secrets: Sequence[InstanceMasterUserSecret] | None) -> str:
    """The ARN of the secret that RDS keeps."""
    for secret in secrets or ():
        if secret.secret_arn:
            return secret.secret_arn
    if pulumi.runtime.is_dry_run():
        # A preview of an instance that gets one shows what the instance has now: none.
        return "the secret that RDS makes in this update"
    raise ValueError("RDS was to keep the database's password, and has made no secret for it")
