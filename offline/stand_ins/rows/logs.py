"""CloudWatch Logs, and the deliveries by which CloudFront writes access logs."""

from typing import Any

from offline.stand_ins.codec import Values
from offline.stand_ins.table import Call, Read, row

_GROUP = {"logGroupName": "$name"}


def _under_its_key(client: Any, state: Values) -> None:
    """Associate or disassociate the key in an update, which requires separate calls."""
    old = state.get("_old", {}).get("kmsKeyId")
    if (key := state.get("kmsKeyId")) and old != key:
        client.associate_kms_key(logGroupName=state["id"], kmsKeyId=key)
    elif old and not key:
        client.disassociate_kms_key(logGroupName=state["id"])


row(
    "cloudwatch/logGroup:LogGroup",
    "logs",
    Call("create_log_group", _GROUP, mapped=True),
    "$name",
    Read("describe_log_groups", {"logGroupNamePrefix": "$id"}, "logGroups[?logGroupName=='$id'] | [0]"),
    puts=(
        Call(
            "put_retention_policy",
            _GROUP | {"retentionInDays": "$retentionInDays"},
            when="retentionInDays kmsKeyId",  # `finish` then handles the key
        ),
    ),
    delete=(Call("delete_log_group", {"logGroupName": "$id"}),),
    fixed="name namePrefix",
    names={"name": "logGroupName"},
    outputs={"arn": "logGroupArn || arn"},
    named="name 512",
    finish=_under_its_key,
)

_FILTER = {"filterName": "$name", "logGroupName": "$logGroupName"}
_TRANSFORMATION = {
    "name": "metricName",
    "namespace": "metricNamespace",
    "value": "metricValue",
    "unit": "unit",
}


def _metric_filter(state: Values) -> Values:
    given = state["metricTransformation"]
    transformation = {api: given[name] for name, api in _TRANSFORMATION.items() if given.get(name) is not None}
    return {
        "filterName": state["name"],
        "logGroupName": state["logGroupName"],
        "filterPattern": state["pattern"],
        "metricTransformations": [transformation],
    }


row(
    "cloudwatch/logMetricFilter:LogMetricFilter",
    "logs",
    Call("put_metric_filter", _metric_filter),
    "$name",
    Read(
        "describe_metric_filters",
        {"filterNamePrefix": "$id"},
        "metricFilters[?filterName=='$id'].merge(@, {metricTransformation: metricTransformations[0].{"
        + ", ".join(f"{name}: {api}" for name, api in _TRANSFORMATION.items())
        + "}}) | [0]",
    ),
    updates=(Call("put_metric_filter", _metric_filter),),
    delete=(Call("delete_metric_filter", _FILTER),),
    fixed="name logGroupName",
    names={"name": "filterName", "pattern": "filterPattern"},
    named="name 512",
)

row(
    "cloudwatch/logDeliverySource:LogDeliverySource",
    "logs",
    Call("put_delivery_source", mapped=True),
    "$name",
    Read("get_delivery_source", {"name": "$id"}, "deliverySource"),
    delete=(Call("delete_delivery_source", {"name": "$id"}),),
    fixed="name logType resourceArn",
    outputs={"resourceArn": "resourceArns[0]"},
    named="name 60",
)

row(
    "cloudwatch/logDeliveryDestination:LogDeliveryDestination",
    "logs",
    Call("put_delivery_destination", mapped=True),
    "$name",
    Read("get_delivery_destination", {"name": "$id"}, "deliveryDestination"),
    updates=(Call("put_delivery_destination", mapped=True),),
    delete=(Call("delete_delivery_destination", {"name": "$id"}),),
    fixed="name outputFormat",
    named="name 60",
)

row(
    "cloudwatch/logDelivery:LogDelivery",
    "logs",
    Call("create_delivery", mapped=True),
    "delivery.id",
    Read("get_delivery", {"id": "$id"}, "delivery"),
    updates=(Call("update_delivery_configuration", {"id": "$id"}, mapped=True),),
    delete=(Call("delete_delivery", {"id": "$id"}),),
    fixed="deliverySourceName deliveryDestinationArn",
)
