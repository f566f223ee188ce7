"""What other components need from the network, whether new or existing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from components.network.security_groups import SecurityGroups


class Network(pulumi.ComponentResource):
    """A VPC with its subnets and the security groups of the stack's roles."""

    vpc_id: pulumi.Output[str]
    private_subnet_ids: pulumi.Output[Sequence[str]]
    """One per zone, for tasks and what connects to them."""
    isolated_subnet_ids: pulumi.Output[Sequence[str]]
    """One per zone, for data."""
    public_subnet_ids: pulumi.Output[Sequence[str]]
    """One per zone; empty if nothing needs them."""
    isolated_subnets: int
    """The number of isolated subnets."""
    security_groups: SecurityGroups
    endpoints: Mapping[str, aws.ec2.VpcEndpoint]
    """The endpoints that the stack created, by service as in `iam.task_services`, and s3."""
    origin_needs: Sequence[pulumi.Resource]
    """The resources of the network that a CloudFront VPC origin needs but does not name."""
