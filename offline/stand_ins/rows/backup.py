"""AWS Backup and CloudTrail."""

from typing import Any

from offline.stand_ins.codec import Values
from offline.stand_ins.table import Call, Read, row

_VAULT = {"BackupVaultName": "$id"}


def _emptied(client: Any, state: Values) -> str | None:
    """Empties the vault if forceDestroy is set."""
    if state.get("forceDestroy"):
        points = client.list_recovery_points_by_backup_vault(BackupVaultName=state["id"])["RecoveryPoints"]
        for point in points:
            client.delete_recovery_point(BackupVaultName=state["id"], RecoveryPointArn=point["RecoveryPointArn"])
    return None


row(
    "backup/vault:Vault",
    "backup",
    Call("create_backup_vault", mapped=True),
    "$name",
    Read("describe_backup_vault", _VAULT),
    delete=(Call("delete_backup_vault", _VAULT),),
    fixed="name kmsKeyArn",
    names={"name": "BackupVaultName", "kmsKeyArn": "EncryptionKeyArn"},
    outputs={"arn": "BackupVaultArn", "recoveryPoints": "NumberOfRecoveryPoints"},
    named="name 50",
    unread={"forceDestroy": "is the provider's own"},
    prepare=_emptied,
)
row(
    "backup/vaultLockConfiguration:VaultLockConfiguration",
    "backup",
    Call("put_backup_vault_lock_configuration", mapped=True),
    "$backupVaultName",
    Read("describe_backup_vault", _VAULT),
    live="Locked",
    updates=(Call("put_backup_vault_lock_configuration", mapped=True),),
    delete=(Call("delete_backup_vault_lock_configuration", _VAULT),),
    fixed="backupVaultName changeableForDays",
    outputs={"backupVaultArn": "BackupVaultArn"},
)

# The names of a rule's properties in the SDK and in the API.
_RULE = {
    "ruleName": "RuleName",
    "targetVaultName": "TargetBackupVaultName",
    "schedule": "ScheduleExpression",
    "startWindow": "StartWindowMinutes",
    "completionWindow": "CompletionWindowMinutes",
}
_LIFECYCLE = "lifecycle: Lifecycle && {deleteAfter: Lifecycle.DeleteAfterDays}"


def _rule(given: Values) -> Values:
    rule: dict[str, Any] = {_RULE[name]: value for name, value in given.items() if name != "lifecycle"}
    for name in rule.keys() & {"StartWindowMinutes", "CompletionWindowMinutes"}:
        rule[name] = int(rule[name])
    if lifecycle := given.get("lifecycle"):
        rule["Lifecycle"] = {"DeleteAfterDays": int(lifecycle["deleteAfter"])}
    return rule


def _plan(state: Values) -> Values:
    plan = {"BackupPlanName": state["name"], "Rules": [_rule(each) for each in state["rules"]]}
    return {"BackupPlanId": state.get("id"), "BackupPlan": plan}


row(
    "backup/plan:Plan",
    "backup",
    Call("create_backup_plan", _plan),
    "BackupPlanId",
    Read(
        "get_backup_plan",
        {"BackupPlanId": "$id"},
        "merge(@, {name: BackupPlan.BackupPlanName, rules: BackupPlan.Rules[].{"
        + ", ".join(f"{name}: {api}" for name, api in _RULE.items())
        + f", {_LIFECYCLE}}}}})",
    ),
    live="!DeletionDate",
    updates=(Call("update_backup_plan", _plan, when="rules"),),
    delete=(Call("delete_backup_plan", {"BackupPlanId": "$id"}),),
    fixed="name",
    outputs={"arn": "BackupPlanArn", "version": "VersionId"},
    named="name 50",
)


def _selected(state: Values) -> Values:
    return dict(zip(("BackupPlanId", "SelectionId"), state["id"].split("|"), strict=True))


row(
    "backup/selection:Selection",
    "backup",
    Call(
        "create_backup_selection",
        {
            "BackupPlanId": "$planId",
            "BackupSelection": {
                "SelectionName": "$name",
                "IamRoleArn": "$iamRoleArn",
                "Resources": "$resources",
            },
        },
    ),
    "join('|', [BackupPlanId, SelectionId])",
    Read("get_backup_selection", _selected, "merge(BackupSelection, {PlanId: BackupPlanId})"),
    delete=(Call("delete_backup_selection", _selected),),
    fixed="*",
    names={"name": "SelectionName"},
    named="name 50",
)

row(
    "cloudtrail/trail:Trail",
    "cloudtrail",
    Call("create_trail", mapped=True),
    "TrailARN",
    [
        Read("get_trail", {"Name": "$id"}, "Trail"),
        Read("get_event_selectors", {"TrailName": "$id"}, "{advancedEventSelectors: AdvancedEventSelectors}"),
    ],
    puts=(
        Call("put_event_selectors", {"TrailName": "$id"}, mapped=True, when="advancedEventSelectors"),
        Call("start_logging", {"Name": "$id"}),
    ),
    updates=(Call("update_trail", {"Name": "$id"}, mapped=True),),
    delete=(Call("delete_trail", {"Name": "$name"}),),
    fixed="name",
    outputs={"arn": "TrailARN", "enableLogFileValidation": "LogFileValidationEnabled"},
    named="name 128",
)
