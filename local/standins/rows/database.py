"""RDS and Secrets Manager."""

import re
from typing import Any

from local.standins.codec import Values, is_unknown
from local.standins.servicer import Refused
from local.standins.table import Call, Read, row

_NAMED = {"DBSubnetGroupName": "$name"}


def _two_zones(client: Any, state: Values) -> None:
    """RDS wants two zones even for one instance; the emulator takes one."""
    group = client.describe_db_subnet_groups(DBSubnetGroupName=state["id"])["DBSubnetGroups"][0]
    zones = {subnet["SubnetAvailabilityZone"]["Name"] for subnet in group["Subnets"]}
    if len(zones) < 2:
        raise Refused(
            "DBSubnetGroupDoesNotCoverEnoughAZs: the subnet group must cover at least two zones, its subnets are"
            f" in {', '.join(sorted(zones))}"
        )


row(
    "rds/subnetGroup:SubnetGroup",
    "rds",
    Call("create_db_subnet_group", _NAMED | {"DBSubnetGroupDescription": "$description"}, mapped=True),
    "$name",
    Read(
        "describe_db_subnet_groups",
        {"DBSubnetGroupName": "$id"},
        "DBSubnetGroups[0].merge(@, {SubnetIds: Subnets[].SubnetIdentifier})",
    ),
    updates=(Call("modify_db_subnet_group", _NAMED, mapped=True),),
    delete=(Call("delete_db_subnet_group", _NAMED),),
    fixed="name",
    names={"name": "DBSubnetGroupName", "description": "DBSubnetGroupDescription"},
    outputs={"arn": "DBSubnetGroupArn"},
    named="name 255",
    defaults={"description": "Managed by Pulumi"},
    finish=_two_zones,
)


def _parameters(state: Values) -> Values:
    return {
        "DBParameterGroupName": state["name"],
        "Parameters": [
            {
                "ParameterName": parameter["name"],
                "ParameterValue": parameter["value"],
                "ApplyMethod": parameter.get("applyMethod", "immediate"),
            }
            for parameter in state.get("parameters") or []
        ],
    }


_GROUP = {"DBParameterGroupName": "$name"}

row(
    "rds/parameterGroup:ParameterGroup",
    "rds",
    Call(
        "create_db_parameter_group",
        _GROUP | {"DBParameterGroupFamily": "$family", "Description": "$description"},
    ),
    "$name",
    [
        Read("describe_db_parameter_groups", {"DBParameterGroupName": "$id"}, "DBParameterGroups[0]"),
        Read(
            "describe_db_parameters",
            {"DBParameterGroupName": "$id", "Source": "user"},
            "{parameters: Parameters[].{name: ParameterName, value: ParameterValue, applyMethod: ApplyMethod}}",
        ),
    ],
    puts=(Call("modify_db_parameter_group", _parameters, when="parameters"),),
    delete=(Call("delete_db_parameter_group", _GROUP),),
    fixed="name family description",
    names={"name": "DBParameterGroupName", "family": "DBParameterGroupFamily"},
    outputs={"arn": "DBParameterGroupArn"},
    named="name 255",
    defaults={"description": "Managed by Pulumi"},
)

# As RDS offers them; the emulator takes anything.
_VERSIONS = re.compile(r"(14|15|16|17|18)(\.\d+)?")
_LEAST_GP3_GIB, _GP3_GIB_WITH_IOPS = 20, 400


def _refused(inputs: Values) -> str | None:
    def given(name: str, default: Any = None) -> Any:
        value = inputs.get(name)
        return default if value is None or is_unknown(value) else value

    storage, password = given("allocatedStorage", 0), given("password", "x" * 8)
    managed = bool(given("manageMasterUserPassword"))
    rules = {
        "password: needed, or manageMasterUserPassword, not both": managed != bool(inputs.get("password")),
        f"engineVersion {given('engineVersion')}: RDS offers PostgreSQL 14 to 18": given("engine") != "postgres"
        or _VERSIONS.fullmatch(str(given("engineVersion", "17"))),
        f"username {given('username')}: PostgreSQL on RDS reserves admin": given("username") != "admin",
        "password: at least 8 characters": len(password) >= 8,
        'password: not /, @, " or a space': not set(password) & set('/@" '),
        f"allocatedStorage {storage}: gp3 has at least {_LEAST_GP3_GIB} GiB": storage >= _LEAST_GP3_GIB
        or given("storageType") != "gp3",
        f"iops, storageThroughput: not below {_GP3_GIB_WITH_IOPS} GiB of gp3": storage >= _GP3_GIB_WITH_IOPS
        or not (given("iops") or given("storageThroughput")),
        "maxAllocatedStorage: at least 10 % above allocatedStorage": not given("maxAllocatedStorage")
        or given("maxAllocatedStorage") * 10 >= storage * 11,
        "finalSnapshotIdentifier: needed unless skipFinalSnapshot": given("skipFinalSnapshot", False)
        or inputs.get("finalSnapshotIdentifier"),
        "dbName, username: a snapshot has its own": not given("snapshotIdentifier")
        or not (given("dbName") or given("username")),
        "dbName postgres: RDS makes it with every instance": given("dbName") != "postgres",
        "username: needed but with a snapshot": given("snapshotIdentifier") or inputs.get("username"),
        "monitoringRoleArn: needed with monitoringInterval": not given("monitoringInterval")
        or inputs.get("monitoringRoleArn"),
    }
    return "; ".join(rule for rule, holds in rules.items() if not holds) or None


def _created(inputs: Values) -> Call:
    """RDS restores with another call, which takes less: the rest is modified at once, password and storage too."""
    restored = bool(inputs.get("snapshotIdentifier"))
    return Call("restore_db_instance_from_db_snapshot" if restored else "create_db_instance", mapped=True)


def _modified(state: Values) -> Values:
    """ModifyDBInstance takes log exports as what to turn on and off."""
    old = set((state.get("_old") or state).get("enabledCloudwatchLogsExports") or [])
    new = set(state.get("enabledCloudwatchLogsExports") or [])
    exports = {"EnableLogTypes": sorted(new - old), "DisableLogTypes": sorted(old - new)}
    return {
        "DBInstanceIdentifier": state["identifier"],
        "ApplyImmediately": True,
        "CloudwatchLogsExportConfiguration": exports if old != new else None,
    }


def _protected(client: Any, state: Values) -> str | None:
    [instance] = client.describe_db_instances(DBInstanceIdentifier=state["id"])["DBInstances"]
    if not instance.get("DeletionProtection"):
        return None
    return (
        f"InvalidParameterCombination: {state['id']} has deletion protection: turn it off, run pulumi up, then"
        " destroy again"
    )


def _deleted(state: Values) -> Values:
    skip = bool(state.get("skipFinalSnapshot"))
    return {
        "DBInstanceIdentifier": state["id"],
        "SkipFinalSnapshot": skip,
        "FinalDBSnapshotIdentifier": None if skip else state.get("finalSnapshotIdentifier"),
        "DeleteAutomatedBackups": state.get("deleteAutomatedBackups"),
    }


row(
    "rds/instance:Instance",
    "rds",
    _created,
    "$identifier",
    Read(
        "describe_db_instances",
        {"DBInstanceIdentifier": "$id"},
        "DBInstances[0].merge(@, {VpcSecurityGroupIds: VpcSecurityGroups[].VpcSecurityGroupId})",
    ),
    puts=(Call("modify_db_instance", _modified, mapped=True, when="snapshotIdentifier"),),
    updates=(Call("modify_db_instance", _modified, mapped=True),),
    delete=(Call("delete_db_instance", _deleted),),
    fixed="identifier engine username dbName storageEncrypted kmsKeyId availabilityZone snapshotIdentifier",
    names={
        "snapshotIdentifier": "DBSnapshotIdentifier",
        "identifier": "DBInstanceIdentifier",
        "instanceClass": "DBInstanceClass",
        "username": "MasterUsername",
        "password": "MasterUserPassword",
        "parameterGroupName": "DBParameterGroupName",
        "caCertIdentifier": "CACertificateIdentifier",
        "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
        "masterUserSecrets": "MasterUserSecret",
    },
    outputs={
        "address": "Endpoint.Address",
        "port": "Endpoint.Port",
        "endpoint": "join(':', [Endpoint.Address, to_string(Endpoint.Port)])",
        "hostedZoneId": "Endpoint.HostedZoneId",
        "arn": "DBInstanceArn",
        "status": "DBInstanceStatus",
        "dbSubnetGroupName": "DBSubnetGroup.DBSubnetGroupName",
        "parameterGroupName": "DBParameterGroups[0].DBParameterGroupName",
        "enabledCloudwatchLogsExports": "EnabledCloudwatchLogsExports",
        "masterUserSecrets": "MasterUserSecret && [MasterUserSecret] || `[]`",
        "manageMasterUserPassword": "MasterUserSecret && `true`",
        "masterUserSecretKmsKeyId": "MasterUserSecret.KmsKeyId",
    },
    named="identifier 63",
    secret="password",  # noqa: S106 - a property's name
    refuse=_refused,
    prepare=_protected,
)


def _forgotten(state: Values) -> Values:
    days = state.get("recoveryWindowInDays")
    at_once = days == 0
    return {
        "SecretId": state["id"],
        "ForceDeleteWithoutRecovery": at_once or None,
        "RecoveryWindowInDays": None if at_once else days or 30,
    }


row(
    "secretsmanager/secret:Secret",
    "secretsmanager",
    Call("create_secret", mapped=True),
    "ARN",
    Read("describe_secret", {"SecretId": "$id"}),
    live="!DeletedDate",
    updates=(
        Call(
            "update_secret",
            {"SecretId": "$id", "Description": "$description", "KmsKeyId": "$kmsKeyId"},
            when="description kmsKeyId",
        ),
    ),
    delete=(Call("delete_secret", _forgotten),),
    fixed="name namePrefix",
    outputs={"arn": "ARN"},
    named="name 512",
)

row(
    "secretsmanager/secretVersion:SecretVersion",
    "secretsmanager",
    Call("put_secret_value", mapped=True),
    "join('|', [ARN, VersionId])",
    Read(
        "get_secret_value", lambda state: dict(zip(("SecretId", "VersionId"), state["id"].split("|"), strict=True))
    ),
    fixed="secretId secretString secretBinary",
    outputs={"secretArn": "ARN", "arn": "ARN", "versionId": "VersionId", "secretId": "ARN"},
    secret="secretString secretBinary",  # noqa: S106 - properties' names
)

row(
    "secretsmanager/secretRotation:SecretRotation",
    "secretsmanager",
    Call("rotate_secret", mapped=True),
    "ARN",
    Read("describe_secret", {"SecretId": "$id"}),
    live="RotationEnabled",
    updates=(Call("rotate_secret", mapped=True),),
    # No deletion: the program only forgets it, and RDS's secret goes with the instance.
    fixed="secretId",
    outputs={"secretId": "ARN"},
)
