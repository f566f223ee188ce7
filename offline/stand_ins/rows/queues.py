"""SQS."""

from offline.stand_ins.codec import Values
from offline.stand_ins.table import Call, Read, row

# AWS represents nearly all settings of a queue as texts in its attributes.
_ATTRIBUTES = {
    "delaySeconds": "DelaySeconds",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "redrivePolicy": "RedrivePolicy",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}


def _attributes(state: Values) -> Values:
    given = {api: state[name] for name, api in _ATTRIBUTES.items() if state.get(name) is not None}
    return {api: str(value).lower() if isinstance(value, bool) else str(value) for api, value in given.items()}


row(
    "sqs/queue:Queue",
    "sqs",
    Call("create_queue", lambda state: {"QueueName": state["name"], "Attributes": _attributes(state)}),
    "QueueUrl",
    Read("get_queue_attributes", {"QueueUrl": "$id", "AttributeNames": ["All"]}, "Attributes"),
    updates=(
        Call("set_queue_attributes", lambda state: {"QueueUrl": state["id"], "Attributes": _attributes(state)}),
    ),
    delete=(Call("delete_queue", {"QueueUrl": "$id"}),),
    fixed="name namePrefix fifoQueue",
    names=_ATTRIBUTES,
    outputs={"arn": "QueueArn", "url": "$id", "name": lambda found: found["QueueArn"].rpartition(":")[2]},
    named="name 80",
)

_POLICY = {"QueueUrl": "$queueUrl", "Attributes": {"Policy": "$policy"}}

row(
    "sqs/queuePolicy:QueuePolicy",
    "sqs",
    Call("set_queue_attributes", _POLICY),
    "$queueUrl",
    Read("get_queue_attributes", {"QueueUrl": "$id", "AttributeNames": ["Policy"]}, "Attributes"),
    updates=(Call("set_queue_attributes", _POLICY),),
    delete=(Call("set_queue_attributes", {"QueueUrl": "$id", "Attributes": {"Policy": ""}}),),
    fixed="queueUrl",
    live="Policy",
)
