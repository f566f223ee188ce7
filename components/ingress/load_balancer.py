"""From CloudFront to the tasks: an internal application load balancer that tells healthy tasks from ill ones."""

import pulumi
import pulumi_aws as aws

from components.config import Settings, ports
from components.iam import policies
from components.ingress import browser_policy
from components.ingress.certificates import Certificates
from components.network.network import Network
from components.preflight.rollout import Rollout
from components.storage.access_logs import AccessLogs

# TLS 1.2 and 1.3 with forward secrecy, and a key exchange that outlasts quantum computers where both sides have
# one: the console's own default (ELB User Guide, "Security policies for your Application Load Balancer").
_TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"

# How load balancers tell whether a task serves. Without credentials every path answers 401, which shows as much as
# 200. It does not ask the database: while that is away, tasks stay. ECS replaces a task as soon as one balancer
# finds it unhealthy, so all are equally patient.
TASK_HEALTH: aws.lb.TargetGroupHealthCheckArgsDict = {
    "protocol": "HTTPS",
    "path": "/system",
    "matcher": "200,401",
    "interval": 15,
    "timeout": 10,
    "healthy_threshold": 2,
    "unhealthy_threshold": 4,
}


class ApplicationLoadBalancer(pulumi.ComponentResource):
    """Load balancer, target group, listener and the rule by which it forwards.

    `balancer: aws.lb.LoadBalancer` and `listener: aws.lb.Listener` for the edge,
    `target_group: aws.lb.TargetGroup` and `forwarding: aws.lb.ListenerRule` for the service.
    """

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
        """Stands in the private subnets of `network`; speaks HTTPS where a certificate covers it, else HTTP.

        Tasks that are replaced, or that are no longer needed, end their transfers before, as `rollout` lets them.
        """
        super().__init__("orthanc:balancing:ApplicationLoadBalancer", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        self.balancer = aws.lb.LoadBalancer(
            name,
            internal=True,
            load_balancer_type="application",
            subnets=network.private_subnet_ids,
            security_groups=[network.security_groups.load_balancer.id],
            idle_timeout=settings.load_balancer_idle_seconds,
            drop_invalid_header_fields=True,
            # It holds no data, but there is no other way to them.
            enable_deletion_protection=settings.data_on_destroy == "refuse",
            # Always given: the provider ignores a block that is left out, so logging would continue.
            access_logs={
                "bucket": access_logs.bucket_name,
                "prefix": policies.LOAD_BALANCER_LOGS,
                "enabled": True,
            }
            if access_logs
            else {"bucket": "", "enabled": False},
            opts=pulumi.ResourceOptions(parent=self, depends_on=access_logs.ready if access_logs else []),
        )
        self.target_group = aws.lb.TargetGroup(
            name,
            vpc_id=network.vpc_id,
            target_type="ip",
            # Under a certificate that each task makes for itself: nobody checks a target's.
            protocol="HTTPS",
            port=ports.ORTHANC_HTTP,
            health_check=TASK_HEALTH,
            # Jobs and queries belong to the task that began them.
            stickiness={"type": "lb_cookie", "enabled": True, "cookie_duration": 3600},
            deregistration_delay=rollout.drain_seconds(settings.transfer_seconds),
            opts=child,
        )
        https = certificates.load_balancer_arn is not None
        self.listener = aws.lb.Listener(
            name,
            load_balancer_arn=self.balancer.arn,
            protocol="HTTPS" if https else "HTTP",
            port=ports.HTTPS if https else ports.HTTP,
            certificate_arn=certificates.load_balancer_arn,
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
                # A listener that loses TLS cannot be updated: the provider would send the previous TLS policy,
                # which AWS refuses for HTTP. The ports differ, so the old listener stays until the new one exists.
                replace_on_changes=["protocol"],
                delete_before_replace=False,
            ),
        )
        # Only what the edge function has let pass reaches Orthanc. A listener rule cannot tell whether a request
        # overrides its method: Orthanc decodes the query string before it splits it, and the patterns of a rule
        # may have no percent sign (ELB User Guide, "Add a listener rule", query string).
        self.forwarding = aws.lb.ListenerRule(
            name,
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
            # CloudFront calls the old listener, by its rule, until the VPC origin leads to the new one.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=False),
        )
        self.register_outputs({})
