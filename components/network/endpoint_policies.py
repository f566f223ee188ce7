"""What can be reached through the VPC endpoints: only what the tasks of this stack use.

Endpoints are created with the network, at the beginning; what the policies name (bucket, repository, log groups,
secrets, key) exists only at the end, so the policies are separate resources. Without them a compromised task could
copy images to somebody else's bucket, with or without NAT.
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
    """What a task waits for, so that none ever runs while endpoints are open to everybody."""

    def __init__(
        self,
        name: str,
        *,
        account: Account,
        network: Network,
        role_documents: Sequence[pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Admits what the tasks' roles may do.

        `account`: the stack's. `role_documents`: the roles' policies, as JSON.
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
