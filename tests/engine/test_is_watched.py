"""What watches a stack, on the real engine: each name that it watches is deployed, and what happens is told."""

import json
from collections import Counter
from typing import Any

import jmespath

from tests.embedded import Embedded, summary
from tests.engine.changes import back

# All that is watched, and who is told.
WATCHED: dict[str, str | list[Any]] = {
    "enableAlarms": "true",
    "alarmEmails": ["team@example.org"],
    "enableDashboard": "true",
    "enableContainerInsights": "true",
    "monthlyBudgetUsd": "500",
}

TOLD = (
    Counter(("create", type) for type in ("Key", "Topic", "TopicPolicy", "TopicSubscription"))
    + Counter({("create", "MetricAlarm"): 9, ("create", "EventRule"): 2, ("create", "EventTarget"): 2})
    + Counter({("create", "Dashboard"): 1, ("create", "Budget"): 1})
    + Counter({("update", "Cluster"): 1})
)


def test_it_is_watched_and_somebody_is_told_and_back(embedded: Embedded):
    embedded.configure(**WATCHED)
    assert summary(embedded.changes()) == TOLD
    assert summary(embedded.changes("refresh")) == Counter(), "what is watched is seen as changed"
    _what_is_watched_is_what_is_deployed(embedded)
    _what_happens_is_told(embedded)
    embedded.configure(**dict.fromkeys(WATCHED))
    assert summary(embedded.changes()) == back(TOLD)
    embedded.configure(enableContainerInsights="true")
    assert summary(embedded.changes()) == Counter({("update", "Cluster"): 1}), "turned off and on again"
    embedded.configure(enableContainerInsights=None)
    assert summary(embedded.changes()) == Counter({("update", "Cluster"): 1})
    budgets = embedded.client("budgets").describe_budgets(AccountId="123456789012")["Budgets"]
    assert not budgets, "mails go on"


def _what_is_watched_is_what_is_deployed(embedded: Embedded) -> None:
    """A dimension that names nothing is an alarm that never tells."""
    ecs = embedded.client("ecs")
    [cluster_arn] = ecs.list_clusters()["clusterArns"]
    [cluster] = ecs.describe_clusters(clusters=[cluster_arn], include=["SETTINGS"])["clusters"]
    [service] = ecs.list_services(cluster=cluster_arn)["serviceArns"]
    [balancer] = embedded.client("elbv2").describe_load_balancers()["LoadBalancers"]
    [group] = embedded.client("elbv2").describe_target_groups()["TargetGroups"]
    [database] = embedded.client("rds").describe_db_instances()["DBInstances"]
    [distribution] = embedded.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    deployed = {
        "LoadBalancer": balancer["LoadBalancerArn"].partition(":loadbalancer/")[2],
        "TargetGroup": group["TargetGroupArn"].rpartition(":")[2],
        "ClusterName": cluster["clusterName"],
        "ServiceName": service.rpartition("/")[2],
        "DBInstanceIdentifier": database["DBInstanceIdentifier"],
        "DistributionId": distribution["Id"],
        "Region": "Global",
    }
    cloudwatch = embedded.client("cloudwatch")
    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    watched = {
        (dimension["Name"], dimension["Value"])
        for dimension in jmespath.search("[].[Dimensions, Metrics[].MetricStat.Metric.Dimensions[]][][]", alarms)
    }
    assert watched == set(deployed.items())
    [listed] = cloudwatch.list_dashboards()["DashboardEntries"]
    body = cloudwatch.get_dashboard(DashboardName=listed["DashboardName"])["DashboardBody"]
    shown = {*deployed.values(), *(alarm["AlarmArn"] for alarm in alarms)}
    assert not [name for name in shown if json.dumps(name) not in body], "a graph stays empty"
    assert cluster["settings"] == [{"name": "containerInsights", "value": "enhanced"}]
    insights = f"/aws/ecs/containerinsights/{cluster['clusterName']}/performance"
    logs = embedded.client("logs").describe_log_groups(logGroupNamePrefix=insights)["logGroups"]
    assert [group["retentionInDays"] for group in logs] == [90], "ECS makes it, to be kept for ever"


def _what_happens_is_told(embedded: Embedded) -> None:
    """To whoever listens to the topic: here a queue beside the mails, which nobody reads here."""
    sns, sqs, events = (embedded.client(service) for service in ("sns", "sqs", "events"))
    [topic] = embedded.outputs()["alarmTopicArns"].values()
    queue = sqs.create_queue(QueueName="told")["QueueUrl"]
    endpoint = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    heard = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=endpoint)["SubscriptionArn"]

    cloudwatch = embedded.client("cloudwatch")
    prefix = "orthanc-alarms-no-healthy-task-"
    [alarm] = cloudwatch.describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]
    cloudwatch.set_alarm_state(AlarmName=alarm["AlarmName"], StateValue="ALARM", StateReason="tests")
    ecs = embedded.client("ecs")
    [service] = ecs.list_services(cluster=ecs.list_clusters()["clusterArns"][0])["serviceArns"]
    [database] = embedded.client("rds").describe_db_instances()["DBInstances"]
    failed = {"eventName": "SERVICE_DEPLOYMENT_FAILED", "reason": "tasks failed to start."}
    full = {"EventID": "RDS-EVENT-0224", "Message": "The next growth would pass the maximum."}
    happened = [
        ("aws.ecs", "ECS Deployment State Change", service, failed),
        ("aws.ecs", "ECS Deployment State Change", service, {"eventName": "SERVICE_DEPLOYMENT_COMPLETED"}),
        ("aws.ecs", "ECS Deployment State Change", f"{service}-of-others", failed),
        ("aws.rds", "RDS DB Instance Event", database["DBInstanceArn"], full),
        ("aws.rds", "RDS DB Instance Event", database["DBInstanceArn"], full | {"EventID": "RDS-EVENT-0089"}),
    ]
    for source, kind, resource, detail in happened:
        events.put_events(
            Entries=[{"Source": source, "DetailType": kind, "Resources": [resource], "Detail": json.dumps(detail)}]
        )
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    told = [json.loads(message["Body"])["Message"] for message in messages]
    assert json.loads(told[0])["AlarmDescription"].endswith("Runbook: docs/runbooks.md#no-healthy-task")
    assert told[1:] == [
        "Orthanc, stack local: a deployment failed and was rolled back. tasks failed to start."
        " Runbook: docs/runbooks.md#deployment-failed",
        "Orthanc, stack local: RDS reports for the database: The next growth would pass the maximum."
        " (RDS-EVENT-0224)."
        " Runbook: docs/runbooks.md#database-event",
    ]
    sns.unsubscribe(SubscriptionArn=heard)
    sqs.delete_queue(QueueUrl=queue)
