"""What is watched, who is told, and that each alarm says what to do."""

import json
import logging
import re
from typing import Any

import pytest

from components.config import Settings
from components.config.account import Account
from components.config.metric import Metric
from components.iam import key_policies, policies
from components.monitoring import alarm_definitions, budget
from components.monitoring.alarm_definitions import Alarm
from components.monitoring.archive import Archive
from components.monitoring.event_definitions import events
from local.emulator.overlay.policies import decide
from tests.unit.program import (
    CERTIFICATE,
    EFS,
    PROJECT,
    PUBLIC,
    REGION,
    Resource,
    configured,
    deployed,
    in_region,
    run,
)
from tests.unit.test_program import EDGE, STACKS, WATCHED, ran

ALARMS = {"enableAlarms": "true"}
ACCOUNT = "123456789012"
OWNER = Account("aws", ACCOUNT, "eu-central-1")


class Part:
    """Stands for any component: each of its names is its name, its metrics are there."""

    def __getattr__(self, name: str) -> Any:
        return self if name == "replica" else name

    def metric(self, name: str, statistic: str = "Sum", **dimensions: str) -> Metric:
        return Metric("AWS", name, dimensions, statistic, "us-east-1")

    log_metric = metric


EVERYTHING = Archive(**dict.fromkeys(Archive.__dataclass_fields__, Part()))  # type: ignore[arg-type]


def table(**settings: Any) -> dict[str, Alarm]:
    """The alarms of a stack that has everything, by name."""
    deployed_to = Settings.model_validate(settings).deployed_to(OWNER)
    return {alarm.name: alarm for alarm in alarm_definitions.alarms(deployed_to, EVERYTHING)}


def test_every_alarm_has_a_runbook_and_every_runbook_an_alarm():
    operations = (PROJECT / alarm_definitions.RUNBOOKS).read_text()
    runbooks = re.findall(r"^### ([a-z-]+)$", operations.partition("\n## Alarms and events\n")[2], re.MULTILINE)
    told = {alarm.runbook for alarm in table().values()} | {
        f"{alarm_definitions.RUNBOOKS}#{event.name}" for event in events(EVERYTHING, "prod")
    }
    assert {f"{alarm_definitions.RUNBOOKS}#{name}" for name in runbooks} == told
    assert len(set(runbooks)) == len(runbooks)


def test_what_is_told_says_of_which_stack_and_what_to_do():
    program = run(STACKS["watched"] | REGION, stack="prod")
    for alarm in program.all("MetricAlarm"):
        text = alarm.inputs["alarmDescription"]
        assert text.startswith("Orthanc, stack prod: ") and f"{alarm_definitions.RUNBOOKS}#" in text
        assert len(text) <= 1024, "CloudWatch refuses it"
    for target in program.all("EventTarget"):
        if transformer := target.inputs.get("inputTransformer"):
            text = json.loads(transformer["inputTemplate"])
            assert text.startswith("Orthanc, stack prod: ") and f"{alarm_definitions.RUNBOOKS}#" in text
            assert set(re.findall(r"<(\w+)>", text)) == transformer["inputPaths"].keys(), "a part is never told"


def test_without_alarms_nothing_of_them_is_paid_for():
    program = deployed()
    for kind in ("MetricAlarm", "Topic", "EventRule", "Dashboard", "Budget"):
        assert not program.all(kind)
    assert program.one("Cluster").inputs["settings"] == [{"name": "containerInsights", "value": "disabled"}]
    replicated = deployed(replicaRegion="eu-west-1").one("BucketReplicationConfig").inputs["rules"][0]
    assert not replicated["destination"].get("metrics"), "S3's metrics of replication are paid for"


HOME = "eu-central-1"
WHOLE = WATCHED | EDGE | PUBLIC | {"dicomCertificateArn": CERTIFICATE.replace("us-east-1", HOME)}
# Namespaces with metrics in other Regions.
ELSEWHERE = {
    "AWS/CloudFront": {"us-east-1"},
    "AWS/WAFV2": {"us-east-1"},
    "AWS/CertificateManager": {"us-east-1", HOME},
    "AWS/S3": {"eu-west-1", HOME},  # of the replica, of the bucket
}


def metrics(alarm: Resource) -> list[dict[str, Any]]:
    """The metrics of an alarm: a single one, or those of its expression."""
    queries = alarm.inputs.get("metricQueries", [])
    return [query["metric"] for query in queries if "metric" in query] or [alarm.inputs]


def test_alarms_are_in_the_region_of_their_metric_and_notify_a_topic_there():
    program, where = in_region(HOME, **WHOLE), dict[str, set[str]]()
    for alarm in program.all("MetricAlarm"):
        region = alarm.inputs["region"]
        for metric in metrics(alarm):
            where.setdefault(metric["namespace"], set()).add(region)
        told = {arn.rpartition(":")[2] for key in ("alarmActions", "okActions") for arn in alarm.inputs[key]}
        assert told == {f"orthanc-alarms-{region}"}, "alarms cannot notify a topic in another Region"
    assert where == {name: ELSEWHERE.get(name, {HOME}) for name in where}, "CloudWatch has no such metric there"
    for target in program.all("EventTarget"):
        if ":sns:" in target.inputs["arn"]:
            assert target.inputs["arn"].endswith(f"orthanc-alarms-{HOME}")


@pytest.mark.parametrize(("home", "regions"), [("us-east-1", {"us-east-1"}), (HOME, {HOME, "us-east-1"})])
def test_topics_exist_only_where_alarms_need_them(home: str, regions: set[str]):
    """Each has its own key in its Region. Only the topic in the stack's Region is notified of events."""
    program = in_region(home, **ALARMS)
    assert {topic.inputs["region"] for topic in program.all("Topic")} == regions
    assert program.outputs["alarmTopicArns"].keys() == regions
    for topic in program.all("Topic"):
        key, region = program.one("Key", topic.name), topic.inputs["region"]
        assert topic.inputs["kmsMasterKeyId"] == key.outputs["arn"] and key.inputs["region"] == region
        assert not key.request.protect, "alarms could not be turned off"
        assert ("events.amazonaws.com" in key.inputs["policy"]) is (region == home)


def test_everybody_is_subscribed_in_every_region():
    program = in_region("eu-central-1", **WATCHED)
    subscribed = [(s.inputs["region"], s.inputs["endpoint"]) for s in program.all("TopicSubscription")]
    assert len(subscribed) == len(set(subscribed)) == 6
    assert {email for _, email in subscribed} == {"team@example.org", "chief@example.org"}


def test_alarms_that_nobody_hears_are_warned_of(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING):
        run(configured(ALARMS))
        assert "nobody is notified of alarms" in caplog.text and "alarmTopicArns" in caplog.text
        caplog.clear()
        run(configured(ALARMS | {"alarmEmails": '["team@example.org"]'}))
        assert "nobody is notified" not in caplog.text


def test_a_stack_that_has_everything_has_every_alarm():
    names = {alarm.name.removeprefix("orthanc-alarms-") for alarm in in_region(HOME, **WHOLE).all("MetricAlarm")}
    assert names == table(dicomCertificateArn=CERTIFICATE).keys(), "some failures raise no alarm"


@pytest.mark.parametrize("stack", STACKS)
def test_alarms_watch_what_the_stack_has_once_it_works(stack: str):
    """While a stack is being created nothing responds, which is what alarms report."""
    program = ran(stack, preview=False)
    there = json.dumps([each.outputs for each in program.resources if each.type != "MetricAlarm"])
    for alarm in program.all("MetricAlarm"):
        for metric in metrics(alarm):
            named = set(metric.get("dimensions", {}).values()) - {"Global", "ALL"}  # CloudWatch's own words
            assert all(f'"{name}"' in there for name in named), f"{alarm.name} watches nothing"
    telling = [each for each in program.all("EventRule") if each.name.startswith("orthanc-alarms-")]
    for each in (*program.all("MetricAlarm"), *telling):
        for works in (program.one("Service"), program.one("Distribution")):
            assert each.waits_for(works), f"{each.name} can go off before {works.name} exists"
    assert bool(program.all("MetricAlarm")) is bool(telling) is bool(program.all("Alarms"))


def test_optional_metrics_are_published_for_their_alarms():
    whole = deployed(**WHOLE | {"dicomCertificateArn": CERTIFICATE})
    counted, log = whole.one("LogMetricFilter").inputs, whole.one("LogGroup", "orthanc").outputs["name"]
    silent = whole.one("MetricAlarm", "orthanc-alarms-dicom-port-blocked").inputs
    metric = {"namespace": silent["namespace"], "name": silent["metricName"], "value": "1", "unit": "Count"}
    assert (counted["logGroupName"], counted["metricTransformation"]) == (log, metric), "nothing publishes it"
    [rule] = whole.one("BucketReplicationConfig").inputs["rules"]
    assert rule["destination"]["metrics"] == {"status": "Enabled"}, "S3 publishes no metrics"
    [backups] = [each for each in whole.all("EventRule") if "Backup Job" in each.inputs["eventPattern"]]
    assert whole.one("Vault").outputs["name"] in backups.inputs["eventPattern"], "other vaults are reported"


def test_silence_alarms_only_where_it_means_that_nothing_runs():
    silent = {name for name, alarm in table().items() if alarm.missing == "breaching"}
    assert silent == {name for name, alarm in table().items() if "healthy" in alarm.metrics}


@pytest.mark.parametrize("alarm", table().values(), ids=table())
def test_an_alarm_is_one_that_cloudwatch_takes(alarm: Alarm):
    assert (alarm.above is None) != (alarm.below is None)
    assert 1 <= alarm.periods <= alarm.of
    assert alarm.of * alarm.seconds <= (7 * 86400 if alarm.seconds >= 3600 else 86400)
    if alarm.expression:
        ids = set(re.findall(r"\b[a-z]\w*\b", alarm.expression))
        assert ids == set(alarm.metrics), "it computes with what it does not have, or has what it does not need"
    else:
        assert len(alarm.metrics) == 1


def threshold(name: str, **settings: Any) -> float:
    alarm = table(**settings)[name]
    return alarm.above or alarm.below or 0


def test_thresholds_follow_what_the_stack_is_given():
    larger = {"databaseInstanceClass": "db.m7g.large", "databaseStorageGib": 100}
    for name in ("database-disk-full", "database-connections"):
        assert threshold(name, **larger) > threshold(name), "the alarm goes off too early, or never"
    assert threshold("slow-answers", responseTimeoutSeconds=60) < 60, "CloudFront times out first"


TOPIC = f"arn:aws:sns:eu-central-1:{ACCOUNT}:alarms"
OURS = {
    "aws:sourceaccount": ACCOUNT,
    "aws:sourcearn": f"arn:aws:cloudwatch:eu-central-1:{ACCOUNT}:alarm:orthanc-alarms-no-healthy-task-1",
}


@pytest.mark.parametrize(
    ("document", "action", "resource"),
    [
        (policies.topic_of_alarms(TOPIC, ACCOUNT, events=True), "sns:Publish", TOPIC),
        (key_policies.of_alarms(OWNER, events=True), "kms:GenerateDataKey", "key"),
        (key_policies.of_alarms(OWNER, events=True), "kms:Decrypt", "key"),
    ],
)
def test_topic_and_key_admit_alarms_of_this_account_and_events(document: str, action: str, resource: str):
    def may(service: str, context: dict[str, str]) -> bool:
        names = frozenset({service, "*"})
        return bool(decide([document], action, resource, {"aws:securetransport": "true"} | context, names=names))

    assert may("cloudwatch.amazonaws.com", OURS)
    assert not may("cloudwatch.amazonaws.com", {}), "alarms of other accounts get in"
    assert not may("cloudwatch.amazonaws.com", OURS | {"aws:sourceaccount": "999999999999"})
    far = OURS["aws:sourcearn"].replace("eu-central-1", "us-east-1")
    assert not may("cloudwatch.amazonaws.com", OURS | {"aws:sourcearn": far})
    assert may("events.amazonaws.com", {}), "EventBridge says for nobody whom it does it, and is shut out"
    assert not may("s3.amazonaws.com", OURS)
    if resource == TOPIC:
        assert not may("cloudwatch.amazonaws.com", OURS | {"aws:securetransport": "false"}), "TLS is optional"


@pytest.mark.parametrize("settings", [WATCHED, WATCHED | EFS | {"replicaRegion": ""}])
def test_the_dashboard_is_one_that_cloudwatch_takes(settings: dict[str, str]):
    program = deployed(**settings)
    widgets = json.loads(program.one("Dashboard").inputs["dashboardBody"])["widgets"]
    taken: set[tuple[int, int]] = set()
    for widget in widgets:
        cells = {
            (widget["x"] + dx, widget["y"] + dy) for dx in range(widget["width"]) for dy in range(widget["height"])
        }
        assert not cells & taken, f"{widget['properties']['title']} covers another"
        assert max(x for x, _ in cells) < 24
        taken |= cells
    titles = [widget["properties"]["title"] for widget in widgets]
    assert titles[0] == "Alarms" and len(set(titles)) == len(titles)
    assert len(widgets[0]["properties"]["alarms"]) == len(program.all("MetricAlarm"))
    kept = "Files on EFS, bytes" if settings.get("enableDicomS3Storage") else "Files on S3, bytes"
    assert kept in titles and "DICOM connections" in titles


def test_the_dashboard_looks_for_cloudfronts_metrics_where_they_are():
    body = json.loads(in_region("eu-central-1", **WATCHED).one("Dashboard").inputs["dashboardBody"])
    rows = [row for widget in body["widgets"] for row in widget["properties"].get("metrics", [])]
    for row in rows:
        expected = "us-east-1" if row[0] == "AWS/CloudFront" else "eu-central-1"
        assert row[-1]["region"] == expected, "the graph stays empty"
        assert len(row) % 2, "a dimension has no value"
    assert {row[0] for row in rows} >= {"AWS/CloudFront", "AWS/ApplicationELB", "AWS/ECS", "AWS/RDS", "AWS/S3"}


@pytest.mark.parametrize(
    ("tags", "filters"),
    [
        ({"tags": {"Project": "p", "Stack": "prod"}}, [{"name": "TagKeyValue", "values": ["user:Stack$prod"]}]),
        ({"tags": {"Project": "p"}}, []),
        ({}, []),
        (None, []),
    ],
)
def test_a_budget_counts_what_carries_the_stacks_tag(tags: Any, filters: list[Any]):
    assert budget.cost_filters(tags) == filters


def test_a_budget_tells_in_time_and_when_it_has_happened():
    made = deployed(**WATCHED).one("Budget").inputs
    assert (made["limitAmount"], made["timeUnit"]) == ("500", "MONTHLY")
    assert {each["notificationType"] for each in made["notifications"]} == {"FORECASTED", "ACTUAL"}
    for each in made["notifications"]:
        assert each["threshold"] <= 100 and each["subscriberEmailAddresses"] == json.loads(WATCHED["alarmEmails"])


def test_container_insights_keep_what_they_log_as_long_as_all_other_logs():
    program = deployed(enableContainerInsights="true", logRetentionDays="365", enableCustomerKeys="true")
    group, cluster = program.one("LogGroup", "orthanc-insights"), program.one("Cluster")
    assert group.inputs["name"] == f"/aws/ecs/containerinsights/{cluster.inputs['name']}/performance"
    assert group.inputs["retentionInDays"] == 365 and group.inputs["kmsKeyId"].endswith("orthanc-keys-logs")
    assert cluster.inputs["settings"] == [{"name": "containerInsights", "value": "enhanced"}]
    assert cluster.waits_for(group) and not group.waits_for(cluster), (
        "turned on for tasks that run, ECS makes the group first, and the stack's own is refused"
    )
    assert program.one("Service").waits_for(cluster)
    off = deployed(logRetentionDays="365", enableCustomerKeys="true")
    assert off.one("LogGroup", "orthanc-insights").inputs == group.inputs, (
        "removed with the setting, ECS makes it once more, and the setting cannot be turned on again"
    )
