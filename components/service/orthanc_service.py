"""The ECS service on Fargate that runs Orthanc, with its cluster, task definition, roles, and log group."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.config import Settings, ports, schema_versions
from components.config.metric import Metric
from components.config.stack_name import with_stack
from components.database.database import Database, DatabaseAccess
from components.iam.keys import Keys
from components.ingress.dicom import DicomIngress
from components.ingress.load_balancer import ApplicationLoadBalancer
from components.network.endpoint_policies import EndpointPolicies
from components.network.network import Network
from components.preflight import rollouts
from components.preflight.rollouts import Rollout
from components.service import capacity_providers, orthanc_config, task_definition, task_roles
from components.service.container_insights import cluster_setting
from components.service.container_insights import log_group as log_group_of_insights
from components.service.exec_access import Shells
from components.service.image import OrthancImage
from components.service.scaling import TaskScaling
from components.service.users import OrthancUsers
from components.storage.storage import Storage

# The longest family name of a task definition (Amazon ECS API Reference, "RegisterTaskDefinition").
_LONGEST_FAMILY = 255

# The provider's default timeout for a service, in minutes. Too short if old tasks finish long transfers.
_PATIENCE_MINUTES = 20


class OrthancService(pulumi.ComponentResource):
    """Cluster, roles, log group, task definition and service.

    `pulumi up` waits until the service is steady; a deployment whose tasks fail is rolled back and reported.
    """

    cluster_arn: pulumi.Output[str]
    service_arn: pulumi.Output[str]
    log_group_name: pulumi.Output[str]
    ready: Sequence[pulumi.Resource]
    """Resources that exist once the tasks are healthy."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        network: Network,
        storage: Storage,
        database: Database,
        keys: Keys,
        users: OrthancUsers,
        image: OrthancImage,
        load_balancer: ApplicationLoadBalancer,
        rollout: Rollout,
        dicom: DicomIngress | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Runs `settings.task_count` tasks of `image`, or more under load, in the network's private subnets.

        `dicom` is None if nothing may reach the DICOM port. `rollout` specifies how tasks are replaced.
        """
        super().__init__("orthanc:service:OrthancService", name, None, opts)
        self._name, self._settings, self._rollout = name, settings, rollout
        self._child = pulumi.ResourceOptions(parent=self)

        log_group = self._build_log_group(keys)
        shells = Shells(f"{name}-exec", settings, keys=keys, opts=self._child)
        roles = task_roles.build(
            name,
            settings,
            pull=image.repository_arn,
            log=log_group.arn,
            secrets=pulumi.Output.all(users.secret_arn, database.secret_arn),
            secrets_key=keys.secrets_arn,
            task_policies=[storage.task_policy, *shells.task_policies],
            opts=self._child,
        )
        definition = self._build_task_definition(roles, image, database, users, log_group, storage)
        endpoint_policies = EndpointPolicies(
            f"{name}-endpoints",
            account=settings.account,
            network=network,
            role_documents=[roles.execution_document, roles.task_document],
            opts=self._child,
        )
        cluster, providers = self._build_cluster(shells, keys)
        balancers = [load_balancer, *([dicom] if dicom else [])]
        service = self._build_service(
            cluster,
            definition,
            network,
            [(load_balancer, ports.ORTHANC_HTTP), *([(dicom, ports.ORTHANC_DICOM)] if dicom else [])],
            # ECS rejects a target group that no listener forwards to. A task fails without its mounts. No task may
            # run before the endpoints are restricted. On destroy, tasks are deleted before the resources that they
            # use.
            depends_on=[
                providers,
                *(balancer.forwarding for balancer in balancers),
                *endpoint_policies.ready,
                *storage.ready,
            ],
        )
        self._warn(log_group)
        if settings.scales:
            self._build_scaling(cluster, service, load_balancer)
        rollouts.record(f"{name}-running", settings, deployed=service, parent=self)

        self.ready = [service]
        self.cluster_arn, self._cluster_name = cluster.arn, cluster.name
        self.service_arn, self._service_name = service.arn, service.name
        self.log_group_name = log_group.name
        self.register_outputs({})

    def metric(self, name: str, statistic: str) -> Metric:
        """Returns CPUUtilization or MemoryUtilization of the tasks, in percent."""
        dimensions = {"ClusterName": self._cluster_name, "ServiceName": self._service_name}
        return Metric("AWS/ECS", name, dimensions, statistic, self._settings.account.region)

    def log_metric(self, name: str) -> Metric:
        """Returns one of the stack's own metrics, which a metric filter counts in the log group."""
        # No other stack has a log group of that name.
        namespace = pulumi.Output.concat("Orthanc/", self.log_group_name)
        return Metric(namespace, name, {}, "Sum", self._settings.account.region)

    def _build_log_group(self, keys: Keys) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            self._name,
            retention_in_days=self._settings.log_retention_days,
            kms_key_id=keys.logs_arn,
            opts=self._child,
        )

    def _build_task_definition(
        self,
        roles: task_roles.TaskRoles,
        image: OrthancImage,
        database: Database,
        users: OrthancUsers,
        log_group: aws.cloudwatch.LogGroup,
        storage: Storage,
    ) -> aws.ecs.TaskDefinition:
        settings = self._settings
        bucket = pulumi.Output.from_input(storage.bucket_name).apply(
            lambda name: orthanc_config.BucketTarget(name, settings.account.region) if name else None
        )
        known = pulumi.Output.all(image.digest, database.access, users.secret_arn, log_group.name, bucket)
        return aws.ecs.TaskDefinition(
            self._name,
            family=with_stack(self._name, pulumi.get_stack(), longest=_LONGEST_FAMILY),
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(settings.task_cpu),
            memory=str(settings.task_memory_mib),
            runtime_platform={"cpu_architecture": settings.cpu_architecture, "operating_system_family": "LINUX"},
            execution_role_arn=roles.execution_arn,
            task_role_arn=roles.task_arn,
            volumes=task_definition.volumes(storage.volume, with_exec=settings.enable_exec),
            container_definitions=known.apply(lambda parts: self._container_definitions(*parts)),
            opts=self._child,
        )

    def _build_cluster(
        self, shells: Shells, keys: Keys
    ) -> tuple[aws.ecs.Cluster, aws.ecs.ClusterCapacityProviders]:
        # The log group is named after the cluster and must exist first, so the name cannot come from the cluster.
        suffix = random.RandomId(self._name, byte_length=4, opts=self._child).hex
        cluster_name = pulumi.Output.concat(self._name, "-", suffix)
        insights = log_group_of_insights(
            f"{self._name}-insights", self._settings, keys=keys, cluster_name=cluster_name, parent=self
        )
        cluster = aws.ecs.Cluster(
            self._name,
            name=cluster_name,
            configuration=shells.configuration,
            settings=[cluster_setting(self._settings)],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[insights]),
        )
        providers = aws.ecs.ClusterCapacityProviders(
            self._name,
            cluster_name=cluster.name,
            capacity_providers=capacity_providers.PROVIDERS,
            opts=self._child,
        )
        return cluster, providers

    def _build_service(
        self,
        cluster: aws.ecs.Cluster,
        definition: aws.ecs.TaskDefinition,
        network: Network,
        balancers: Sequence[tuple[ApplicationLoadBalancer | DicomIngress, int]],
        *,
        depends_on: Sequence[pulumi.Resource],
    ) -> aws.ecs.Service:
        settings, rollout = self._settings, self._rollout
        # To move a task to a zone with fewer tasks, ECS starts another task first.
        balances_zones = settings.most_tasks > 1 and rollout.maximum_percent > 100
        return aws.ecs.Service(
            self._name,
            cluster=cluster.arn,
            task_definition=definition.arn,
            capacity_provider_strategies=capacity_providers.strategy(settings.fargate_spot_percent),
            # Without it, a different share of Spot would replace the service.
            force_new_deployment=True,
            desired_count=rollout.tasks(settings.task_count),
            network_configuration={
                "subnets": network.private_subnet_ids,
                "security_groups": [network.security_groups.task.id],
                "assign_public_ip": False,
            },
            load_balancers=[
                {
                    "target_group_arn": balancer.target_group.arn,
                    "container_name": task_definition.CONTAINER_NAME,
                    "container_port": port,
                }
                for balancer, port in balancers
            ],
            deployment_minimum_healthy_percent=rollout.minimum_healthy_percent,
            deployment_maximum_percent=rollout.maximum_percent,
            deployment_circuit_breaker={"enable": True, "rollback": True},
            availability_zone_rebalancing="ENABLED" if balances_zones else "DISABLED",
            health_check_grace_period_seconds=rollout.grace_seconds,
            enable_execute_command=settings.enable_exec,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            wait_for_steady_state=True,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=list(depends_on),
                custom_timeouts=_patience(settings, rollout),
                # With scaling, an update must not change the number of tasks, but a task that migrates must run
                # alone.
                ignore_changes=["desiredCount"] if settings.scales and not rollout.migrates else None,
            ),
        )

    def _build_scaling(
        self, cluster: aws.ecs.Cluster, service: aws.ecs.Service, load_balancer: ApplicationLoadBalancer
    ) -> None:
        TaskScaling(
            f"{self._name}-scaling",
            self._settings,
            cluster_name=cluster.name,
            service_name=service.name,
            load_balancer=load_balancer,
            rollout=self._rollout,
            opts=self._child,
        )

    def _warn(self, log_group: aws.cloudwatch.LogGroup) -> None:
        rollouts.warn_of(self._rollout, log_group.name, self)
        if shortcomings := schema_versions.shortcomings(self._settings.orthanc_image):
            pulumi.log.warn(shortcomings, self)

    def _container_definitions(
        self,
        image: str,
        database: DatabaseAccess,
        users_arn: str,
        log_group: str,
        bucket: orthanc_config.BucketTarget | None,
    ) -> str:
        return task_definition.container_definitions(
            image,
            orthanc_config.environment(self._settings, pulumi.get_stack(), database, bucket),
            orthanc_config.secrets(database, users_arn),
            task_definition.Logs(log_group, self._settings.account.region),
            files_on_efs=bucket is None,
            credentials_version=self._settings.credentials_version,
            with_exec=self._settings.enable_exec,
        )


def _patience(settings: Settings, rollout: Rollout) -> pulumi.CustomTimeouts:
    minutes = _PATIENCE_MINUTES + math.ceil((settings.transfer_seconds + rollout.grace_seconds) / 60)
    return pulumi.CustomTimeouts(create=f"{minutes}m", update=f"{minutes}m", delete=f"{minutes}m")
