"""Who can connect to whom inside the VPC: one security group per role; every rule names its peer.

No inbound rule allows an address range of the internet or the whole VPC, except for DICOM from the listed
networks. The only wide rule is outbound: HTTPS from the tasks if AWS services are called at public addresses.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.config import Settings, ports
from components.config.modalities import destinations

# The addresses from which CloudFront calls origins, VPC origins included (CloudFront Developer Guide, "Use the
# CloudFront managed prefix list"). Its weight (see `quotas`) leaves room for one port only.
CLOUDFRONT_PREFIX_LIST = "com.amazonaws.global.cloudfront.origin-facing"


class SecurityGroups(pulumi.ComponentResource):
    """The security groups of load balancers and tasks, and those that `reached_by_tasks` creates.

    They allow CloudFront → load balancer → tasks → database, file system, and AWS; with DICOM, allowed networks →
    its load balancer → tasks → modalities; nothing else. The network component sets how tasks reach AWS, with one
    of `let_tasks_call_…`.
    """

    load_balancer: aws.ec2.SecurityGroup
    task: aws.ec2.SecurityGroup

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        vpc_id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Creates the groups in the VPC `vpc_id`; empties the default group of a VPC that the stack creates."""
        super().__init__("orthanc:network:SecurityGroups", name, None, opts)
        self._name, self._vpc_id = name, vpc_id
        self._child = pulumi.ResourceOptions(parent=self)

        if not settings.vpc_id:
            # AWS creates a default group that allows traffic between its members. Resources that are in it by
            # mistake must not reach anything.
            aws.ec2.DefaultSecurityGroup(f"{name}-default", vpc_id=vpc_id, opts=self._child)

        self.load_balancer = self._group("load-balancer", "Internal load balancer of Orthanc")
        self.task = self._group("task", "Orthanc tasks")
        cloudfront = aws.ec2.get_managed_prefix_list(name=CLOUDFRONT_PREFIX_LIST)
        https = settings.https_to_load_balancer(settings.account.region)
        port = ports.HTTPS if https else ports.HTTP
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-cloudfront-to-load-balancer",
            security_group_id=self.load_balancer.id,
            description=f"{'HTTPS' if https else 'HTTP'} from the VPC origin of CloudFront",
            prefix_list_id=cloudfront.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=self._child,
        )
        self._connect("load-balancer", self.load_balancer, "task", self.task, ports.ORTHANC_HTTP)
        self.register_outputs({})

    def reached_by_tasks(self, role: str, description: str, port: int) -> aws.ec2.SecurityGroup:
        """Creates a group for `role` that only the tasks can reach, on TCP `port`; it can reach nothing."""
        group = self._group(role, description)
        self._connect("task", self.task, role, group, port)
        return group

    def dicom_balancer(self, settings: Settings) -> aws.ec2.SecurityGroup:
        """Creates a group for the DICOM load balancer: allowed networks can reach it, and it can reach the tasks.

        It checks their health on the HTTP port. Also allows the tasks to connect to each modality.
        """
        group = self._group("dicom-balancer", "Network load balancer of the DICOM port")
        for cidr in settings.dicom_allowed_cidrs:
            aws.vpc.SecurityGroupIngressRule(
                f"{self._name}-{cidr.replace('/', '-')}-to-dicom-balancer",
                security_group_id=group.id,
                description="DICOM from an allowed network",
                cidr_ipv4=cidr,
                ip_protocol="tcp",
                from_port=settings.dicom_port,
                to_port=settings.dicom_port,
                opts=self._child,
            )
        self._connect("dicom-balancer", group, "task", self.task, ports.ORTHANC_DICOM)
        self._connect("dicom-balancer", group, "task", self.task, ports.ORTHANC_HTTP, purpose="-health")
        for network, port in destinations(settings.dicom_modalities, settings.dicom_allowed_cidrs):
            aws.vpc.SecurityGroupEgressRule(
                f"{self._name}-task-to-{network.removesuffix('/32').replace('/', '-')}-{port}",
                security_group_id=self.task.id,
                description="DICOM to a modality",
                cidr_ipv4=network,
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                opts=self._child,
            )
        return group

    def let_tasks_call_anybody(self) -> None:
        """Allows HTTPS from the tasks to wherever the routes of the network lead, including S3."""
        self._let_tasks_call("aws", "HTTPS to AWS at its public addresses", cidr_ipv4="0.0.0.0/0")

    def let_tasks_call_s3(self, prefix_list_id: pulumi.Input[str]) -> None:
        """Allows HTTPS from the tasks to S3 and no other public address; `prefix_list_id`: AWS's list for S3."""
        self._let_tasks_call("s3", "HTTPS to S3", prefix_list_id=prefix_list_id)

    def let_tasks_call_groups(self, group_ids: Sequence[str]) -> None:
        """Allows HTTPS from the tasks to members of these groups, which the stack did not create."""
        for id in group_ids:
            description = "HTTPS to interface endpoints of AWS services"
            self._let_tasks_call(id, description, group_id=id)

    def _let_tasks_call(
        self,
        target: str,
        description: str,
        *,
        cidr_ipv4: str | None = None,
        prefix_list_id: pulumi.Input[str] | None = None,
        group_id: str | None = None,
    ) -> None:
        aws.vpc.SecurityGroupEgressRule(
            # AWS cannot change the kind of peer of a rule, so each kind has a rule with its own name.
            f"{self._name}-task-to-{target}",
            security_group_id=self.task.id,
            description=description,
            cidr_ipv4=cidr_ipv4,
            prefix_list_id=prefix_list_id,
            referenced_security_group_id=group_id,
            ip_protocol="tcp",
            from_port=ports.HTTPS,
            to_port=ports.HTTPS,
            opts=self._child,
        )

    def _group(self, role: str, description: str) -> aws.ec2.SecurityGroup:
        return aws.ec2.SecurityGroup(
            f"{self._name}-{role}", description=description, vpc_id=self._vpc_id, opts=self._child
        )

    def _connect(
        self,
        source: str,
        source_group: aws.ec2.SecurityGroup,
        target: str,
        target_group: aws.ec2.SecurityGroup,
        port: int,
        *,
        purpose: str = "",
    ) -> None:
        """Creates both rules of a connection: outbound from the source, and inbound to the target.

        `purpose`: the suffix of their names if the same two groups are also connected on another port.
        """
        aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-{source}-to-{target}{purpose}",
            security_group_id=source_group.id,
            description=f"To {target}",
            referenced_security_group_id=target_group.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=self._child,
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-{target}-from-{source}{purpose}",
            security_group_id=target_group.id,
            description=f"From {source}",
            referenced_security_group_id=source_group.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=self._child,
        )
