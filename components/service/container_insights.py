"""CloudWatch Container Insights: metrics of each task, if `enableContainerInsights` is set.

ECS writes the metrics to a log group whose name it prescribes. It creates the group if there is none, without an
expiration and without the stack's key, and a stack that creates it later is refused (aws/containers-roadmap#2315).
A last write can also create the group again after the setting is turned off or the group is deleted. The stack
therefore always has the group, before the cluster has the setting. An empty group costs nothing.
"""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.iam.keys import Keys


def cluster_setting(settings: Settings) -> aws.ecs.ClusterSettingArgsDict:
    """The cluster's setting, also when it is off: an account can turn it on for all clusters that do not say."""
    value = "enhanced" if settings.enable_container_insights else "disabled"
    return {"name": "containerInsights", "value": value}


def log_group(
    name: str, settings: Settings, *, keys: Keys, cluster_name: pulumi.Input[str], parent: pulumi.Resource
) -> aws.cloudwatch.LogGroup:
    """The log group of a cluster's Container Insights, which the cluster must depend on.

    `cluster_name` must not be an output of the cluster. Entries are kept for `logRetentionDays`, under the key of
    the logs if there is one.
    """
    return aws.cloudwatch.LogGroup(
        name,
        name=pulumi.Output.concat("/aws/ecs/containerinsights/", cluster_name, "/performance"),
        retention_in_days=settings.log_retention_days,
        kms_key_id=keys.logs_arn,
        opts=pulumi.ResourceOptions(parent=parent),
    )
