"""Shells in running tasks (ECS Exec), if `enableExec` allows them. Sessions are logged.

If `enableExec` is off, ECS rejects sessions, the task role cannot open a channel, and nothing listens in the
container.
"""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.iam import policies
from components.iam.keys import Keys


class Shells(pulumi.ComponentResource):
    """The log group of sessions and the permissions that the task role needs; nothing if `enableExec` is off."""

    configuration: aws.ecs.ClusterConfigurationArgsDict
    """The configuration of the cluster."""
    task_policies: list[pulumi.Output[str]]
    """JSON documents with permissions for the task role: none or one."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        keys: Keys,
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Sessions and their logs are encrypted with the key for logs, which `enableExec` requires."""
        super().__init__("orthanc:service:Shells", name, None, opts)
        # Always set: the provider does not remove a setting that is left out, so every update would find a
        # difference.
        self.configuration = {"execute_command_configuration": {"logging": "DEFAULT"}}
        self.task_policies = []
        if settings.enable_exec and keys.logs_arn:
            child = pulumi.ResourceOptions(parent=self)
            log_group = aws.cloudwatch.LogGroup(
                name, retention_in_days=settings.log_retention_days, kms_key_id=keys.logs_arn, opts=child
            )
            arns = pulumi.Output.all(log_group.arn, keys.logs_arn)
            self.task_policies.append(arns.apply(lambda both: policies.open_shells(*both)))
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
