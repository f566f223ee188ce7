"""The two roles of a task: ECS uses the execution role to start it; the task itself uses the task role."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pulumi

from components.config import Settings
from components.iam import policies
from components.iam import roles as iam_roles


class TaskRoles(NamedTuple):
    """The ARNs of the roles, and the permissions of each as JSON."""

    execution_arn: pulumi.Output[str]
    execution_document: pulumi.Output[str]
    task_arn: pulumi.Output[str]
    task_document: pulumi.Output[str]


def build(
    name: str,
    settings: Settings,
    *,
    pull: pulumi.Output[str],
    log: pulumi.Output[str],
    secrets: pulumi.Output[list[str]],
    secrets_key: pulumi.Input[str | None],
    task_policies: Sequence[pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> TaskRoles:
    """Creates the roles of a task with the policies `task_policies` (JSON).

    `pull`, `log` and `secrets` are the ARNs of the repository, the log group and the secrets that ECS uses to
    start the task. `secrets_key` is the ARN of the key that encrypts the secrets, if it is not AWS's own.
    """
    execution = pulumi.Output.all(pull, log, secrets, secrets_key).apply(
        lambda arns: policies.execution_role(*arns)
    )
    task = pulumi.Output.all(*task_policies).apply(lambda all: policies.joined(*all))

    def role(purpose: str, document: pulumi.Output[str]) -> pulumi.Output[str]:
        service = "ecs-tasks.amazonaws.com"
        return iam_roles.build(f"{name}-{purpose}", settings, service=service, document=document, opts=opts)

    return TaskRoles(role("execution", execution), execution, role("task", task), task)
