"""ECS services: rolling updates to the desired number of tasks of the current deployment."""

import functools
import itertools
import time
import uuid
from collections.abc import Iterator

from local.emulator.overlay import ecs
from local.runner import documents
from local.runner.aws import client
from local.runner.documents import Document
from local.runner.launch import DICOM_PORT, launch
from local.runner.rollout import failures_allowed, plan
from local.runner.security_groups import peer, reaches
from local.runner.tasks import Links, Target, Task
from local.workspace import Workspace

_LONGEST_PAUSE = 30  # seconds between two attempts to start a failing task
# A failed deployment is shown until its rollback is complete. If the tasks still exist, that would be at once, and
# a client that polls every few seconds would not see the failure.
_ROLLBACK_SECONDS = 5


class Services:
    """All services of the emulated AWS."""

    def __init__(self, workspace: Workspace, links: Links):
        """Starts without tasks."""
        self._workspace, self._links = workspace, links
        self._services: dict[str, _Service] = {}
        self._dicom_ports: dict[int, Task] = {}

    def follow(self, *, may_start: bool) -> bool:
        """Perform one step for every service; returns whether all of them are steady."""
        deployed = {service["serviceArn"]: service for service in self._deployed()}
        for arn, service in deployed.items():
            known = self._services.setdefault(arn, _Service(self._workspace, self._links, self._dicom_ports))
            known.follow(service, may_start=may_start)
        for gone in self._services.keys() - deployed.keys():
            for task in self._services.pop(gone).tasks:
                task.leave()
        return all(service.steady for service in self._services.values())

    def _deployed(self) -> Iterator[Document]:
        api = client(self._workspace, "ecs")
        for cluster in api.list_clusters()["clusterArns"]:
            if arns := api.list_services(cluster=cluster)["serviceArns"]:
                yield from api.describe_services(cluster=cluster, services=arns)["services"]


class _Service:
    def __init__(self, workspace: Workspace, links: Links, dicom_ports: dict[int, Task]):
        self.tasks: list[Task] = []
        self.steady = False
        self._workspace, self._links, self._dicom_ports = workspace, links, dicom_ports
        self._deployment: Document = {"id": ""}
        self._completed: Document | None = None  # the deployment to roll back to
        self._failures, self._reason, self._not_before = 0, "", 0.0
        self._rolling_back_until = 0.0

    def follow(self, service: Document, *, may_start: bool) -> None:
        if service["deployments"][0]["id"] != self._deployment["id"]:
            self._begin(service["deployments"][0])
        self._bury()
        here = [task for task in self.tasks if not task.leaving]
        current = [task for task in here if task.deployment == self._deployment["id"]]
        old = [task for task in here if task.deployment != self._deployment["id"]]
        configuration, desired = service["deploymentConfiguration"], service["desiredCount"]
        healthy = sum(task.healthy for task in current)
        rolled_back = time.monotonic() >= self._rolling_back_until
        self.steady = rolled_back and not old and len(current) == desired == healthy
        state, reason, fallback = None, "", None
        start, stop = 0, current
        breaker = configuration["deploymentCircuitBreaker"]
        if breaker["enable"] and self._failures >= failures_allowed(desired) and not self._is_completed():
            state, reason = "FAILED", f"ECS deployment circuit breaker: tasks failed to start. {self._reason}"
            if self._completed and breaker["rollback"]:
                fallback = self._completed["taskDefinition"]
        else:
            bounds = configuration["minimumHealthyPercent"], configuration["maximumPercent"]
            start, stop = plan(desired, bounds, current, old)
            if self.steady and not self._is_completed():
                state, reason = "COMPLETED", f"ECS deployment {self._deployment['id']} completed."
                self._completed = self._deployment
        for task in stop:
            task.leave()
        # Fargate takes longer to start a task than to stop another one, but not longer than the other may drain.
        ending = any(task.ending for task in self.tasks)
        if may_start and not ending and time.monotonic() >= self._not_before:
            for _ in range(start):
                self._start(service)
        running = sum(task.healthy for task in here if not task.leaving)
        ecs.report(
            service["clusterArn"],
            service["serviceArn"],
            running=running,
            pending=max(0, desired - running),
            rollout_state=state,
            reason=reason,
            task_definition=fallback,
            deployment=self._deployment["id"],
        )

    def _is_completed(self) -> bool:
        return self._completed is self._deployment

    def _begin(self, deployment: Document) -> None:
        """Follow a new deployment; if it is a rollback, adopt the tasks that still exist from the earlier one."""
        if (
            self._failures
            and self._completed
            and self._completed["taskDefinition"] == deployment["taskDefinition"]
        ):
            self._rolling_back_until = time.monotonic() + _ROLLBACK_SECONDS
            for task in self.tasks:
                if task.deployment == self._completed["id"]:
                    task.deployment = deployment["id"]
        self._deployment, self._failures, self._not_before = deployment, 0, 0.0

    def _bury(self) -> None:
        """Remove stopped tasks; count consecutive ones that were never healthy, and delay the next start."""
        for task in [task for task in self.tasks if not task.is_alive()]:
            self.tasks.remove(task)
            if task.reason and not task.was_healthy and task.deployment == self._deployment["id"]:
                self._failures, self._reason = self._failures + 1, task.reason
                self._not_before = time.monotonic() + min(self._failures, _LONGEST_PAUSE)
        if any(task.healthy and task.deployment == self._deployment["id"] for task in self.tasks):
            self._failures = 0

    def _start(self, service: Document) -> None:
        arn = self._deployment["taskDefinition"]
        definition = client(self._workspace, "ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
        network = self._deployment["networkConfiguration"]["awsvpcConfiguration"]
        name = f"{self._workspace.slug}-{service['serviceName']}-{uuid.uuid4().hex[:8]}"
        targets = [self._target(each, network) for each in service.get("loadBalancers", [])]
        ports = (self._workspace.port(f"dicom{number}") for number in itertools.count())
        port = next(p for p in ports if p not in self._dicom_ports or not self._dicom_ports[p].is_alive())
        behind_balancer = any(target.port == DICOM_PORT for target in targets)
        self._dicom_ports[port] = task = Task(
            self._workspace,
            name,
            self._deployment["id"],
            functools.partial(
                launch,
                self._workspace,
                name,
                definition,
                network,
                None if behind_balancer else port,
                self._shells_configuration(service),
            ),
            health_command=documents.health_command(definition["containerDefinitions"][0]),
            targets=targets,
            grace_seconds=service.get("healthCheckGracePeriodSeconds", 0),
            links=self._links,
        )
        self.tasks.append(task)
        task.start()

    def _shells_configuration(self, service: Document) -> Document | None:
        """The cluster's executeCommandConfiguration, if the service enables ECS Exec."""
        if not service.get("enableExecuteCommand"):
            return None
        described = client(self._workspace, "ecs").describe_clusters(
            clusters=[service["clusterArn"]], include=["CONFIGURATIONS"]
        )
        [cluster] = described["clusters"]
        return cluster.get("configuration", {}).get("executeCommandConfiguration", {})

    def _target(self, balanced: Document, network: Document) -> Target:
        api, arn, port = client(self._workspace, "elbv2"), balanced["targetGroupArn"], balanced["containerPort"]
        [group] = api.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
        [balancer] = api.describe_load_balancers(LoadBalancerArns=group["LoadBalancerArns"])["LoadBalancers"]
        there = peer(
            self._workspace, balancer["SecurityGroups"], [z["SubnetId"] for z in balancer["AvailabilityZones"]]
        )
        here = peer(self._workspace, network["securityGroups"], network["subnets"])
        asked = {port, documents.check_port(group, port)}
        return Target(
            group, port, frozenset(each for each in asked if reaches(self._workspace, there, here, each))
        )
