"""EFS: backup policies, updates of a file system, deletion of its policy, and who may mount it."""

from collections.abc import Sequence
from typing import Any

from moto.efs.models import FileSystem, efs_backends
from moto.efs.responses import EFSResponse

from local.emulator.overlay import AwsError, Parameters, operation
from local.emulator.overlay.iam import ACCOUNT, caller_of
from local.emulator.overlay.policies import Caller, permitted

# The actions that mounting a writable volume requires.
WRITE = ("ClientMount", "ClientWrite")


def may_mount(
    file_system_arn: str,
    role_arn: str | None,
    access_point_arn: str | None,
    *,
    encrypted: bool = True,
    actions: Sequence[str] = WRITE,
) -> bool:
    """Whether IAM and the file system's policy allow a client the `actions` on the file system.

    `role_arn`: None for an anonymous client, without IAM. `access_point_arn`: None without an access point.
    `encrypted`: over TLS. A file system without a policy is open to every client that reaches it (EFS user guide).
    Raises KeyError if the file system or the role does not exist.
    """
    backend = efs_backends[ACCOUNT][file_system_arn.split(":")[3]]
    policy = backend.file_systems_by_id[file_system_arn.rpartition("/")[2]].file_system_policy
    keys = {
        "aws:securetransport": str(encrypted).lower(),
        "elasticfilesystem:accessedviamounttarget": "true",
    } | ({"elasticfilesystem:accesspointarn": access_point_arn} if access_point_arn else {})
    client = caller_of(role_arn) if role_arn else Caller("", "", ())
    return policy is None or all(
        permitted(client, f"elasticfilesystem:{action}", file_system_arn, keys, resource_policy=policy)
        for action in actions
    )


def _file_system(request: Any, given: Parameters) -> FileSystem:
    try:
        return request.efs_backend.file_systems_by_id[given["FileSystemId"]]
    except KeyError:
        message = f"File system '{given['FileSystemId']}' does not exist."
        raise AwsError("FileSystemNotFound", message) from None


def _put_backup_policy(request: Any, given: Parameters) -> Parameters:
    vars(_file_system(request, given))["_backup_status"] = given["BackupPolicy"]["Status"]
    return {"BackupPolicy": given["BackupPolicy"]}


def _describe_backup_policy(request: Any, given: Parameters) -> Parameters:
    file_system = vars(_file_system(request, given))
    status = file_system.get("_backup_status") or ("ENABLED" if file_system["_backup"] else None)
    if status is None:
        raise AwsError("PolicyNotFound", "None")
    return {"BackupPolicy": {"Status": status}}


def _update_file_system(request: Any, given: Parameters) -> Parameters:
    file_system = _file_system(request, given)
    file_system.throughput_mode = given.get("ThroughputMode", file_system.throughput_mode)
    provisioned = given.get("ProvisionedThroughputInMibps", file_system.provisioned_throughput_in_mibps)
    if file_system.throughput_mode != "provisioned":
        provisioned = None
    elif not provisioned:
        raise AwsError("BadRequest", "Provisioned throughput needs ProvisionedThroughputInMibps.")
    vars(file_system)["provisioned_throughput_in_mibps"] = provisioned
    return file_system.info_json()


def _delete_file_system_policy(request: Any, given: Parameters) -> None:
    _file_system(request, given).file_system_policy = None


operation(EFSResponse, "PutBackupPolicy", _put_backup_policy)
operation(EFSResponse, "DescribeBackupPolicy", _describe_backup_policy)
operation(EFSResponse, "UpdateFileSystem", _update_file_system)
operation(EFSResponse, "DeleteFileSystemPolicy", _delete_file_system_policy)
