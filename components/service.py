"""Orthanc itself: an ECS service on Fargate behind an internal load balancer, with the permissions it uses."""

import pulumi
import pulumi_aws as aws

from components import orthanc, policies, protection, task
from components.database import Database, DatabaseAccess, generated_password
from components.image import OrthancImage
from components.networking import Networking
from components.security_groups import HTTP_PORT
from components.settings import Settings
from components.storage import DicomBucket, DicomFileSystem

# Seconds that a new task may fail its checks: the start-up script, the plugins and the index's first connections.
_GRACE_SECONDS = 180


class OrthancService(pulumi.ComponentResource):
    """Cluster, task definition, load balancer and service, and the secret with the users' passwords.

    `load_balancer` and `listener` for the edge; `credentials_secret_name` and `admin_password` (secret):
    Output[str]. `pulumi up` waits until the service is steady; a deployment whose tasks fail is rolled back and
    reported.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        network: Networking,
        storage: DicomBucket | DicomFileSystem,
        database: Database,
        image: OrthancImage,
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Runs `settings.task_count` tasks of `image` in the network's private subnets."""
        super().__init__("orthanc:service:OrthancService", name, None, opts)
        self._name, self._settings = name, settings
        self._child = pulumi.ResourceOptions(parent=self)

        credentials_arn = self._build_credentials()
        log_group = aws.cloudwatch.LogGroup(name, retention_in_days=settings.log_retention_days, opts=self._child)

        execution_role, execution_policy = self._build_role(
            "execution",
            pulumi.Output.all(
                image.repository_arn, log_group.arn, pulumi.Output.all(credentials_arn, database.secret_arn)
            ).apply(lambda arns: policies.execution_role(*arns)),
        )
        task_role, task_policy = self._build_role("task", storage.task_policy)
        task_definition = aws.ecs.TaskDefinition(
            name,
            family=f"{name}-{pulumi.get_stack()}",
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(settings.task_cpu),
            memory=str(settings.task_memory_mib),
            runtime_platform={"cpu_architecture": "X86_64", "operating_system_family": "LINUX"},
            execution_role_arn=execution_role.arn,
            task_role_arn=task_role.arn,
            volumes=_volumes(storage),
            container_definitions=pulumi.Output.all(
                image.digest, database.access, credentials_arn, log_group.name, _bucket_target(storage)
            ).apply(lambda known: self._container_definitions(*known)),
            opts=self._child,
        )

        target_group = self._build_load_balancer(network)
        self.cluster = aws.ecs.Cluster(name, opts=self._child)
        mounts = storage.ready if isinstance(storage, DicomFileSystem) else []
        several = settings.task_count > 1
        aws.ecs.Service(
            name,
            cluster=self.cluster.arn,
            task_definition=task_definition.arn,
            launch_type="FARGATE",
            desired_count=settings.task_count,
            network_configuration={
                "subnets": network.private_subnet_ids,
                "security_groups": [network.security_groups.task.id],
                "assign_public_ip": False,
            },
            load_balancers=[
                {
                    "target_group_arn": target_group.arn,
                    "container_name": task.CONTAINER_NAME,
                    "container_port": orthanc.HTTP_PORT,
                }
            ],
            # A new task is up before an old one goes.
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=200,
            deployment_circuit_breaker={"enable": True, "rollback": True},
            availability_zone_rebalancing="ENABLED" if several else "DISABLED",
            health_check_grace_period_seconds=_GRACE_SECONDS,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            wait_for_steady_state=True,
            opts=pulumi.ResourceOptions(
                parent=self,
                # ECS refuses a target group without a listener; a task without its policies or mounts fails; and
                # on the way down the tasks go before what they use.
                depends_on=[self.listener, execution_policy, task_policy, *mounts],
            ),
        )
        self.register_outputs({"credentialsSecretName": self.credentials_secret_name})

    def _build_credentials(self) -> pulumi.Output[str]:
        """The secret that is Orthanc's RegisteredUsers: a JSON object, user to password. Answers its ARN."""
        name = f"{self._name}-credentials"
        self.admin_password = generated_password(name, self._child)
        secret = aws.secretsmanager.Secret(
            name,
            description="Orthanc's users and their passwords",
            recovery_window_in_days=protection.secret_recovery_window_days(self._settings),
            opts=self._child,
        )
        version = aws.secretsmanager.SecretVersion(
            name,
            secret_id=secret.id,
            secret_string=pulumi.Output.json_dumps({orthanc.ADMIN_USER: self.admin_password}),
            opts=self._child,
        )
        self.credentials_secret_name = secret.name
        return version.secret_arn

    def _build_role(self, purpose: str, policy: pulumi.Output[str]) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        name = f"{self._name}-{purpose}"
        trust = policies.assumed_by("ecs-tasks.amazonaws.com")
        role = aws.iam.Role(name, assume_role_policy=trust, opts=self._child)
        return role, aws.iam.RolePolicy(name, role=role.id, policy=policy, opts=self._child)

    def _container_definitions(
        self,
        image: str,
        database: DatabaseAccess,
        credentials_arn: str,
        log_group: str,
        bucket: orthanc.BucketTarget | None,
    ) -> str:
        return task.container_definitions(
            image,
            orthanc.environment(self._settings, pulumi.get_stack(), database, bucket),
            orthanc.secrets(database, credentials_arn),
            task.Logs(log_group, aws.get_region().region),
            files_on_efs=bucket is None,
        )

    def _build_load_balancer(self, network: Networking) -> aws.lb.TargetGroup:
        settings, logs = self._settings, self._settings.access_logs_bucket_arn
        self.load_balancer = aws.lb.LoadBalancer(
            self._name,
            internal=True,
            load_balancer_type="application",
            subnets=network.private_subnet_ids,
            security_groups=[network.security_groups.load_balancer.id],
            idle_timeout=settings.load_balancer_idle_seconds,
            drop_invalid_header_fields=True,
            access_logs={"bucket": logs.split(":::")[1], "prefix": self._name, "enabled": True} if logs else None,
            opts=self._child,
        )
        target_group = aws.lb.TargetGroup(
            self._name,
            vpc_id=network.vpc_id,
            target_type="ip",
            protocol="HTTP",
            port=orthanc.HTTP_PORT,
            # Without credentials every path answers 401, which shows as much as 200 that Orthanc serves.
            health_check={
                "path": "/system",
                "matcher": "200,401",
                "interval": 15,
                "timeout": 10,
                "healthy_threshold": 2,
                "unhealthy_threshold": 4,
            },
            # Jobs and queries belong to the task that began them.
            stickiness={"type": "lb_cookie", "enabled": True, "cookie_duration": 3600},
            deregistration_delay=settings.response_timeout_seconds,
            opts=self._child,
        )
        self.listener = aws.lb.Listener(
            self._name,
            load_balancer_arn=self.load_balancer.arn,
            protocol="HTTP",
            port=HTTP_PORT,
            default_actions=[{"type": "forward", "target_group_arn": target_group.arn}],
            opts=self._child,
        )
        return target_group


def _bucket_target(storage: DicomBucket | DicomFileSystem) -> pulumi.Output[orthanc.BucketTarget | None]:
    if isinstance(storage, DicomFileSystem):
        return pulumi.Output.from_input(None)
    region = aws.get_region().region
    return storage.bucket_name.apply(lambda name: orthanc.BucketTarget(name, region))


def _volumes(storage: DicomBucket | DicomFileSystem) -> list[aws.ecs.TaskDefinitionVolumeArgsDict]:
    volumes: list[aws.ecs.TaskDefinitionVolumeArgsDict] = [{"name": name} for name in task.EMPTY_VOLUMES]
    if isinstance(storage, DicomFileSystem):
        volumes.append(
            {
                "name": task.FILES_VOLUME,
                "efs_volume_configuration": {
                    "file_system_id": storage.file_system_id,
                    "transit_encryption": "ENABLED",
                    "authorization_config": {"access_point_id": storage.access_point_id, "iam": "ENABLED"},
                },
            }
        )
    return volumes
