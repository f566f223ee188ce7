"""Logging, notifications, Object Lock and replication of S3 buckets."""

from botocore.session import get_session

from offline.stand_ins.codec import Values
from offline.stand_ins.mapping import to_api
from offline.stand_ins.rows.storage import part
from offline.stand_ins.table import Call, Read, row

_BUCKET = {"Bucket": "$bucket"}

part(
    "BucketLogging",
    (
        "put_bucket_logging",
        {
            "BucketLoggingStatus": {
                "LoggingEnabled": {"TargetBucket": "$targetBucket", "TargetPrefix": "$targetPrefix"}
            }
        },
    ),
    ("get_bucket_logging", "LoggingEnabled"),
    Call("put_bucket_logging", _BUCKET | {"BucketLoggingStatus": {}}),
)


def _notified(state: Values) -> Values:
    told = {"EventBridgeConfiguration": {}} if state.get("eventbridge") else {}
    return {"Bucket": state["bucket"], "NotificationConfiguration": told}


row(
    "s3/bucketNotification:BucketNotification",
    "s3",
    Call("put_bucket_notification_configuration", _notified),
    "$bucket",
    Read(
        "get_bucket_notification_configuration",
        _BUCKET,
        "{eventbridge: contains(keys(@), 'EventBridgeConfiguration')}",
    ),
    live="eventbridge",
    updates=(Call("put_bucket_notification_configuration", _notified),),
    delete=(Call("put_bucket_notification_configuration", _BUCKET | {"NotificationConfiguration": {}}),),
    fixed="bucket",
)

_LOCK = {"ObjectLockEnabled": "Enabled"}


def _locked(state: Values) -> Values:
    retention = state["rule"]["defaultRetention"]
    rule = {"Mode": retention["mode"], "Days": int(retention["days"])}
    return {
        "Bucket": state["bucket"],
        "ObjectLockConfiguration": _LOCK | {"Rule": {"DefaultRetention": rule}},
    }


row(
    "s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
    "s3",
    Call("put_object_lock_configuration", _locked),
    "$bucket",
    Read("get_object_lock_configuration", _BUCKET, "ObjectLockConfiguration"),
    live="Rule",
    updates=(Call("put_object_lock_configuration", _locked),),
    # The lock itself remains; new objects are not locked.
    delete=(Call("put_object_lock_configuration", _BUCKET | {"ObjectLockConfiguration": _LOCK}),),
    fixed="bucket",
)

_RULES = get_session().get_service_model("s3").shape_for("ReplicationRules")


def _replicated(state: Values) -> Values:
    configuration = {"Role": state["role"], "Rules": to_api(state["rules"], _RULES)}
    return {"Bucket": state["bucket"], "ReplicationConfiguration": configuration}


row(
    "s3/bucketReplicationConfig:BucketReplicationConfig",
    "s3",
    Call("put_bucket_replication", _replicated),
    "$bucket",
    Read("get_bucket_replication", _BUCKET, "ReplicationConfiguration"),
    updates=(Call("put_bucket_replication", _replicated),),
    delete=(Call("delete_bucket_replication", _BUCKET),),
    fixed="bucket",
)
