"""RDS and Secrets Manager."""

from typing import Any

from offline.stand_ins.codec import Values
from offline.stand_ins.servicer import Refused
from offline.stand_ins.table import Call, Read, row

_NAMED = {"DBSubnetGroupName": "$name"}


def _two_zones(client: Any, state: Values) -> None:
    """RDS requires two zones even for a single instance; the emulator accepts one."""
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


def _read_parameters(state: Values, found: Values) -> Values:
    """As in the provider: parameters set by a user, and defaults that the program also gives."""
    given = {parameter["name"] for parameter in state.get("parameters") or []}
    shown = [each for each in found["Parameters"] if each["Source"] == "user" or each["ParameterName"] in given]
    names = {"name": "ParameterName", "value": "ParameterValue", "applyMethod": "ApplyMethod"}
    return {"parameters": [{name: each[api] for name, api in names.items()} for each in shown]}


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
        Read("describe_db_parameters", {"DBParameterGroupName": "$id"}),
    ],
    puts=(Call("modify_db_parameter_group", _parameters, when="parameters"),),
    delete=(Call("delete_db_parameter_group", _GROUP),),
    fixed="name family description",
    names={"name": "DBParameterGroupName", "family": "DBParameterGroupFamily"},
    outputs={"arn": "DBParameterGroupArn"},
    named="name 255",
    defaults={"description": "Managed by Pulumi"},
    reads_as=_read_parameters,
)


def _one_password(inputs: Values) -> str | None:
    conflict = bool(inputs.get("manageMasterUserPassword")) and bool(inputs.get("password"))
    return "password, manageMasterUserPassword: not both" if conflict else None


def _created(inputs: Values) -> Call:
    """RDS restores with another call, with fewer parameters; `_modified` sends the others, password included."""
    restored = bool(inputs.get("snapshotIdentifier"))
    return Call("restore_db_instance_from_db_snapshot" if restored else "create_db_instance", mapped=True)


# Below this size, RDS accepts neither IOPS nor throughput of gp3 (Amazon RDS User Guide, "Amazon RDS DB instance
# storage").
_GP3_GIB_WITH_IOPS = 400


def _modified(state: Values) -> Values:
    """As in the provider: log exports to turn on and off, and all storage properties together."""
    old = set((state.get("_old") or state).get("enabledCloudwatchLogsExports") or [])
    new = set(state.get("enabledCloudwatchLogsExports") or [])
    exports = {"EnableLogTypes": sorted(new - old), "DisableLogTypes": sorted(old - new)}
    return {
        "DBInstanceIdentifier": state["identifier"],
        "ApplyImmediately": True,
        "CloudwatchLogsExportConfiguration": exports if old != new else None,
        **_storage(state, set(state.get("_changed") or ())),
    }


def _storage(state: Values, changed: set[str]) -> Values:
    """Size, IOPS and throughput in an update. The provider also sends computed values, even if RDS rejects it."""
    sent: Values = {}
    with_iops = state.get("storageType") != "gp3" or state["allocatedStorage"] >= _GP3_GIB_WITH_IOPS
    if changed & {"allocatedStorage", "iops"}:
        sent["AllocatedStorage"] = state["allocatedStorage"]
        if "iops" in changed or with_iops:
            sent["Iops"] = state.get("iops")
    if "storageThroughput" in changed:
        sent |= {"AllocatedStorage": state["allocatedStorage"], "Iops": state.get("iops")}
    return sent


def _grown(new: Values, read: Any) -> bool:
    """Whether RDS has enlarged the storage automatically."""
    given = new.get("allocatedStorage") or 0
    return bool(read) and read > given and (new.get("maxAllocatedStorage") or 0) > given


def _as_given(state: Values, found: Values) -> Values:
    """Only the given part of the engine's version is compared: 17 matches all its minor versions."""
    given = str(state.get("engineVersion") or "")
    same = given and f"{found['EngineVersion']}.".startswith(f"{given}.")
    return {"engineVersion": given} if same else {}


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
    updates=(Call("modify_db_instance", _modified, mapped=True, if_changed="*"),),
    delete=(Call("delete_db_instance", _deleted),),
    fixed="identifier engine username dbName storageEncrypted kmsKeyId availabilityZone snapshotIdentifier",
    names={
        "snapshotIdentifier": "DBSnapshotIdentifier",
        "identifier": "DBInstanceIdentifier",
        "instanceClass": "DBInstanceClass",
        "username": "MasterUsername",
        "password": "MasterUserPassword",
        "parameterGroupName": "DBParameterGroupName",
        "backupWindow": "PreferredBackupWindow",
        "maintenanceWindow": "PreferredMaintenanceWindow",
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
    unread={
        "password": "is a secret that RDS keeps to itself",
        "snapshotIdentifier": "is about the creation",
        "applyImmediately": "is about the call",
        "allowMajorVersionUpgrade": "is about the call",
        "skipFinalSnapshot": "is about the deletion",
        "finalSnapshotIdentifier": "is about the deletion",
        "deleteAutomatedBackups": "is about the deletion",
    },
    secret="password",  # noqa: S106 - a property's name
    refuse=_one_password,
    suppress={"allocatedStorage": _grown},
    reads_as=_as_given,
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
    unread={"recoveryWindowInDays": "is about the deletion"},
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
    # No deletion: Pulumi only removes it from the state, and RDS deletes its secret with the instance.
    fixed="secretId",
    unread={"rotateImmediately": "is about the call"},
    outputs={"secretId": "ARN"},
)
