"""What may be reached through the VPC's endpoints: what this stack's tasks use, and nothing else of AWS.

The endpoints stand in the network, which is made first; what the policies name (bucket, repository, log group,
secrets) is made last, so that the policies are resources of their own. Without them a task that is taken over
could carry images to a bucket of somebody else, NAT or not.
"""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components import policies
from components.networking import Network
from components.storage import Bucket, DicomFileSystem


class EndpointPolicies(pulumi.ComponentResource):
    """A policy for every endpoint that is the stack's own; none where the network is a brought one.

    `ready: list[pulumi.Resource]`, what a task waits for, so that none ever runs with endpoints open to all.
    """

    def __init__(
        self,
        name: str,
        *,
        network: Network,
        storage: Bucket | DicomFileSystem,
        repository_arn: pulumi.Output[str],
        log_group_arn: pulumi.Output[str],
        secret_arns: pulumi.Output[Sequence[str]],
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Admits the use of `storage` where it is a bucket, and of what the ARNs name.

        `repository_arn`: the image's; `log_group_arn`: the tasks'; `secret_arns`: all that a task is given.
        """
        super().__init__("orthanc:networking:EndpointPolicies", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        partition, region = aws.get_partition().partition, aws.get_region().region
        bucket_arn = storage.bucket_arn if isinstance(storage, Bucket) else pulumi.Output.from_input(None)
        registry = repository_arn.apply(policies.registry_endpoint)
        admitted = {
            "s3": bucket_arn.apply(lambda arn: policies.s3_endpoint(partition, region, arn)),
            "ecr.api": registry,
            "ecr.dkr": registry,
            "logs": log_group_arn.apply(policies.logs_endpoint),
            "secretsmanager": secret_arns.apply(policies.secrets_endpoint),
            "ssmmessages": policies.shells_endpoint(),
        }
        self.ready: list[pulumi.Resource] = [
            aws.ec2.VpcEndpointPolicy(
                f"{name}-{service.replace('.', '-')}",
                vpc_endpoint_id=endpoint.id,
                policy=admitted[service],
                opts=child,
            )
            for service, endpoint in network.endpoints.items()
        ]
        self.register_outputs({})
