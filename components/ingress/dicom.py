"""DICOM from modalities and other PACS: a Network Load Balancer in front of the DICOM port of the tasks.

If there is a certificate, the load balancer terminates TLS: Orthanc's own DICOM TLS requires the private key in a
file. Between the load balancer and the tasks, inside the VPC, DICOM is not encrypted. Access is checked twice: by
address in the load balancer's security group, and by AE title and address in Orthanc (see
`service.orthanc_config`).
"""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.config import Settings, ports
from components.config.metric import Metric
from components.ingress.load_balancer import TASK_HEALTH, metric_dimensions
from components.network.network import Network
from components.preflight.rollouts import Rollout

# TLS 1.3 and 1.2 with forward secrecy and AEAD ciphers only, as DICOM's BCP 195 profiles (PS3.15, annex B)
# require.
TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"

# An hour, because a C-MOVE association is idle while a large object is sent to its destination. For TLS, AWS keeps
# its timeout of 350 s.
_IDLE_SECONDS = 3600
# How long a study that is being sent may continue when its task is replaced.
_DRAIN_SECONDS = 300


class DicomIngress(pulumi.ComponentResource):
    """Network load balancer, target group, and listener."""

    balancer: aws.lb.LoadBalancer
    target_group: aws.lb.TargetGroup
    forwarding: aws.lb.Listener
    """The listener that forwards to the target group. ECS accepts a target group only with a listener."""
    endpoint: pulumi.Output[str]
    """HOST:PORT for the modalities."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        network: Network,
        rollout: Rollout,
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Uses the private subnets of `network`, or the public ones if `dicomIngress` is public.

        When a task is replaced, modalities may finish sending first, for as long as `rollout` allows.
        """
        super().__init__("orthanc:ingress:DicomIngress", name, None, opts)
        # A change from internal to public replaces the load balancer, and a target group belongs to one load
        # balancer only. With this name, all three resources are new, and the old ones are deleted once the service
        # no longer uses them.
        self._name, self._settings = f"{name}-{settings.dicom_ingress}", settings
        self._child = pulumi.ResourceOptions(parent=self)

        self.balancer = self._build_balancer(network)
        self.target_group = self._build_target_group(network, rollout)
        self.forwarding = self._build_listener()
        self.endpoint = pulumi.Output.concat(self.balancer.dns_name, ":", str(settings.dicom_port))
        self.register_outputs({"endpoint": self.endpoint})

    def metric(self, name: str, statistic: str = "Sum") -> Metric:
        """Returns a load balancer metric, such as NewFlowCount, HealthyHostCount or ProcessedBytes."""
        dimensions = metric_dimensions(name, self.balancer, self.target_group)
        return Metric("AWS/NetworkELB", name, dimensions, statistic, self._settings.account.region)

    def _build_balancer(self, network: Network) -> aws.lb.LoadBalancer:
        public = self._settings.dicom_ingress == "public"
        return aws.lb.LoadBalancer(
            self._name,
            load_balancer_type="network",
            internal=not public,
            subnets=network.public_subnet_ids if public else network.private_subnet_ids,
            # A network load balancer that is created without a security group can never get one.
            security_groups=[network.security_groups.dicom_balancer(self._settings).id],
            # Modalities are often configured with one of the load balancer's two addresses instead of its name, so
            # each address must reach every task.
            enable_cross_zone_load_balancing=True,
            opts=self._child,
        )

    def _build_target_group(self, network: Network, rollout: Rollout) -> aws.lb.TargetGroup:
        return aws.lb.TargetGroup(
            self._name,
            vpc_id=network.vpc_id,
            target_type="ip",
            protocol="TCP",
            port=ports.ORTHANC_DICOM,
            # Off by default for IP targets; Orthanc would then see the load balancer's address instead of the
            # modality's.
            preserve_client_ip="true",
            # Checks the web server's port. Orthanc logs an error for each connection to its DICOM port that ends
            # without an association, such as a TCP check. Also, a port that accepts connections may still be
            # blocked.
            health_check={**TASK_HEALTH, "port": str(ports.ORTHANC_HTTP)},
            deregistration_delay=rollout.drain_seconds(_DRAIN_SECONDS),
            opts=self._child,
        )

    def _build_listener(self) -> aws.lb.Listener:
        over_tls = bool(self._settings.dicom_certificate_arn)
        return aws.lb.Listener(
            self._name,
            load_balancer_arn=self.balancer.arn,
            protocol="TLS" if over_tls else "TCP",
            port=self._settings.dicom_port,
            certificate_arn=self._settings.dicom_certificate_arn if over_tls else None,
            ssl_policy=TLS_POLICY if over_tls else None,
            tcp_idle_timeout_seconds=None if over_tls else _IDLE_SECONDS,
            default_actions=[{"type": "forward", "target_group_arn": self.target_group.arn}],
            opts=pulumi.ResourceOptions(
                parent=self,
                # TLS is enabled in place. Disabling it requires a new listener: the provider would send the
                # previous TLS policy, which AWS rejects for TCP. Both listeners use the same port, so the old one
                # is deleted first.
                replace_on_changes=[] if over_tls else ["protocol"],
                delete_before_replace=True,
            ),
        )
