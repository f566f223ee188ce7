"""CloudWatch Container Insights, where `enableContainerInsights` asks for it: metrics of each task by itself.

ECS writes what they are made of to a log group, whose name it prescribes, and makes the group itself if it is not
there: to be kept for ever, under AWS's key.
"""

import pulumi
import pulumi_aws as aws

from components.keys import Keys
from components.settings import Settings


def cluster_setting(settings: Settings) -> aws.ecs.ClusterSettingArgsDict:
    """Said either way: what an account turns on for all its clusters is paid for."""
    value = "enhanced" if settings.enable_container_insights else "disabled"
    return {"name": "containerInsights", "value": value}


class ContainerInsights(pulumi.ComponentResource):
    """The log group of a cluster's Container Insights, nothing where they are off.

    `ready: list[pulumi.Resource]` is what tasks wait for. ECS writes every minute, and first when there is a task.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        keys: Keys,
        cluster_name: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Keeps what `cluster_name` tells for `logRetentionDays`, under the key of the logs where there is one."""
        super().__init__("orthanc:service:ContainerInsights", name, None, opts)
        self.ready: list[pulumi.Resource] = []
        if settings.enable_container_insights:
            log_group = aws.cloudwatch.LogGroup(
                name,
                name=pulumi.Output.concat("/aws/ecs/containerinsights/", cluster_name, "/performance"),
                retention_in_days=settings.log_retention_days,
                kms_key_id=keys.logs_arn,
                opts=pulumi.ResourceOptions(parent=self),
            )
            self.ready = [log_group]
        self.register_outputs({})
