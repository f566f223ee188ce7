"""CloudWatch alarms and dashboards, SNS, AWS Budgets."""

from typing import Any

from local.workspace import ACCOUNT
from offline.stand_ins.codec import Values
from offline.stand_ins.table import Call, Import, Read, row


def _dimensions(given: Any) -> list[Values]:
    return [{"Name": name, "Value": value} for name, value in sorted((given or {}).items())]


def _query(given: Values) -> Values:
    query: Values = {"Id": given["id"], "ReturnData": bool(given.get("returnData"))}
    query |= {name.capitalize(): given[name] for name in ("expression", "label") if given.get(name)}
    if metric := given.get("metric"):
        measured = {"Namespace": metric["namespace"], "MetricName": metric["metricName"]}
        query["MetricStat"] = {
            "Metric": measured | {"Dimensions": _dimensions(metric.get("dimensions"))},
            "Period": int(metric["period"]),
            "Stat": metric["stat"],
        }
    return query


def _alarm(state: Values) -> Values:
    queries = [_query(each) for each in state.get("metricQueries") or []]
    dimensions = _dimensions(state.get("dimensions")) if state.get("metricName") else None
    return {"Dimensions": dimensions, "Metrics": queries or None}


def _read_dimensions(found: Any) -> Values | None:
    return {each["Name"]: each["Value"] for each in found.get("Dimensions") or []} or None


def _read_queries(found: Values) -> list[Values] | None:
    queries = []
    for each in found.get("Metrics") or []:
        query = {"id": each["Id"], "returnData": each.get("ReturnData", False)}
        query |= {name.lower(): each[name] for name in ("Expression", "Label") if each.get(name)}
        if measured := each.get("MetricStat"):
            metric = measured["Metric"]
            query["metric"] = {
                "namespace": metric["Namespace"],
                "metricName": metric["MetricName"],
                "dimensions": _read_dimensions(metric),
                "period": measured["Period"],
                "stat": measured["Stat"],
            }
        queries.append(query)
    return queries or None


row(
    "cloudwatch/metricAlarm:MetricAlarm",
    "cloudwatch",
    Call("put_metric_alarm", _alarm, mapped=True),
    "$name",
    Read("describe_alarms", {"AlarmNames": ["$id"]}, "MetricAlarms[0]"),
    updates=(Call("put_metric_alarm", _alarm, mapped=True),),
    delete=(Call("delete_alarms", {"AlarmNames": ["$id"]}),),
    fixed="name",
    names={"name": "AlarmName"},
    outputs={"arn": "AlarmArn", "dimensions": _read_dimensions, "metricQueries": _read_queries},
    named="name 255",
)
row(
    "cloudwatch/dashboard:Dashboard",
    "cloudwatch",
    Call("put_dashboard", mapped=True),
    "$dashboardName",
    Read("get_dashboard", {"DashboardName": "$id"}),
    updates=(Call("put_dashboard", mapped=True),),
    delete=(Call("delete_dashboards", {"DashboardNames": ["$id"]}),),
    fixed="dashboardName",
)

_TOPIC = {"TopicArn": "$id"}
_ATTRIBUTES = {"displayName": "DisplayName", "kmsMasterKeyId": "KmsMasterKeyId"}


def _attributes(state: Values) -> Values:
    return {"Attributes": {api: state[name] for name, api in _ATTRIBUTES.items() if state.get(name)}}


row(
    "sns/topic:Topic",
    "sns",
    Call("create_topic", _attributes, mapped=True),
    "TopicArn",
    Read("get_topic_attributes", _TOPIC, "Attributes"),
    updates=tuple(
        Call(
            "set_topic_attributes",
            _TOPIC | {"AttributeName": api, "AttributeValue": f"${name}"},
            when=name,
        )
        for name, api in _ATTRIBUTES.items()
    ),
    delete=(Call("delete_topic", _TOPIC),),
    fixed="name namePrefix fifoTopic",
    outputs={"arn": "TopicArn", "name": lambda found: found["TopicArn"].rpartition(":")[2]},
    named="name 256",
)
row(
    "sns/topicPolicy:TopicPolicy",
    "sns",
    Call(
        "set_topic_attributes",
        {"TopicArn": "$arn", "AttributeName": "Policy", "AttributeValue": "$policy"},
    ),
    "$arn",
    Read("get_topic_attributes", _TOPIC, "Attributes"),
    updates=(Call("set_topic_attributes", _TOPIC | {"AttributeName": "Policy", "AttributeValue": "$policy"}),),
    fixed="arn",
    outputs={"arn": "TopicArn"},
)
row(
    "sns/topicSubscription:TopicSubscription",
    "sns",
    Call("subscribe", {"TopicArn": "$topic", "ReturnSubscriptionArn": True}, mapped=True),
    "SubscriptionArn",
    Read("get_subscription_attributes", {"SubscriptionArn": "$id"}, "Attributes"),
    delete=(Call("unsubscribe", {"SubscriptionArn": "$id"}),),
    fixed="topic protocol endpoint",
    outputs={"arn": "SubscriptionArn", "topic": "TopicArn"},
)

_BUDGET = {"AccountId": ACCOUNT, "BudgetName": "$id"}


def _notification(given: Values) -> Values:
    return {
        "NotificationType": given["notificationType"],
        "ComparisonOperator": given["comparisonOperator"],
        "Threshold": float(given["threshold"]),
        "ThresholdType": given["thresholdType"],
    }


def _subscribers(given: Values) -> list[Values]:
    return [{"SubscriptionType": "EMAIL", "Address": each} for each in given["subscriberEmailAddresses"]]


def _budget(state: Values) -> Values:
    return {
        "BudgetName": state["name"],
        "BudgetType": state["budgetType"],
        "BudgetLimit": {"Amount": state["limitAmount"], "Unit": state["limitUnit"]},
        "TimeUnit": state["timeUnit"],
        "CostFilters": {each["name"]: each["values"] for each in state.get("costFilters") or []},
    }


def _made(state: Values) -> Values:
    told = [
        {"Notification": _notification(each), "Subscribers": _subscribers(each)}
        for each in state.get("notifications") or []
    ]
    return {"AccountId": ACCOUNT, "Budget": _budget(state), "NotificationsWithSubscribers": told}


def _tell_others(client: Any, state: Values) -> None:
    """Replace the notifications in an update, which requires separate calls."""
    if "_old" not in state:
        return
    of = {"AccountId": ACCOUNT, "BudgetName": state["id"]}
    for each in state["_old"].get("notifications") or []:
        client.delete_notification(**of, Notification=_notification(each))
    for each in state.get("notifications") or []:
        client.create_notification(**of, Notification=_notification(each), Subscribers=_subscribers(each))


row(
    "budgets/budget:Budget",
    "budgets",
    Call("create_budget", _made),
    "$name",
    Read("describe_budget", _BUDGET, "Budget"),
    updates=(Call("update_budget", lambda state: {"AccountId": ACCOUNT, "NewBudget": _budget(state)}),),
    delete=(Call("delete_budget", _BUDGET),),
    fixed="name namePrefix",
    outputs={
        "name": "BudgetName",
        "arn": lambda found: f"arn:aws:budgets::{ACCOUNT}:budget/{found['BudgetName']}",
        "accountId": lambda found: ACCOUNT,
        "limitAmount": "BudgetLimit.Amount",
        "limitUnit": "BudgetLimit.Unit",
        "costFilters": lambda found: [
            {"name": name, "values": values} for name, values in (found.get("CostFilters") or {}).items()
        ],
    },
    named="name 100",
    imported=Import(r"(?P<accountId>\d+):(?P<name>.+)", "$name"),
    unread={"notifications": "each has calls of its own, for itself and for its subscribers"},
    finish=_tell_others,
)
