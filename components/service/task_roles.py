"""The two roles of a task: ECS uses one to start it, the task itself the other one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pulumi

from components.config import Settings
from components.iam import policies
from components.iam import roles as iam_roles


class TaskRoles(NamedTuple):
    """The ARNs of the roles, and as JSON what each may do."""

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
    """Roles for a task that has the policies `task_policies` (JSON).

    `pull`, `log`, `secrets`: the ARNs of the repository, the log group and the secrets that ECS uses to start it;
    `secrets_key`: of the key that encrypts the latter, if it is not AWS's own.
    """
    execution = pulumi.Output.all(pull, log, secrets, secrets_key).apply(
        lambda arns: policies.execution_role(*arns)
    )
    task = pulumi.Output.all(*task_policies).apply(lambda all: policies.joined(*all))

    def role(purpose: str, document: pulumi.Output[str]) -> pulumi.Output[str]:
        service = "ecs-tasks.amazonaws.com"
        return iam_roles.build(f"{name}-{purpose}", settings, service=service, document=document, opts=opts)

    return TaskRoles(role("execution", execution), execution, role("task", task), task)
