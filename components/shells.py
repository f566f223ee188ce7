"""Shells in running tasks (ECS Exec), where `enableExec` allows them: who opens one leaves a record.

Without it there is no way in: ECS refuses, the role opens no channel, and nothing listens in the container.
"""

import pulumi
import pulumi_aws as aws

from components import policies
from components.keys import Keys
from components.settings import Settings


class Shells(pulumi.ComponentResource):
    """The record of sessions, and what the tasks' role needs for them; nothing at all where they are off.

    `configuration`: the cluster's, or None; `ready`: what a task waits for.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        keys: Keys,
        role: aws.iam.Role,
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Sessions and their record are encrypted under the key of the logs, which `settings` then have."""
        super().__init__("orthanc:service:Shells", name, None, opts)
        self.configuration: aws.ecs.ClusterConfigurationArgsDict | None = None
        self.ready: list[pulumi.Resource] = []
        if settings.enable_exec and keys.logs_arn:
            child = pulumi.ResourceOptions(parent=self)
            log_group = aws.cloudwatch.LogGroup(
                name, retention_in_days=settings.log_retention_days, kms_key_id=keys.logs_arn, opts=child
            )
            arns = pulumi.Output.all(log_group.arn, keys.logs_arn)
            policy = arns.apply(lambda both: policies.open_shells(*both))
            self.ready.append(aws.iam.RolePolicy(name, role=role.id, policy=policy, opts=child))
            self.configuration = {
                "execute_command_configuration": {
                    "kms_key_id": keys.logs_arn,
                    "logging": "OVERRIDE",
                    "log_configuration": {
                        "cloud_watch_log_group_name": log_group.name,
                        "cloud_watch_encryption_enabled": True,
                    },
                }
            }
        self.register_outputs({})
