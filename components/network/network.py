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
    """One a zone, for tasks and what leads to them."""
    isolated_subnet_ids: pulumi.Output[Sequence[str]]
    """One a zone, for data."""
    public_subnet_ids: pulumi.Output[Sequence[str]]
    """One a zone; none where nothing needs them."""
    isolated_subnets: int
    """How many isolated subnets there are."""
    security_groups: SecurityGroups
    endpoints: Mapping[str, aws.ec2.VpcEndpoint]
    """The endpoints that are the stack's own, by service as in `iam.task_services`, and s3."""
    origin_needs: Sequence[pulumi.Resource]
    """What a CloudFront VPC origin needs of the network and does not name."""
