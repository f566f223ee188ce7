"""IAM roles: each is assumed by one AWS service and has the permissions boundary of the account.

The permissions of a role are in managed policies, never in inline policies, because managed policies can be listed
and compared separately. The documents are in `policies`.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.iam import policies

# Services that pass the account on whose behalf they assume a role. They can assume the stack's roles only for
# this account (Amazon ECS Developer Guide, "Task IAM role"; RDS and VPC user guides, "Cross-service confused
# deputy prevention"). A condition on a value that a service does not pass would block it.
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
    """Creates a role that `service` (host name of the principal) assumes. Returns its ARN.

    The ARN is known once the role has its permissions. `document`: the permissions as JSON. `aws_policies`: AWS
    managed policies (path and name), if a service requires them.
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
    # Waits for the attachments, because services try a role as soon as they get it.
    return pulumi.Output.all(role.arn, *(attachment.id for attachment in attachments)).apply(lambda all: all[0])
