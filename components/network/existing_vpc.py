"""An existing VPC with existing subnets.

Creates only the security groups for the stack's roles. Subnets, routes, gateways, endpoints, flow logs, and the
default security group remain under the control of the VPC's owner; `preflight.network` and `preflight.endpoints`
have checked that they are suitable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.iam.task_services import service_name, services_of_tasks
from components.network.network import Network
from components.network.security_groups import SecurityGroups


class ExistingVpc(Network):
    """The VPC `vpcId` with its subnets; the stack does not restrict the endpoints in it."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        endpoint_groups: Mapping[str, Sequence[str]],
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Creates the security groups in the VPC.

        `endpoint_groups`: the security groups of the VPC's endpoints that tasks use, by service (see `Plan`).
        """
        super().__init__("orthanc:network:ExistingVpc", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        self.vpc_id = pulumi.Output.from_input(settings.vpc_id)
        self.private_subnet_ids = pulumi.Output.from_input(settings.private_subnet_ids)
        self.isolated_subnet_ids = pulumi.Output.from_input(settings.isolated_subnet_ids)
        self.public_subnet_ids = pulumi.Output.from_input(settings.public_subnet_ids)
        self.isolated_subnets = len(settings.isolated_subnet_ids)
        self.endpoints = {}
        self.origin_needs = []

        self.security_groups = SecurityGroups(f"{name}-sg", settings, vpc_id=self.vpc_id, opts=child)
        endpoints = _groups(settings, endpoint_groups)
        if endpoints is None:
            self.security_groups.let_tasks_call_anybody()
        else:
            s3 = aws.ec2.get_managed_prefix_list(name=service_name("s3", settings.account.region))
            self.security_groups.let_tasks_call_s3(s3.id)
            self.security_groups.let_tasks_call_groups(endpoints)
        self.register_outputs({"vpcId": self.vpc_id})


def _groups(settings: Settings, by_service: Mapping[str, Sequence[str]]) -> list[str] | None:
    """Returns all of these security groups, or None if a service that tasks call has no endpoint.

    With private DNS, all calls to a service go to its endpoint in the VPC regardless of the routes, so rules for
    other destinations would have no use. Without an endpoint, they follow the routes and firewalls of the owner.
    """
    # S3 is not in the list: it is reached through a gateway endpoint or at public addresses.
    if not by_service.keys() >= set(services_of_tasks(settings)):
        return None
    return sorted({group for groups in by_service.values() for group in groups})
