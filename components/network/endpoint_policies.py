"""The policies of the VPC endpoints, which allow only what the tasks of this stack use.

The policies are separate resources because the endpoints are created with the network, at the beginning, but what
the policies name (bucket, repository, log groups, secrets, key) exists only at the end. Without the policies, a
compromised task could copy images to a bucket of another account, with or without NAT.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.config.account import Account
from components.iam import policies
from components.network.network import Network


class EndpointPolicies(pulumi.ComponentResource):
    """A policy for each endpoint that the stack created; none in an existing VPC."""

    ready: list[pulumi.Resource]
    """What a task waits for, so that no task ever runs while the endpoints are unrestricted."""

    def __init__(
        self,
        name: str,
        *,
        account: Account,
        network: Network,
        role_documents: Sequence[pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Creates policies that allow what the roles of the tasks may do.

        `account`: the account of the stack. `role_documents`: the policies of the roles, as JSON.
        """
        super().__init__("orthanc:network:EndpointPolicies", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        layers = policies.pull_layers(account.partition, account.region)
        documents = pulumi.Output.all(layers, *role_documents)
        self.ready = [
            aws.ec2.VpcEndpointPolicy(
                f"{name}-{service.replace('.', '-')}",
                vpc_endpoint_id=endpoint.id,
                policy=documents.apply(lambda all, service=service: policies.endpoint(service, all)),
                opts=child,
            )
            for service, endpoint in network.endpoints.items()
        ]
        self.register_outputs({})
