"""RDS rotates the database password on a schedule; tasks are redeployed to pick up the new one.

A task gets its secrets when it starts, and open connections stay open. After a rotation, everything therefore
continues to work until a task with the old password needs a new connection. Tasks are redeployed at once: the
new value of the secret is an event, which starts a state machine, which calls ECS. No custom code runs.

Secrets Manager sends the event itself ("Secret Label Updated", when AWSCURRENT moves to a new version; AWS Secrets
Manager User Guide, "Secret event notifications"). The other events of a rotation require a CloudTrail trail and
are best effort. If this event is lost, a task that cannot connect fails its own health check, which queries the
index, and ECS replaces it.
"""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.config.metric import Metric
from components.database.database import Database
from components.iam import policies, roles
from components.service.orthanc_service import OrthancService

# ECS sometimes rejects a call (throttling, another deployment in progress). Retried for about ten minutes.
_RETRY = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 10, "BackoffRate": 2, "MaxAttempts": 6}


class DatabasePasswordRotation(pulumi.ComponentResource):
    """The schedule of the secret that RDS manages, and the resources that redeploy tasks after each rotation."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        database: Database,
        service: OrthancService,
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Rotates immediately if `credentialsVersion` requests passwords other than the first ones."""
        super().__init__("orthanc:service:DatabasePasswordRotation", name, None, opts)
        self._name, self._settings = name, settings
        self._child = pulumi.ResourceOptions(parent=self)

        machine = self._build_state_machine(service)
        self._state_machine_arn = machine.arn
        target = self._build_trigger(machine, database.secret_arn)
        aws.secretsmanager.SecretRotation(
            # Each version is a new resource, whose creation rotates the password. The old resource is only removed
            # from the state: deleting it would turn rotation off.
            f"{name}-{settings.credentials_version}",
            secret_id=database.secret_arn,
            rotate_immediately=settings.credentials_version > 1,
            rotation_rules={"schedule_expression": settings.database_password_schedule},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[target], retain_on_delete=True),
        )
        self.register_outputs({})

    def metric(self, name: str, statistic: str = "Sum") -> Metric:
        """Returns a metric of the state machine that redeploys the tasks, such as ExecutionsFailed."""
        dimensions = {"StateMachineArn": self._state_machine_arn}
        return Metric("AWS/States", name, dimensions, statistic, self._settings.account.region)

    def _build_state_machine(self, service: OrthancService) -> aws.sfn.StateMachine:
        definition = pulumi.Output.all(service.cluster_arn, service.service_arn).apply(
            lambda arns: state_machine(self._settings.account.partition, *arns)
        )
        worker = self._build_role("tasks", "states", service.service_arn.apply(policies.replace_tasks))
        return aws.sfn.StateMachine(self._name, definition=definition, role_arn=worker, opts=self._child)

    def _build_trigger(
        self, machine: aws.sfn.StateMachine, secret_arn: pulumi.Output[str]
    ) -> aws.cloudwatch.EventTarget:
        rule = aws.cloudwatch.EventRule(
            self._name,
            description="The database's secret has a new value",
            event_pattern=secret_arn.apply(new_value_of),
            opts=self._child,
        )
        starter = self._build_role("event", "events", machine.arn.apply(policies.start))
        return aws.cloudwatch.EventTarget(
            self._name,
            rule=rule.name,
            arn=machine.arn,
            role_arn=starter,
            retry_policy={"maximum_event_age_in_seconds": 3600, "maximum_retry_attempts": 60},
            opts=self._child,
        )

    def _build_role(self, purpose: str, service: str, document: pulumi.Output[str]) -> pulumi.Output[str]:
        name, service = f"{self._name}-{purpose}", f"{service}.amazonaws.com"
        return roles.build(name, self._settings, service=service, document=document, opts=self._child)


def state_machine(partition: str, cluster_arn: str, service_arn: str) -> str:
    """Returns a definition in Amazon States Language that replaces a service's tasks and retries failed calls."""
    parameters = {"Cluster": cluster_arn, "Service": service_arn, "ForceNewDeployment": True}
    replace = {
        "Type": "Task",
        "Resource": f"arn:{partition}:states:::aws-sdk:ecs:updateService",
        "Parameters": parameters,
        "Retry": [_RETRY],
        "End": True,
    }
    return json.dumps({"StartAt": "ReplaceTasks", "States": {"ReplaceTasks": replace}}, sort_keys=True)


def new_value_of(secret_arn: str) -> str:
    """Returns the pattern of the event that the secret has a new value."""
    pattern = {
        "source": ["aws.secretsmanager"],
        "detail-type": ["Secret Label Updated"],
        "resources": [secret_arn],
        "detail": {"labelUpdated": ["AWSCURRENT"]},
    }
    return json.dumps(pattern, sort_keys=True)
