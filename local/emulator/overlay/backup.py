"""AWS Backup: selections and plan updates, which moto lacks, and plans that are not deleted while in use."""

import time
import uuid
from typing import Any

from moto.backup.models import BackupBackend, Plan
from moto.backup.responses import BackupResponse

from local.emulator.overlay import AwsError, Parameters, operation, replaces

_SELECTIONS = "_selections"
_LEAST_MINUTES = 60


@replaces(BackupBackend)
def create_backup_plan(original: Any, self: Any, backup_plan: Parameters, **more: Any) -> Plan:
    """moto accepts plans for missing vaults, and any start and completion windows."""
    _check(self, backup_plan)
    return original(self, backup_plan=backup_plan, **more)


@replaces(BackupBackend)
def delete_backup_plan(original: Any, self: Any, backup_plan_id: str) -> Any:
    """moto deletes plans that still have selections."""
    if vars(self.get_backup_plan(backup_plan_id, None)).get(_SELECTIONS):
        message = "Related backup plan selections must be deleted prior to backup plan deletion"
        raise AwsError("InvalidRequestException", message)
    return original(self, backup_plan_id)


def _check(backend: Any, plan: Parameters) -> None:
    """Reject invalid windows and vaults (AWS Backup Developer Guide, "Backup plan options and configuration")."""
    for rule in plan["Rules"]:
        start, end = rule.get("StartWindowMinutes", 480), rule.get("CompletionWindowMinutes", 10080)
        if start < _LEAST_MINUTES or end < start + _LEAST_MINUTES:
            message = "Windows: 60 minutes at least to start, and 60 more to complete"
            raise AwsError("InvalidParameterValueException", message)
        if rule["TargetBackupVaultName"] not in backend.vaults:
            message = f"Backup Vault not found: {rule['TargetBackupVaultName']}"
            raise AwsError("InvalidParameterValueException", message)


def _plan(request: Any, given: Parameters) -> Plan:
    return request.backup_backend.get_backup_plan(given["BackupPlanId"], None)


def _update_backup_plan(request: Any, given: Parameters) -> Parameters:
    plan = _plan(request, given)
    _check(request.backup_backend, given["BackupPlan"])
    # A new version, with the defaults that creation fills in.
    changed = vars(Plan(given["BackupPlan"], plan.creator_request_id, request.backup_backend))
    vars(plan).update({name: changed[name] for name in ("backup_plan", "version_id")})
    return plan.to_dict()


def _create_backup_selection(request: Any, given: Parameters) -> Parameters:
    made = {
        "SelectionId": str(uuid.uuid4()),
        "BackupPlanId": given["BackupPlanId"],
        "CreationDate": time.time(),
        "BackupSelection": given["BackupSelection"],
    }
    vars(_plan(request, given)).setdefault(_SELECTIONS, {})[made["SelectionId"]] = made
    return made


def _selection(request: Any, given: Parameters) -> Parameters:
    selections = vars(_plan(request, given)).get(_SELECTIONS, {})
    if given["SelectionId"] not in selections:
        raise AwsError("ResourceNotFoundException", f"There is no selection {given['SelectionId']}")
    return selections[given["SelectionId"]]


def _list_backup_selections(request: Any, given: Parameters) -> Parameters:
    selections = vars(_plan(request, given)).get(_SELECTIONS, {}).values()
    return {"BackupSelectionsList": [each | each["BackupSelection"] for each in selections]}


def _delete_backup_selection(request: Any, given: Parameters) -> None:
    vars(_plan(request, given))[_SELECTIONS].pop(_selection(request, given)["SelectionId"])


operation(BackupResponse, "UpdateBackupPlan", _update_backup_plan)
operation(BackupResponse, "CreateBackupSelection", _create_backup_selection)
operation(BackupResponse, "GetBackupSelection", _selection)
operation(BackupResponse, "ListBackupSelections", _list_backup_selections)
operation(BackupResponse, "DeleteBackupSelection", _delete_backup_selection)
