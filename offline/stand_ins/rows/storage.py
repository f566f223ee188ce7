"""S3 and EFS."""

from collections.abc import Callable
from typing import Any

from botocore.session import get_session

from offline.stand_ins.codec import Values
from offline.stand_ins.mapping import to_api
from offline.stand_ins.table import Call, Read, row

_BUCKET = {"Bucket": "$bucket"}


def _must_be_empty(client: Any, state: Values) -> str | None:
    """Empties the bucket if forceDestroy is set."""
    bucket = state["bucket"]
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket)
    objects = [found for page in pages for kind in ("Versions", "DeleteMarkers") for found in page.get(kind, [])]
    if objects and not state.get("forceDestroy"):
        return f"the bucket {bucket} holds {len(objects)} objects: set forceDestroy, run pulumi up, destroy again"
    for found in objects:
        client.delete_object(Bucket=bucket, Key=found["Key"], VersionId=found["VersionId"])
    return None


def _placed(state: Values) -> Values:
    """S3 requires the Region as LocationConstraint, except us-east-1, which it rejects there."""
    region = state.get("region") or "us-east-1"
    place = None if region == "us-east-1" else {"LocationConstraint": region}
    return {"Bucket": state["bucket"], "CreateBucketConfiguration": place}


row(
    "s3/bucket:Bucket",
    "s3",
    Call("create_bucket", _placed),
    "$bucket",
    Read("head_bucket", {"Bucket": "$id"}, "{bucket: '$id'}"),
    delete=(Call("delete_bucket", _BUCKET),),
    fixed="bucket bucketPrefix",
    outputs={
        "arn": "arn:aws:s3:::$id",
        "bucketDomainName": "$id.s3.amazonaws.com",
        "bucketRegionalDomainName": "$id.s3.us-east-1.amazonaws.com",
    },
    named="bucket 63",
    unread={"forceDestroy": "is the provider's own"},
    prepare=_must_be_empty,
)


def part(kind: str, put: tuple[str, dict[str, Any]], read: tuple[str, str], delete: Call, **more: Any) -> None:
    """Add a row for a part of a bucket that has its own calls."""
    name = kind[0].lower() + kind[1:]
    row(
        f"s3/{name}:{kind}",
        "s3",
        Call(put[0], _BUCKET | put[1], **more),
        "$bucket",
        Read(read[0], _BUCKET, read[1]),
        updates=(Call(put[0], _BUCKET | put[1], **more),),
        delete=(delete,),
        fixed="bucket",
    )


part(
    "BucketVersioning",
    ("put_bucket_versioning", {}),
    ("get_bucket_versioning", "Status && {versioningConfiguration: {Status: Status}}"),
    Call("put_bucket_versioning", _BUCKET | {"VersioningConfiguration": {"Status": "Suspended"}}),
    mapped=True,
)


def _rules(argument: str, shape_name: str) -> Callable[[Values], Values]:
    """Returns a function for the parameters of a call whose only structure contains the rules."""
    shape = get_session().get_service_model("s3").shape_for(shape_name)
    return lambda state: {"Bucket": state["bucket"], argument: {"Rules": to_api(state["rules"], shape)}}


_encryption = _rules("ServerSideEncryptionConfiguration", "ServerSideEncryptionRules")

row(
    "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "s3",
    Call("put_bucket_encryption", _encryption),
    "$bucket",
    Read("get_bucket_encryption", _BUCKET, "ServerSideEncryptionConfiguration"),
    updates=(Call("put_bucket_encryption", _encryption),),
    delete=(Call("delete_bucket_encryption", _BUCKET),),
    fixed="bucket",
)

_BLOCKS = ("blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets")

part(
    "BucketPublicAccessBlock",
    (
        "put_public_access_block",
        {"PublicAccessBlockConfiguration": {name[0].upper() + name[1:]: f"${name}" for name in _BLOCKS}},
    ),
    ("get_public_access_block", "PublicAccessBlockConfiguration"),
    Call("delete_public_access_block", _BUCKET),
)
part(
    "BucketPolicy",
    ("put_bucket_policy", {"Policy": "$policy"}),
    ("get_bucket_policy", "@"),
    Call("delete_bucket_policy", _BUCKET),
)


def _ownership(state: Values) -> Values:
    rule = {"ObjectOwnership": state["rule"]["objectOwnership"]}
    return {"Bucket": state["bucket"], "OwnershipControls": {"Rules": [rule]}}


row(
    "s3/bucketOwnershipControls:BucketOwnershipControls",
    "s3",
    Call("put_bucket_ownership_controls", _ownership),
    "$bucket",
    Read("get_bucket_ownership_controls", _BUCKET, "{rule: OwnershipControls.Rules[0]}"),
    updates=(Call("put_bucket_ownership_controls", _ownership),),
    delete=(Call("delete_bucket_ownership_controls", _BUCKET),),
    fixed="bucket",
)

_lifecycle = _rules("LifecycleConfiguration", "LifecycleRules")

row(
    "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "s3",
    Call("put_bucket_lifecycle_configuration", _lifecycle),
    "$bucket",
    Read("get_bucket_lifecycle_configuration", _BUCKET),
    updates=(Call("put_bucket_lifecycle_configuration", _lifecycle),),
    delete=(Call("delete_bucket_lifecycle", _BUCKET),),
    fixed="bucket",
)

row(
    "efs/fileSystem:FileSystem",
    "efs",
    Call("create_file_system", mapped=True),
    "FileSystemId",
    [
        Read("describe_file_systems", {"FileSystemId": "$id"}, "FileSystems[0]"),
        Read("describe_lifecycle_configuration", {"FileSystemId": "$id"}),
    ],
    puts=(Call("put_lifecycle_configuration", {"FileSystemId": "$id"}, mapped=True, when="lifecyclePolicies"),),
    updates=(Call("update_file_system", {"FileSystemId": "$id"}, mapped=True, when="throughputMode"),),
    delete=(Call("delete_file_system", {"FileSystemId": "$id"}),),
    fixed="encrypted kmsKeyId performanceMode creationToken availabilityZoneName",
    outputs={"arn": "FileSystemArn", "dnsName": "$id.efs.us-east-1.amazonaws.com"},
    named="creationToken 64",
)

row(
    "efs/mountTarget:MountTarget",
    "efs",
    Call("create_mount_target", mapped=True),
    "MountTargetId",
    [
        Read("describe_mount_targets", {"MountTargetId": "$id"}, "MountTargets[0]"),
        Read("describe_mount_target_security_groups", {"MountTargetId": "$id"}),
    ],
    updates=(
        Call(
            "modify_mount_target_security_groups",
            {"MountTargetId": "$id", "SecurityGroups": "$securityGroups"},
            when="securityGroups",
        ),
    ),
    delete=(Call("delete_mount_target", {"MountTargetId": "$id"}),),
    fixed="fileSystemId subnetId ipAddress",
)

row(
    "efs/accessPoint:AccessPoint",
    "efs",
    Call("create_access_point", mapped=True),
    "AccessPointId",
    Read("describe_access_points", {"AccessPointId": "$id"}, "AccessPoints[0]"),
    delete=(Call("delete_access_point", {"AccessPointId": "$id"}),),
    fixed="fileSystemId posixUser rootDirectory",
    outputs={"arn": "AccessPointArn"},
)

_FILE_SYSTEM = {"FileSystemId": "$fileSystemId"}

row(
    "efs/fileSystemPolicy:FileSystemPolicy",
    "efs",
    Call("put_file_system_policy", mapped=True),
    "$fileSystemId",
    Read("describe_file_system_policy", {"FileSystemId": "$id"}),
    updates=(Call("put_file_system_policy", mapped=True),),
    delete=(Call("delete_file_system_policy", _FILE_SYSTEM),),
    fixed="fileSystemId",
)
row(
    "efs/backupPolicy:BackupPolicy",
    "efs",
    Call("put_backup_policy", mapped=True),
    "$fileSystemId",
    Read("describe_backup_policy", {"FileSystemId": "$id"}),
    updates=(Call("put_backup_policy", mapped=True),),
    delete=(Call("put_backup_policy", _FILE_SYSTEM | {"BackupPolicy": {"Status": "DISABLED"}}),),
    fixed="fileSystemId",
)
