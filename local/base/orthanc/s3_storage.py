"""Orthanc's files in S3, as upstream's plugin keeps them: for Debian's Orthanc, through its Python plugin.

The section AwsS3Storage names bucket and region. Credentials come from where every AWS client looks, and are
first used with the first file. Object keys and calls are those of upstream's plugin (`<uuid>.dcm` …). Parts of a
file are read by their range. A read of the whole lists the object first, so that a role without s3:ListBucket
fails here too. (Debian's stable release has a Python plugin that reads no ranges. There Orthanc keeps a second
object beside each file, `.dcm.head`.)
"""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false
# Orthanc's Python plugin provides the module orthanc.

import json
import os

import boto3
import orthanc
from botocore.config import Config

_EXTENSIONS = {
    orthanc.ContentType.DICOM: ".dcm",
    orthanc.ContentType.DICOM_AS_JSON: ".json",
    orthanc.ContentType.DICOM_UNTIL_PIXEL_DATA: ".dcm.head",
}
_section = json.loads(orthanc.GetConfiguration())["AwsS3Storage"]
_unknown = set(_section) - {"BucketName", "Region", "MaxConnections", "ConnectTimeout", "RequestTimeout"}
if _unknown:
    raise ValueError(f"the stand-in of the S3 plugin does not know AwsS3Storage's {', '.join(sorted(_unknown))}")

_bucket = _section["BucketName"]
# One client for all threads: boto3's clients are made for that, its sessions are not.
_s3 = boto3.client(
    "s3",
    region_name=_section["Region"],
    endpoint_url=os.environ.get("AWS_ENDPOINT_URL"),  # Debian's boto3 is too old to read it by itself
    config=Config(
        max_pool_connections=_section.get("MaxConnections", 25),
        connect_timeout=_section.get("ConnectTimeout", 30),
        read_timeout=_section.get("RequestTimeout", 1200),
        s3={"addressing_style": "path"},
        # The signature has a checksum of each file already, and these calls are always of the same form.
        request_checksum_calculation="when_required",
        parameter_validation=False,
    ),
)


def _key(uuid: str, content_type: int) -> str:
    return uuid + _EXTENSIONS.get(content_type, ".unk")


def create(uuid: str, content_type: int, data: bytes) -> None:
    """Store a file that Orthanc calls `uuid`."""
    _s3.put_object(Bucket=_bucket, Key=_key(uuid, content_type), Body=data)


def read(uuid: str, content_type: int) -> bytes:
    """The whole file. Raises FileNotFoundError when it is not in the bucket."""
    key = _key(uuid, content_type)
    _find(key)
    return _s3.get_object(Bucket=_bucket, Key=key)["Body"].read()


def _find(key: str) -> None:
    listed = _s3.list_objects_v2(Bucket=_bucket, Prefix=key).get("Contents", [])
    if [each["Key"] for each in listed] != [key]:
        raise FileNotFoundError(f"s3://{_bucket}/{key}: {len(listed)} objects")


def remove(uuid: str, content_type: int) -> None:
    """Delete the file; one that is not there is no error, as in S3."""
    _s3.delete_object(Bucket=_bucket, Key=_key(uuid, content_type))


def _create(uuid: str, content_type: int, _compression: int, data: bytes, _instance: object) -> tuple[int, None]:
    create(uuid, content_type, data)
    return orthanc.ErrorCode.SUCCESS, None


def _read_range(uuid: str, content_type: int, start: int, size: int, _custom: bytes) -> tuple[int, bytes]:
    key = _key(uuid, content_type)
    if start == 0:
        _find(key)  # it may be the whole: Orthanc does not tell
    answer = _s3.get_object(Bucket=_bucket, Key=key, Range=f"bytes={start}-{start + size - 1}") if size else None
    return orthanc.ErrorCode.SUCCESS, answer["Body"].read() if answer else b""


def _remove(uuid: str, content_type: int, _custom: bytes) -> int:
    remove(uuid, content_type)
    return orthanc.ErrorCode.SUCCESS


if hasattr(orthanc, "RegisterStorageArea3"):
    orthanc.RegisterStorageArea3(_create, _read_range, _remove)
else:
    orthanc.RegisterStorageArea(create, read, remove)
