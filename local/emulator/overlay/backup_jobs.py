"""Jobs of AWS Backup, which moto lacks: they complete at once, or fail if their role lacks a permission.

A job requires the permissions in the AWS managed policies AWSBackupServiceRolePolicyForBackup and …ForS3Backup.
AWS Backup deletes a recovery point with the role that created it. If that role no longer exists, the recovery
point stays with the status EXPIRED, and AWS continues to charge for it.
"""

import time
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from moto.backup import urls
from moto.backup.models import BackupBackend
from moto.backup.responses import BackupResponse
from moto.efs.models import efs_backends
from moto.rds.models import rds_backends
from moto.s3.models import s3_backends

from local.emulator.overlay import AwsError, Parameters, operation, replaces
from local.emulator.overlay.iam import ACCOUNT, problem_of_service

_SERVICE = "backup.amazonaws.com"
_POINTS, _JOBS = "_recovery_points", "_jobs"

# The actions that a job performs, by the service of the resource.
_ASKED = {
    "rds": ("rds:DescribeDBInstances", "rds:ListTagsForResource", "rds:CreateDBSnapshot"),
    "elasticfilesystem": ("elasticfilesystem:DescribeTags", "elasticfilesystem:Backup"),
    "s3": (
        *(
            "s3:GetBucketTagging",
            "s3:ListTagsForResource",
            "s3:GetInventoryConfiguration",
            "s3:ListBucketVersions",
        ),
        *("s3:ListBucket", "s3:GetBucketVersioning", "s3:GetBucketLocation", "s3:GetBucketAcl"),
        *("s3:PutInventoryConfiguration", "s3:GetBucketNotification", "s3:PutBucketNotification"),
    ),
}
_OF_OBJECTS = tuple(f"s3:Get{what}" for what in ("Object", "ObjectAcl", "ObjectTagging", "ObjectVersion"))
_TO_EXPIRE = {"rds": "rds:DeleteDBSnapshot"}


def _problems(role: str, vault: Any, resource: str, copy: str) -> Iterator[str]:
    """The reasons why a job with this role cannot copy the resource to `copy`."""
    service, region = resource.split(":")[2], vault.backup_vault_arn.split(":")[3]
    asked = [("backup:DescribeBackupVault", vault.backup_vault_arn), ("tag:GetResources", "*")]
    asked += [(action, resource) for action in _ASKED[service]]
    if service == "rds":
        asked += [(action, copy) for action in ("rds:CreateDBSnapshot", "rds:AddTagsToResource")]
    elif _has_tags(resource, region):
        asked.append(("backup:TagResource", copy))
    if service == "s3":
        asked += [(action, f"{resource}/study") for action in _OF_OBJECTS]
        rule = f"arn:aws:events:{region}:{ACCOUNT}:rule/AwsBackupManagedRule1"
        asked += [(f"events:{action}", rule) for action in ("PutRule", "PutTargets", "DescribeRule")]
        if not s3_backends[ACCOUNT]["aws"].get_bucket(resource.rpartition(":")[2]).is_versioned:
            yield f"{resource} keeps no versions"
    for action, name in asked:
        yield problem_of_service(role, _SERVICE, action, name)


def _has_tags(resource: str, region: str) -> bool:
    id = resource.rpartition(":")[2].rpartition("/")[2]
    if resource.split(":")[2] == "s3":
        return bool(s3_backends[ACCOUNT]["aws"].tagger.list_tags_for_resource(resource)["Tags"])
    return bool(efs_backends[ACCOUNT][region].list_tags_for_resource(id))


def _vault(request: Any, given: Parameters) -> Any:
    # moto stores the name as it is encoded in the request's path.
    vault = request.backup_backend.vaults.get(quote(given["BackupVaultName"], safe=""))
    if vault is None:
        raise AwsError("ResourceNotFoundException", f"There is no vault {given['BackupVaultName']}")
    return vault


def _points(vault: Any) -> dict[str, Parameters]:
    return vars(vault).setdefault(_POINTS, {})


def _describe_backup_vault(request: Any, given: Parameters) -> Parameters:
    """moto omits the number of recovery points."""
    return _vault(request, given).to_list_dict() | {"BackupVaultName": given["BackupVaultName"]}


def _start_backup_job(request: Any, given: Parameters) -> Parameters:
    vault, resource, id = _vault(request, given), given["ResourceArn"], str(uuid.uuid4()).upper()
    service, region = resource.split(":")[2], request.region
    snapshot = f"awsbackup:job-{id.lower()}"
    copy = f"arn:aws:{'rds' if service == 'rds' else 'backup'}:{region}:{ACCOUNT}:"
    copy += f"snapshot:{snapshot}" if service == "rds" else f"recovery-point:{id.lower()}"
    problem = next(filter(None, _problems(given["IamRoleArn"], vault, resource, copy)), "")
    state = {"State": "FAILED", "StatusMessage": problem} if problem else {"State": "COMPLETED"}
    vars(request.backup_backend).setdefault(_JOBS, {})[id] = {"BackupJobId": id, "RecoveryPointArn": copy, **state}
    if not problem:
        if service == "rds":
            rds_backends[ACCOUNT][region].create_db_snapshot(
                resource.rpartition(":")[2], snapshot, "awsbackup", []
            )
        made = {"ResourceArn": resource, "IamRoleArn": given["IamRoleArn"], "CreationDate": time.time()}
        _points(vault)[copy] = {"RecoveryPointArn": copy, "BackupVaultName": given["BackupVaultName"], **made}
        vault.num_of_recovery_points = len(_points(vault))
    return {"BackupJobId": id, "RecoveryPointArn": copy, "CreationDate": time.time()}


def _describe_backup_job(request: Any, given: Parameters) -> Parameters:
    return vars(request.backup_backend)[_JOBS][given["BackupJobId"]]


def _list_recovery_points(request: Any, given: Parameters) -> Parameters:
    return {
        "RecoveryPoints": [
            point | {"Status": _status(point)} for point in _points(_vault(request, given)).values()
        ]
    }


def _status(point: Parameters) -> str:
    """COMPLETED, or EXPIRED if its role may not delete it: the recovery point then stays forever."""
    arn = point["RecoveryPointArn"]
    action = _TO_EXPIRE.get(arn.split(":")[2], "tag:GetResources")
    problem = problem_of_service(point["IamRoleArn"], _SERVICE, action, "*" if action.startswith("tag") else arn)
    return "EXPIRED" if problem else "COMPLETED"


def _delete_recovery_point(request: Any, given: Parameters) -> None:
    vault, arn = _vault(request, given), given["RecoveryPointArn"]
    if vault.locked:
        raise AwsError("InvalidRequestException", f"The vault lock of {given['BackupVaultName']} retains {arn}.")
    if arn not in _points(vault):
        raise AwsError("ResourceNotFoundException", f"There is no recovery point {arn}")
    _points(vault).pop(arn)
    vault.num_of_recovery_points = len(_points(vault))
    if ":snapshot:" in arn:
        rds_backends[ACCOUNT][request.region].database_snapshots.pop(arn.partition(":snapshot:")[2], None)


@replaces(BackupBackend)
def delete_backup_vault(original: Any, self: Any, backup_vault_name: str) -> None:
    """moto deletes vaults that contain recovery points."""
    if (vault := self.vaults.get(backup_vault_name)) and _points(vault):
        message = f"Backup vault {backup_vault_name} cannot be deleted because it contains recovery points."
        raise AwsError("InvalidRequestException", message)
    original(self, backup_vault_name)


# The name of the vault for EFS's automatic backups contains slashes.
_VAULT = "backup-vaults/(?P<name>[^/]+|aws/efs/automatic-backup-vault)"
_OF_VAULT = f"{_VAULT}/recovery-points/"
for path in ("backup-jobs", "backup-jobs/(?P<job>[^/]+)", _VAULT, _OF_VAULT, f"{_OF_VAULT}(?P<point>.+)"):
    urls.url_paths[f"{{0}}/{path}$"] = BackupResponse.dispatch
operation(BackupResponse, "DescribeBackupVault", _describe_backup_vault)
operation(BackupResponse, "StartBackupJob", _start_backup_job)
operation(BackupResponse, "DescribeBackupJob", _describe_backup_job)
operation(BackupResponse, "ListRecoveryPointsByBackupVault", _list_recovery_points)
operation(BackupResponse, "DeleteRecoveryPoint", _delete_recovery_point)
