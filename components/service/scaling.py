"""Application Auto Scaling: adds tasks under load and removes them afterwards, by CPU and requests.

It adds tasks when either metric exceeds its target and removes tasks when both are well below. A task that is
removed finishes its transfers first (see `ingress.load_balancer`), and no task is removed during a deployment. AWS
creates the role it uses, AWSServiceRoleForApplicationAutoScaling_ECSService, itself.
"""

from __future__ import annotations

from typing import TypeAlias

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.ingress.load_balancer import ApplicationLoadBalancer
from components.preflight.rollouts import Rollout

_SCALE_OUT_SECONDS, _SCALE_IN_SECONDS = 60, 300

_Metric: TypeAlias = (
    "aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgsDict"
)


class TaskScaling(pulumi.ComponentResource):
    """The limits of the service and a policy for each metric: CPU, and requests per task and minute."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        cluster_name: pulumi.Output[str],
        service_name: pulumi.Output[str],
        load_balancer: ApplicationLoadBalancer,
        rollout: Rollout,
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Keeps `service_name` of `cluster_name` between `settings.task_count` and `settings.most_tasks`.

        If a task may have to run alone (`rollout`), the lower limit is 1. The next deployment raises the limit
        again, and with it the number of tasks.
        """
        super().__init__("orthanc:service:TaskScaling", name, None, opts)
        self._name, self._settings = name, settings
        self._child = pulumi.ResourceOptions(parent=self)

        target = self._build_target(cluster_name, service_name, rollout)
        self._build_policy(
            target,
            "cpu",
            settings.target_cpu_percent,
            {"predefined_metric_type": "ECSServiceAverageCPUUtilization"},
        )
        balancer, tasks = load_balancer.balancer, load_balancer.target_group
        self._build_policy(
            target,
            "requests",
            settings.target_requests_per_task,
            {
                "predefined_metric_type": "ALBRequestCountPerTarget",
                "resource_label": pulumi.Output.concat(balancer.arn_suffix, "/", tasks.arn_suffix),
            },
        )
        self.register_outputs({})

    def _build_target(
        self, cluster_name: pulumi.Output[str], service_name: pulumi.Output[str], rollout: Rollout
    ) -> aws.appautoscaling.Target:
        return aws.appautoscaling.Target(
            self._name,
            service_namespace="ecs",
            scalable_dimension="ecs:service:DesiredCount",
            resource_id=pulumi.Output.concat("service/", cluster_name, "/", service_name),
            min_capacity=rollout.tasks(self._settings.task_count),
            max_capacity=self._settings.most_tasks,
            opts=self._child,
        )

    def _build_policy(self, target: aws.appautoscaling.Target, figure: str, value: int, metric: _Metric) -> None:
        aws.appautoscaling.Policy(
            f"{self._name}-{figure}",
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            scalable_dimension=target.scalable_dimension,
            resource_id=target.resource_id,
            target_tracking_scaling_policy_configuration={
                "predefined_metric_specification": metric,
                "target_value": value,
                "scale_out_cooldown": _SCALE_OUT_SECONDS,
                # Tasks that are stopping still have connections to the database.
                "scale_in_cooldown": max(_SCALE_IN_SECONDS, self._settings.transfer_seconds),
            },
            opts=self._child,
        )
