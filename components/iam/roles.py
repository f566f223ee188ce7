"""IAM roles: each is assumed by one AWS service and has the permissions boundary of the account.

What a role may do is a managed policy, never an inline policy: managed policies can be listed and compared
separately. The documents are in `policies`.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.iam import policies

# Services that say for whose account they act when they assume a role. Where one does, roles of ours are assumed
# for this account only (Amazon ECS Developer Guide, "Task IAM role"; RDS and VPC user guides, "Cross-service
# confused deputy prevention"). A condition on what a service does not send would block it.
_SAY_FOR_WHOM = {"ecs-tasks.amazonaws.com", "monitoring.rds.amazonaws.com", "vpc-flow-logs.amazonaws.com"}


def build(
    name: str,
    settings: Settings,
    *,
    service: str,
    document: pulumi.Input[str] | None = None,
    aws_policies: Sequence[str] = (),
    opts: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    """The ARN of a new role that `service`, a principal's host name, assumes; known once it may do what it is for.

    `document`: the JSON of what it may do; `aws_policies`: AWS's own policies (path and name) where a service
    wants just those.
    """
    account = settings.account.id if service in _SAY_FOR_WHOM else None
    role = aws.iam.Role(
        name,
        assume_role_policy=policies.assumed_by(service, account),
        permissions_boundary=settings.permissions_boundary_arn or None,
        opts=opts,
    )
    granted: dict[str, pulumi.Input[str]] = {
        f"{name}-{policy.rpartition('/')[2]}": f"arn:{settings.account.partition}:iam::aws:policy/{policy}"
        for policy in aws_policies
    }
    if document:
        granted[name] = aws.iam.Policy(name, policy=document, opts=opts).arn
    attachments = [
        aws.iam.RolePolicyAttachment(attachment, role=role.name, policy_arn=arn, opts=opts)
        for attachment, arn in granted.items()
    ]
    # By way of the attachments: services try a role when they are given it.
    return pulumi.Output.all(role.arn, *(attachment.id for attachment in attachments)).apply(lambda all: all[0])
