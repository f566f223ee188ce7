"""What an alarm or an event tells reaches who listens to the topic, if topic and key admit the service."""

import json
import uuid
from typing import Any, NamedTuple

import pytest

from components.config.account import Account
from components.iam import key_policies, policies
from components.monitoring.event_definitions import Event

OWNER = Account("aws", "123456789012", "us-east-1")
ADMITS = key_policies.of_alarms(OWNER, events=True)
# What would be tighter, if EventBridge said for which account it asks.
FOR_THE_ACCOUNT = ADMITS.replace(
    '"Principal": {"Service": "events.amazonaws.com"}',
    '"Principal": {"Service": "events.amazonaws.com"},'
    ' "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}',
)
FAILED = Event(
    "failed",
    "It failed",
    {"source": ["tests"], "detail": {"state": ["FAILED"], "vault": ["ours"]}},
    {"state": "$.detail.state"},
    "It is <state>.",
)


class Topic(NamedTuple):
    """A topic, and the queue in which what it is told can be read."""

    arn: str
    queue: str


@pytest.fixture
def topic_under(client: Any) -> Any:
    """Makes a topic as the program does, under a key of this policy, or one named."""

    def make(key_policy: str, *, key: str = "", events: bool = True) -> Topic:
        name = f"t-{uuid.uuid4().hex[:8]}"
        key = key or client("kms").create_key(Policy=key_policy)["KeyMetadata"]["Arn"]
        arn = client("sns").create_topic(Name=name, Attributes={"KmsMasterKeyId": key})["TopicArn"]
        policy = policies.topic_of_alarms(arn, OWNER.id, events=events)
        client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
        queue = client("sqs").create_queue(QueueName=name)["QueueUrl"]
        of_queue = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        endpoint = of_queue["Attributes"]["QueueArn"]
        client("sns").subscribe(TopicArn=arn, Protocol="sqs", Endpoint=endpoint)
        return Topic(arn, queue)

    return make


def told(client: Any, topic: Topic) -> list[str]:
    """What has arrived, as a subscriber reads it."""
    found = client("sqs").receive_message(QueueUrl=topic.queue, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(each["Body"])["Message"] for each in found]


def alarm(client: Any, topic: Topic) -> str:
    name = f"a-{uuid.uuid4().hex[:8]}"
    client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        AlarmDescription="Nobody answers",
        Namespace="AWS/ApplicationELB",
        MetricName="HealthyHostCount",
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="LessThanThreshold",
        AlarmActions=[topic.arn],
        OKActions=[topic.arn],
    )
    return name


def set_state(client: Any, name: str, state: str) -> None:
    client("cloudwatch").set_alarm_state(AlarmName=name, StateValue=state, StateReason="tests")


def test_an_alarm_tells_when_it_begins_and_when_it_is_over(client: Any, topic_under: Any):
    topic = topic_under(ADMITS)
    name = alarm(client, topic)
    for state in ("ALARM", "ALARM", "OK"):
        set_state(client, name, state)
    messages = [json.loads(text) for text in told(client, topic)]
    assert [message["NewStateValue"] for message in messages] == ["ALARM", "OK"], "a state that stays is no news"
    assert {message["AlarmDescription"] for message in messages} == {"Nobody answers"}


def event(client: Any, topic: Topic, detail: dict[str, Any]) -> list[str]:
    """What the topic is told of an event with this detail."""
    name = f"r-{uuid.uuid4().hex[:8]}"
    client("events").put_rule(Name=name, EventPattern=json.dumps(FAILED.pattern))
    transformer = {"InputPathsMap": dict(FAILED.paths), "InputTemplate": FAILED.template}
    client("events").put_targets(
        Rule=name, Targets=[{"Id": "one", "Arn": topic.arn, "InputTransformer": transformer}]
    )
    sent = {"Source": "tests", "DetailType": "tests", "Detail": json.dumps(detail)}
    client("events").put_events(Entries=[sent])
    client("events").remove_targets(Rule=name, Ids=["one"])
    client("events").delete_rule(Name=name)
    return told(client, topic)


def test_an_event_tells_in_words(client: Any, topic_under: Any):
    topic = topic_under(ADMITS)
    assert event(client, topic, {"state": "COMPLETED", "vault": "ours"}) == []
    assert event(client, topic, {"state": "FAILED", "vault": "another"}) == []
    [text] = event(client, topic, {"state": "FAILED", "vault": "ours"})
    assert text == "It is FAILED. Runbook: docs/runbooks.md#failed"


@pytest.mark.parametrize(
    ("policy", "key", "alarms", "events"),
    [
        (ADMITS, "alias/aws/sns", 0, 0),
        (key_policies.used_through(OWNER, ["sns"]), "", 0, 0),
        (FOR_THE_ACCOUNT, "", 1, 0),
        (key_policies.of_alarms(OWNER, events=False), "", 1, 0),
        (key_policies.of_alarms(OWNER._replace(id="999999999999"), events=True), "", 0, 1),
    ],
    ids=["aws-own-key", "no-service", "event-for-an-account", "no-events", "another-account"],
)
def test_what_the_key_does_not_admit_is_lost(
    client: Any, topic_under: Any, policy: str, key: str, alarms: int, events: int
):
    topic = topic_under(policy, key=key)
    set_state(client, alarm(client, topic), "ALARM")
    assert len(told(client, topic)) == alarms
    assert len(event(client, topic, {"state": "FAILED", "vault": "ours"})) == events


def test_a_topic_that_does_not_admit_events_is_told_none(client: Any, topic_under: Any):
    topic = topic_under(ADMITS, events=False)
    assert event(client, topic, {"state": "FAILED", "vault": "ours"}) == []


def test_a_budget_changes_and_keeps_whom_it_tells(client: Any):
    budgets, account = client("budgets"), {"AccountId": OWNER.id}
    budget = {"BudgetName": "b", "BudgetType": "COST", "TimeUnit": "MONTHLY"}
    limit = {"Amount": "500", "Unit": "USD"}
    notification = {
        "NotificationType": "ACTUAL",
        "ComparisonOperator": "GREATER_THAN",
        "Threshold": 100.0,
        "ThresholdType": "PERCENTAGE",
    }
    told = {
        "Notification": notification,
        "Subscribers": [{"SubscriptionType": "EMAIL", "Address": "a@example.org"}],
    }
    budgets.create_budget(**account, Budget=budget | {"BudgetLimit": limit}, NotificationsWithSubscribers=[told])
    budgets.update_budget(**account, NewBudget=budget | {"BudgetLimit": limit | {"Amount": "700"}})
    found = budgets.describe_budget(**account, BudgetName="b")["Budget"]
    assert found["BudgetLimit"] == {"Amount": "700", "Unit": "USD"}
    kept = budgets.describe_notifications_for_budget(**account, BudgetName="b")["Notifications"]
    assert kept == [notification]
    arn = f"arn:aws:budgets::{OWNER.id}:budget/b"
    budgets.tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "Stack", "Value": "prod"}])
    assert budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [{"Key": "Stack", "Value": "prod"}]
    budgets.untag_resource(ResourceARN=arn, ResourceTagKeys=["Stack"])
    assert budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == []
    budgets.delete_budget(**account, BudgetName="b")
