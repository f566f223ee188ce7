"""CloudWatch Logs: keys, metric filters, and deliveries, whose source and destination stay while in use."""

import itertools
import json
from typing import Any

from moto.logs.models import LogsBackend
from moto.logs.responses import LogsResponse
from moto.s3.models import s3_backends

from local.emulator.overlay import AwsError, Parameters, operation, replaces
from local.emulator.overlay.iam import ACCOUNT, admits
from local.emulator.overlay.s3 import problem_of_writing

_LOGS = "delivery.logs.amazonaws.com"
# How CloudWatch Logs uses the key of a log group (its User Guide, "Encrypt log data using AWS KMS").
_USE = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:GenerateDataKey", "kms:DescribeKey")


def _check_key(region: str, group_arn: str, key_arn: str) -> None:
    """moto accepts any key, even one that does not exist."""
    keys = {"kms:encryptioncontext:aws:logs:arn": group_arn}
    if not all(admits(region, key_arn, f"logs.{region}.amazonaws.com", action, keys) for action in _USE):
        message = f"The specified KMS Key Id could not be used with the Arn '{group_arn}'"
        raise AwsError("InvalidParameterException", message)


@replaces(LogsBackend)
def create_log_group(original: Any, self: Any, log_group_name: str, tags: Any, **given: Any) -> Any:
    """The key must allow CloudWatch Logs to use it."""
    if key := given.get("kmsKeyId"):
        _check_key(self.region_name, f"arn:aws:logs:{self.region_name}:{ACCOUNT}:log-group:{log_group_name}", key)
    return original(self, log_group_name, tags, **given)


@replaces(LogsBackend)
def put_metric_filter(
    original: Any, self: Any, filter_name: str, filter_pattern: str, log_group_name: str, *more: Any
) -> None:
    """moto accepts any log group, and does not replace a filter of the same name."""
    if log_group_name not in self.groups:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    self.delete_metric_filter(filter_name, log_group_name)
    original(self, filter_name, filter_pattern, log_group_name, *more)


@replaces(LogsBackend)
def delete_log_group(original: Any, self: Any, log_group_name: str) -> None:
    """AWS deletes the metric filters with their log group."""
    original(self, log_group_name)
    for each in self.describe_metric_filters(log_group_name=log_group_name):
        self.delete_metric_filter(each["filterName"], log_group_name)


def _associate_kms_key(request: Any, given: Parameters) -> Parameters:
    group = _group(request, given)
    _check_key(group.region, group.arn, given["kmsKeyId"])
    group.kms_key_id = given["kmsKeyId"]
    return {}


def _disassociate_kms_key(request: Any, given: Parameters) -> Parameters:
    _group(request, given).kms_key_id = None
    return {}


def _group(request: Any, given: Parameters) -> Any:
    group = request.logs_backend.groups.get(given["logGroupName"])
    if group is None:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    return group


operation(LogsResponse, "AssociateKmsKey", _associate_kms_key)
operation(LogsResponse, "DisassociateKmsKey", _disassociate_kms_key)


def _update_delivery_configuration(request: Any, given: Parameters) -> Parameters:
    delivery = request.logs_backend.deliveries.get(given["id"])
    if delivery is None:
        raise AwsError("ResourceNotFoundException", f"Delivery {given['id']} does not exist.")
    delivery.record_fields = given.get("recordFields", delivery.record_fields)
    delivery.field_delimiter = given.get("fieldDelimiter", delivery.field_delimiter)
    configuration = delivery.s3_delivery_configuration or {}
    delivery.s3_delivery_configuration = {**configuration, **given.get("s3DeliveryConfiguration", {})}
    return {}


operation(LogsResponse, "UpdateDeliveryConfiguration", _update_delivery_configuration)


@replaces(LogsBackend)
def put_delivery_source(original: Any, self: Any, name: str, resource_arn: str, **given: Any) -> Any:
    """Delivery sources of CloudFront must be in us-east-1; moto accepts any Region."""
    if ":cloudfront:" in resource_arn and self.region_name != "us-east-1":
        raise AwsError("ValidationException", f"CloudFront delivers no logs from {self.region_name}.")
    return original(self, name=name, resource_arn=resource_arn, **given)


@replaces(LogsBackend)
def create_delivery(
    original: Any, self: Any, delivery_source_name: str, delivery_destination_arn: str, **given: Any
) -> Any:
    """AWS adds the permission that a bucket policy lacks; moto does not check the policy.

    A policy that denies access is an error here. On AWS, the bucket stays empty, without an error.
    """
    ends = {"delivery_source_name": delivery_source_name, "delivery_destination_arn": delivery_destination_arn}
    source = f"arn:aws:logs:{self.region_name}:{ACCOUNT}:delivery-source:{delivery_source_name}"
    for destination in self.delivery_destinations.values():
        target = destination.delivery_destination_configuration["destinationResourceArn"]
        if destination.arn == delivery_destination_arn and ":s3:::" in target:
            bucket, _, prefix = target.partition(":::")[2].partition("/")
            path = prefix.rstrip("/") or f"AWSLogs/{ACCOUNT}/CloudFront"  # a prefix replaces this path
            if _refuses(bucket, path, source):
                _let_in(bucket, path, source)
            if reason := _refuses(bucket, path, source):
                raise AwsError("AccessDeniedException", f"{bucket} takes no logs: {reason}")
    return original(self, **ends, **given)


def _refuses(bucket: str, path: str, source: str) -> str:
    keys = {"s3:x-amz-acl": "bucket-owner-full-control", "aws:sourceaccount": ACCOUNT, "aws:sourcearn": source}
    return problem_of_writing(bucket, f"{path}/E1.2026-01-01-00.0.gz", _LOGS, keys)


def _let_in(bucket: str, path: str, source: str) -> None:
    """Add AWS's statement to the bucket policy (CloudWatch Logs User Guide, "Logs sent to Amazon S3")."""
    found = s3_backends[ACCOUNT]["aws"].buckets.get(bucket)
    if found is None:
        return
    policy = json.loads(found.policy or '{"Version": "2012-10-17", "Statement": []}')
    taken = {statement.get("Sid") for statement in policy["Statement"]}
    sids = (f"AWSLogDeliveryWrite{number}" for number in itertools.count(1))
    policy["Statement"].append(
        {
            "Sid": next(sid for sid in sids if sid not in taken),
            "Effect": "Allow",
            "Principal": {"Service": _LOGS},
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{bucket}/{path}/*",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": ACCOUNT, "s3:x-amz-acl": "bucket-owner-full-control"},
                "ArnLike": {"aws:SourceArn": source},
            },
        }
    )
    found.policy = json.dumps(policy).encode()


@replaces(LogsBackend)
def delete_delivery_source(original: Any, self: Any, name: str) -> None:
    """moto deletes sources that a delivery uses."""
    if any(delivery.delivery_source_name == name for delivery in self.deliveries.values()):
        raise AwsError("ConflictException", f"A delivery uses the source {name}.")
    original(self, name)


@replaces(LogsBackend)
def delete_delivery_destination(original: Any, self: Any, name: str) -> None:
    """moto deletes destinations that a delivery uses."""
    destination = self.delivery_destinations.get(name)
    if any(destination and each.delivery_destination_arn == destination.arn for each in self.deliveries.values()):
        raise AwsError("ConflictException", f"A delivery uses the destination {name}.")
    original(self, name)
