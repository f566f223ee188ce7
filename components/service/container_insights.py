"""CloudWatch Container Insights: metrics of each task, if `enableContainerInsights` is set.

ECS writes the metrics to a log group with a fixed name. If the log group does not exist, ECS creates it without a
retention period and without the stack's key, and a stack can then no longer create it
(aws/containers-roadmap#2315). A late write can also create the log group again after the setting is turned off or
the log group is deleted. The stack therefore always creates the log group, before the cluster has the setting. An
empty log group costs nothing.
"""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.iam.keys import Keys


def cluster_setting(settings: Settings) -> aws.ecs.ClusterSettingArgsDict:
    """Returns the cluster's setting. It is always given, because an account can turn it on by default."""
    value = "enhanced" if settings.enable_container_insights else "disabled"
    return {"name": "containerInsights", "value": value}


def log_group(
    name: str, settings: Settings, *, keys: Keys, cluster_name: pulumi.Input[str], parent: pulumi.Resource
) -> aws.cloudwatch.LogGroup:
    """Creates the log group of a cluster's Container Insights, which the cluster must depend on.

    `cluster_name` must not be an output of the cluster. Log events are kept for `logRetentionDays`. They are
    encrypted with the key for logs, if there is one.
    """
    return aws.cloudwatch.LogGroup(
        name,
        name=pulumi.Output.concat("/aws/ecs/containerinsights/", cluster_name, "/performance"),
        retention_in_days=settings.log_retention_days,
        kms_key_id=keys.logs_arn,
        opts=pulumi.ResourceOptions(parent=parent),
    )
