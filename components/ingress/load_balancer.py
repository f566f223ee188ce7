"""The internal Application Load Balancer between CloudFront and the tasks."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.config import Settings, ports
from components.config.metric import Metric
from components.iam import policies
from components.ingress import browser_policy
from components.ingress.certificates import Certificates
from components.network.network import Network
from components.preflight.rollouts import Rollout
from components.storage.access_logs import AccessLogs

# TLS 1.2 and 1.3 with forward secrecy, and with a post-quantum key exchange if both sides support it. This is the
# console's default (ELB User Guide, "Security policies for your Application Load Balancer").
_TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"

# The health check of all load balancers. Without credentials, every path returns 401, which proves as much as 200.
# The check does not query the database, so tasks survive a database outage. ECS replaces a task as soon as one
# load balancer considers it unhealthy, so all use the same thresholds.
TASK_HEALTH: aws.lb.TargetGroupHealthCheckArgsDict = {
    "protocol": "HTTPS",
    "path": "/system",
    "matcher": "200,401",
    "interval": 15,
    "timeout": 10,
    "healthy_threshold": 2,
    "unhealthy_threshold": 4,
}


# Metrics that a load balancer reports for each target group.
_TARGET_GROUP_METRICS = {"HealthyHostCount"}


class ApplicationLoadBalancer(pulumi.ComponentResource):
    """Load balancer, target group, listener, and the listener rule that forwards."""

    balancer: aws.lb.LoadBalancer
    listener: aws.lb.Listener
    target_group: aws.lb.TargetGroup
    forwarding: aws.lb.ListenerRule
    """The rule that forwards to the target group. ECS accepts a target group only if a listener forwards to it."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        network: Network,
        certificates: Certificates,
        rollout: Rollout,
        access_logs: AccessLogs | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Listens in the private subnets of `network`, with HTTPS if `certificates` has a certificate for it.

        Tasks that are replaced or no longer needed finish their transfers first, for as long as `rollout` allows.
        """
        super().__init__("orthanc:ingress:ApplicationLoadBalancer", name, None, opts)
        self._name, self._settings = name, settings

        self.balancer = self._build_balancer(network, access_logs)
        self.target_group = self._build_target_group(network, rollout)
        self.listener = self._build_listener(certificates.load_balancer_arn)
        self.forwarding = self._build_forwarding()
        self.register_outputs({})

    def metric(self, name: str, statistic: str = "Sum") -> Metric:
        """Returns a load balancer metric, such as RequestCount, HealthyHostCount or TargetResponseTime."""
        dimensions = metric_dimensions(name, self.balancer, self.target_group)
        return Metric("AWS/ApplicationELB", name, dimensions, statistic, self._settings.account.region)

    def _build_balancer(self, network: Network, access_logs: AccessLogs | None) -> aws.lb.LoadBalancer:
        return aws.lb.LoadBalancer(
            self._name,
            internal=True,
            load_balancer_type="application",
            subnets=network.private_subnet_ids,
            security_groups=[network.security_groups.load_balancer.id],
            idle_timeout=self._settings.load_balancer_idle_seconds,
            drop_invalid_header_fields=True,
            # The load balancer holds no data, but it is the only route to the data.
            enable_deletion_protection=self._settings.data_on_destroy == "refuse",
            # Always set: the provider ignores a block that is left out, so logging would continue.
            access_logs={
                "bucket": access_logs.bucket_name,
                "prefix": policies.LOAD_BALANCER_LOGS,
                "enabled": True,
            }
            if access_logs
            else {"bucket": "", "enabled": False},
            opts=pulumi.ResourceOptions(parent=self, depends_on=access_logs.ready if access_logs else []),
        )

    def _build_target_group(self, network: Network, rollout: Rollout) -> aws.lb.TargetGroup:
        return aws.lb.TargetGroup(
            self._name,
            vpc_id=network.vpc_id,
            target_type="ip",
            # Each task generates its own certificate. Load balancers do not verify the certificates of targets.
            protocol="HTTPS",
            port=ports.ORTHANC_HTTP,
            health_check=TASK_HEALTH,
            # Jobs and queries belong to the task that started them.
            stickiness={"type": "lb_cookie", "enabled": True, "cookie_duration": 3600},
            deregistration_delay=rollout.drain_seconds(self._settings.transfer_seconds),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _build_listener(self, certificate_arn: pulumi.Input[str] | None) -> aws.lb.Listener:
        """Creates an HTTPS listener, or an HTTP listener without a certificate.

        By default, the listener rejects requests (see `_build_forwarding`).
        """
        https = certificate_arn is not None
        return aws.lb.Listener(
            self._name,
            load_balancer_arn=self.balancer.arn,
            protocol="HTTPS" if https else "HTTP",
            port=ports.HTTPS if https else ports.HTTP,
            certificate_arn=certificate_arn,
            ssl_policy=_TLS_POLICY if https else None,
            default_actions=[
                {
                    "type": "fixed-response",
                    "fixed_response": {
                        "status_code": "403",
                        "content_type": "text/plain",
                        "message_body": "The archive is reached through its CloudFront distribution only.\n",
                    },
                }
            ],
            opts=pulumi.ResourceOptions(
                parent=self,
                # A listener cannot be updated from HTTPS to HTTP: the provider would send the previous TLS policy,
                # which AWS rejects for HTTP. The ports differ, so the old listener stays until the new one exists.
                replace_on_changes=["protocol"],
                delete_before_replace=False,
            ),
        )

    def _build_forwarding(self) -> aws.lb.ListenerRule:
        """Creates the rule that forwards only requests that the edge function has permitted.

        A listener rule cannot detect whether a request overrides its method: Orthanc decodes the query string
        before it splits it, and the patterns of a rule may not contain a percent sign (ELB User Guide, "Add a
        listener rule", query string).
        """
        return aws.lb.ListenerRule(
            self._name,
            listener_arn=self.listener.arn,
            priority=1,
            conditions=[
                {
                    "http_header": {
                        "http_header_name": browser_policy.EDGE_MARK,
                        "values": [browser_policy.EDGE_MARK_VALUE],
                    }
                }
            ],
            actions=[{"type": "forward", "target_group_arn": self.target_group.arn}],
            # CloudFront uses the old listener and its rule until the VPC origin points to the new one.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=False),
        )


def metric_dimensions(
    name: str, balancer: aws.lb.LoadBalancer, target_group: aws.lb.TargetGroup
) -> dict[str, pulumi.Output[str]]:
    """Returns the dimensions of the metric `name` of an application or network load balancer."""
    dimensions = {"LoadBalancer": balancer.arn_suffix}
    if name in _TARGET_GROUP_METRICS:
        dimensions["TargetGroup"] = target_group.arn_suffix
    return dimensions
