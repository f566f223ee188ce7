"""RDS: settings that moto drops, subnet groups that remain after an update, and data for the runner."""

import json
import secrets
import string
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.rds.models import DBInstance, DBSubnetGroup, MasterUserSecret, RDSBackend, rds_backends
from moto.rds.responses import RDSResponse

from local.emulator.overlay import AwsError, Parameters, instances, operation, replaces
from local.emulator.overlay.iam import admits_through

# Parameters of CreateDBInstance that DescribeDBInstances returns, with AWS's defaults.
KEPT: Parameters = {
    "database_insights_mode": "standard",
    "engine_lifecycle_support": "open-source-rds-extended-support",
    "network_type": "IPV4",
    "performance_insights_kms_key_id": None,
    "performance_insights_retention_period": None,
}
_OF_RDS = string.ascii_letters + string.digits + "!#$%&()*+-.:;<=>?[]^_{|}~"
# How RDS uses a key on behalf of the identity that creates an instance.
_USE = ("kms:DescribeKey", "kms:CreateGrant", "kms:GenerateDataKey", "kms:Decrypt")
_UNNAMED_KEY = "default_kms_key_id"  # moto's name for the AWS managed key of RDS, which has an ARN like others


def master_password(identifier: str) -> str:
    """The master password of the instance, as last set by Create- or ModifyDBInstance; called by the runner.

    Raises KeyError if the instance does not exist.
    """
    return vars(_instance(identifier))["_master_user_password"]


def _check_keys(region: str, given: Parameters) -> None:
    """moto accepts any existing key, regardless of its state and policy."""
    for name in ("kms_key_id", "master_user_secret_kms_key_id"):
        if (key := given.get(name)) and not admits_through(region, key, "rds", _USE):
            raise AwsError("KMSKeyNotAccessibleFault", f"RDS may not use {key}, or there is no such key.")


def set_managed_password(secret_arn: str, password: str) -> None:
    """Set the current password of a secret that RDS manages as the master password of its instance."""
    for backend in list(rds_backends[DEFAULT_ACCOUNT_ID].values()):
        for instance in list(backend.databases.values()):
            managed = getattr(instance, "master_user_secret", None)
            if managed and managed.secret_arn == secret_arn:
                vars(instance)["_master_user_password"] = password


@replaces(MasterUserSecret)
def _create_secret(original: Any, self: Any, kms_key_id: str | None) -> Any:
    """moto's secret always has the same password, which is not the one of the instance."""
    secret = original(self, kms_key_id)
    user, password = self.resource.master_username, managed_password()
    secret.versions[secret.default_version_id]["secret_string"] = json.dumps(
        {"username": user, "password": password}
    )
    vars(self.resource)["_master_user_password"] = password
    return secret


def managed_password() -> str:
    """A password as RDS generates it: 28 characters, not only letters and digits."""
    return "".join(secrets.choice(_OF_RDS) for _ in range(28))


@replaces(RDSResponse, "create_db_instance")
def _create_db_instance(original: Any, self: Any) -> Any:
    """moto accepts any setting. Only requests are checked, because a restore adds the settings of its source."""
    _check(self.params)
    return original(self)


@replaces(RDSBackend)
def create_db_instance(original: Any, self: Any, db_kwargs: Parameters) -> DBInstance:
    """moto drops some settings, and gives each instance the same resource ID."""
    db_kwargs.setdefault("ca_certificate_identifier", "rds-ca-rsa2048-g1")
    if db_kwargs.get("engine") == "postgres":
        db_kwargs["engine_version"] = db_kwargs.get("engine_version") or instances.DEFAULT_VERSION
    _check_keys(self.region_name, db_kwargs)
    instance = original(self, db_kwargs)
    instance.dbi_resource_id = f"db-{''.join(secrets.choice(string.ascii_uppercase) for _ in range(26))}"
    for key, default in KEPT.items():
        setattr(instance, key, db_kwargs.get(key, default))
    return _completed(instance, db_kwargs)


def _check(given: Parameters, before: DBInstance | None = None) -> None:
    if problem := instances.refused(given, before):
        raise AwsError(*problem)


def restored_from(identifier: str) -> str | None:
    """The snapshot from which the instance was restored; None if it was created empty.

    Called by the runner, which starts the database with this data. Raises KeyError if the instance does not exist.
    """
    return vars(_instance(identifier)).get("_restored_from")


@replaces(RDSBackend)
def restore_db_instance_from_db_snapshot(
    original: Any, self: Any, from_snapshot_id: str, overrides: Parameters
) -> DBInstance:
    """moto keeps settings of the source that AWS resets, and accepts a parameter group of another version."""
    snapshot = self.get_db_snapshot(from_snapshot_id)
    _check({"storage_type": snapshot.database.storage_type, **overrides}, snapshot)
    group = self.db_parameter_groups.get(overrides.get("db_parameter_group_name"))
    if group and group.family != f"postgres{snapshot.engine_version.partition('.')[0]}":
        message = f"{group.name} ({group.family}) can't be used for PostgreSQL {snapshot.engine_version}."
        raise AwsError("InvalidParameterCombination", message)
    instance = original(self, from_snapshot_id, overrides)
    instance.deletion_protection = bool(overrides.get("deletion_protection"))
    instance.tags = overrides.get("tags") or []
    vars(instance)["_restored_from"] = snapshot.db_snapshot_identifier
    return instance


@replaces(RDSBackend)
def copy_db_snapshot(original: Any, self: Any, **given: Any) -> Any:
    """If no key is given, moto encrypts a copy with the key of the instance instead of that of its source."""
    source = self.get_db_snapshot(given["source_db_snapshot_identifier"].rpartition(":")[2])
    if given.get("kms_key_id") is None:
        given["kms_key_id"] = source.kms_key_id
    _check_keys(self.region_name, {"kms_key_id": source.kms_key_id})
    _check_keys(self.region_name, given)
    return original(self, **given)


@replaces(RDSBackend)
def modify_db_instance(original: Any, self: Any, identifier: str, db_kwargs: Parameters) -> DBInstance:
    """Update the values that are derived from the settings; moto creates another secret each time."""
    instance = self.databases.get(identifier)
    _check(db_kwargs, instance)
    if instance is not None and getattr(instance, "master_user_secret", None):
        if db_kwargs.get("manage_master_user_password"):
            db_kwargs.pop("manage_master_user_password")
        elif db_kwargs.get("master_user_password"):
            db_kwargs["manage_master_user_password"] = False
    return _completed(original(self, identifier, db_kwargs), db_kwargs)


@replaces(DBInstance)
def save_automated_backup(original: Any, self: Any) -> None:
    """moto creates a first automated snapshot even if automated backups are off."""
    if self.backup_retention_period:
        original(self)


@replaces(RDSBackend)
def delete_db_instance(original: Any, self: Any, db_instance_identifier: str, **options: Any) -> DBInstance:
    """moto deletes the data without requiring a final snapshot, and creates that without access to the key."""
    if not options.get("skip_final_snapshot") and not options.get("final_db_snapshot_identifier"):
        message = "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
        raise AwsError("InvalidParameterCombination", message)
    if options.get("final_db_snapshot_identifier") and (instance := self.databases.get(db_instance_identifier)):
        _check_keys(self.region_name, {"kms_key_id": instance.kms_key_id})
    return original(self, db_instance_identifier, **options)


@replaces(RDSBackend)
def modify_db_subnet_group(original: Any, self: Any, name: str, description: str, subnets: Any) -> DBSubnetGroup:
    """moto loses the subnet group that it modifies."""
    self.describe_db_subnet_groups(name)
    group = self.subnet_groups[name] = original(self, name, description, subnets)
    vars(group)["_subnets"] = subnets
    return group


@replaces(RDSBackend)
def delete_subnet_group(original: Any, self: Any, name: str) -> DBSubnetGroup:
    """moto deletes subnet groups that an instance uses."""
    if any(vars(instance).get("_db_subnet_group_name") == name for instance in self.databases.values()):
        raise AwsError("InvalidDBSubnetGroupStateFault", f"Cannot delete the subnet group {name}: it is in use.")
    return original(self, name)


@replaces(RDSResponse, "describe_db_parameters")
def _describe_db_parameters(original: Any, self: Any) -> Any:
    """moto returns no default values."""
    answer = original(self)
    [group] = self.backend.describe_db_parameter_groups(
        {"db_parameter_group_name": self.params["DBParameterGroupName"]}
    )
    own = [{"Source": "user", **parameter} for parameter in answer.result["Parameters"]]
    named = {parameter["ParameterName"] for parameter in own}
    defaults = [each for each in _defaults(group.family) if each["ParameterName"] not in named]
    answer.result["Parameters"] = own + ([] if self.params.get("Source") == "user" else defaults)
    return answer


@replaces(RDSBackend)
def modify_db_parameter_group(original: Any, self: Any, name: str, parameters: Any) -> Any:
    """RDS ignores a parameter that is set to its default value, along with the apply method."""
    given = list(parameters)
    group = self.db_parameter_groups.get(name)
    known = {each["ParameterName"]: each["ParameterValue"] for each in _defaults(group.family)} if group else {}
    changing = [
        each
        for each in given
        if each["ParameterName"] in group.parameters or known.get(each["ParameterName"]) != each["ParameterValue"]
    ]
    return original(self, name, changing)


def _defaults(family: str | None) -> list[Parameters]:
    """The default values of parameters that this project sets."""
    value = "0" if family == "postgres14" else "1"  # Amazon RDS User Guide, "Requiring an SSL connection"
    return [
        {
            "ParameterName": "rds.force_ssl",
            "ParameterValue": value,
            "ApplyType": "dynamic",
            "ApplyMethod": "pending-reboot",
            "Source": "system",
        }
    ]


def _reset_db_parameter_group(request: Any, given: Any) -> Parameters:
    name = given["DBParameterGroupName"]
    group = request.backend.db_parameter_groups.get(name)
    if group is None:
        raise AwsError("DBParameterGroupNotFound", f"DBParameterGroup not found: {name}")
    if given.get("ResetAllParameters"):
        group.parameters.clear()
    for parameter in given.get("Parameters", []):
        group.parameters.pop(parameter["ParameterName"], None)
    return {"DBParameterGroupName": name}


def _instance(identifier: str) -> DBInstance:
    for backend in list(rds_backends[DEFAULT_ACCOUNT_ID].values()):
        if identifier in backend.databases:
            return backend.databases[identifier]
    raise KeyError(identifier)


operation(RDSResponse, "ResetDBParameterGroup", _reset_db_parameter_group)


def _completed(instance: Any, given: Parameters) -> DBInstance:
    """The instance with the settings that AWS returns under another name, or adds itself."""
    if "enable_performance_insights" in given:
        instance.performance_insights_enabled = given["enable_performance_insights"]
    if instance.kms_key_id == _UNNAMED_KEY:
        instance.kms_key_id = instance.backend.kms.describe_key("alias/aws/rds").arn
    if instance.engine == "postgres":
        instance.engine_version = instances.NEWEST.get(instance.engine_version, instance.engine_version)
    if instance.storage_type == "gp3":
        volume = instances.gp3(int(instance.allocated_storage))
        instance.iops = max(int(getattr(instance, "iops", None) or 0), volume.iops)
        instance.storage_throughput = max(int(instance.storage_throughput or 0), volume.throughput)
    return instance
