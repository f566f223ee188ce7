"""One task of a service: a thread that starts its container, monitors its health, and removes it."""

import contextlib
import http.client
import logging
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from local.images import ImageError, docker
from local.runner import clock, containers, documents
from local.runner.aws import client
from local.runner.documents import Document, TaskError
from local.workspace import Workspace

# Seconds between checks of a task that is not healthy yet. With the interval of the deployed checks, every
# `make up` would wait for them.
_HASTE = 0.5
_EDGE_NOTICES = 1.5  # seconds until the edge has read that a target was removed
_HEALTH = "{{if and .State.Running .State.Health}}{{.State.Health.Status}}{{end}}"

log = logging.getLogger("tasks")


class Target(NamedTuple):
    """A target group of the service, as AWS describes it, and the container's port.

    `reachable`: the ports of the tasks, for traffic and health checks, that the load balancer can reach.
    """

    group: Document
    port: int
    reachable: frozenset[int]

    @property
    def check_port(self) -> int:
        """The port of the health check."""
        return documents.check_port(self.group, self.port)


class Links(NamedTuple):
    """The functions by which a task calls the rest of the runner."""

    busy: Callable[[str], bool]
    """Whether a request to an address is in progress."""
    cut: Callable[[str], None]
    """Ends the requests in progress to an address."""
    changed: Callable[[], None]
    """Called when a task has stopped, so that steady services are checked again."""


class Task(threading.Thread):
    """A task from its start to its end.

    `deployment`: the ID of its deployment; `healthy`: by all its checks; `reason`: why it stopped by itself.
    """

    def __init__(
        self,
        workspace: Workspace,
        name: str,
        deployment: str,
        launch: Callable[[], str],
        *,
        health_command: str,
        targets: Sequence[Target],
        grace_seconds: int,
        links: Links,
    ):
        """`launch` starts the container and returns its address; `health_command` is the container's own check.

        For `grace_seconds` after the start, failed checks do not stop the task, neither those of a load balancer
        nor those of the container (API reference of CreateService).
        """
        super().__init__(name=name, daemon=True)
        self.deployment, self.healthy, self.was_healthy, self.reason = deployment, False, False, ""
        self._workspace, self._launch, self._health_command, self._address = workspace, launch, health_command, ""
        self._targets, self._grace, self._links = targets, grace_seconds, links
        self._leave = threading.Event()
        self._draining = False

    @property
    def ending(self) -> bool:
        """Whether it was asked to stop and no longer waits for requests in progress."""
        return self.leaving and not self._draining

    @property
    def leaving(self) -> bool:
        """Whether it was asked to stop."""
        return self._leave.is_set()

    def leave(self) -> None:
        """Stop as soon as no request is in progress."""
        self._leave.set()

    def run(self) -> None:
        """Run the task; the container is removed in any case."""
        log.info("%s starts", self.name)
        try:
            self._address = self._launch()
            self._watch()
        except (TaskError, ImageError, BotoCoreError, ClientError) as error:
            self.reason = str(error)
        self.healthy = False
        self._links.changed()
        log.info("%s stops: %s", self.name, self.reason or "it is not wanted any more")
        with contextlib.suppress(BotoCoreError, ClientError):  # the target group may no longer exist
            self._register("deregister_targets")
        if not self.reason:
            self._drain()
            subprocess.run(["docker", "stop", self.name], capture_output=True, check=False)
        containers.remove("container", self.name)

    def _watch(self) -> None:
        """Check the task until it is asked to stop. Raises TaskError if it stops or fails its health checks."""
        file = self._workspace.home / "logs" / f"{self.name}.log"
        file.parent.mkdir(exist_ok=True)
        with file.open("w") as stream:
            output = subprocess.Popen(["docker", "logs", "--follow", self.name], stdout=stream, stderr=stream)
        interval = min((t.group["HealthCheckIntervalSeconds"] for t in self._targets), default=10)
        patience = interval * max((t.group["UnhealthyThresholdCount"] for t in self._targets), default=3)
        interval, patience = clock.seconds(interval), clock.seconds(patience)
        next_check, last_well = 0.0, time.monotonic()
        grace_ends = time.monotonic() + clock.seconds(self._grace)
        while not self._leave.wait(_HASTE):
            if output.poll() is not None:  # it ends with the container
                code = containers.inspect(self.name, "{{.State.ExitCode}}")
                raise TaskError(f"Essential container in task exited ({code}); its output: {file}")
            if time.monotonic() < next_check:
                continue
            ill = containers.inspect(self.name, _HEALTH) == "unhealthy"
            if not ill and self._well():
                last_well = time.monotonic()
                if not self.healthy:
                    self._register("register_targets")
                    self.healthy = self.was_healthy = True
            elif time.monotonic() > grace_ends and (ill or time.monotonic() > last_well + patience):
                checks = "container" if ill else "ELB"
                raise TaskError(f"Task failed {checks} health checks; its output: {file}")
            next_check = time.monotonic() + (interval if self.healthy else 0)

    def _well(self) -> bool:
        """Whether the checks of the target groups and the container's own check succeed.

        Docker performs its first check only after a whole interval. Until the task is healthy for the first time,
        this performs the check.
        """
        if not all(
            target.check_port in target.reachable and _answers(self._address, target) for target in self._targets
        ):
            return False
        if not self.was_healthy and self._health_command:
            try:
                docker("exec", self.name, "/bin/sh", "-c", self._health_command)
            except ImageError:
                return False
        return True

    def _register(self, operation: str) -> None:
        """Register only targets that can receive traffic; AWS also lists unhealthy and unreachable targets."""
        reached = [target for target in self._targets if target.port in target.reachable]
        for target in reached if self._address else ():
            one = {"Id": self._address, "Port": target.port}
            call = getattr(client(self._workspace, "elbv2"), operation)
            call(TargetGroupArn=target.group["TargetGroupArn"], Targets=[one])

    def _drain(self) -> None:
        """Wait for the current deregistration delay, or until no request is in progress."""
        seconds = max((_deregistration_delay(self._workspace, target) for target in self._targets), default=0)
        deadline = time.monotonic() + seconds
        self._draining = seconds > 0
        time.sleep(_EDGE_NOTICES if self._targets else 0)
        while self._links.busy(self._address) and time.monotonic() < deadline:
            time.sleep(0.2)
        self._draining = False
        self._links.cut(self._address)


def _deregistration_delay(workspace: Workspace, target: Target) -> int:
    api, arn = client(workspace, "elbv2"), target.group["TargetGroupArn"]
    with contextlib.suppress(BotoCoreError, ClientError):  # the target group may no longer exist
        attributes = documents.attributes(api.describe_target_group_attributes(TargetGroupArn=arn))
        return int(attributes["deregistration_delay.timeout_seconds"])
    return 0


def _answers(address: str, target: Target) -> bool:
    """Whether one health check of the target group succeeds."""
    check, port = target.group, target.check_port
    timeout = check["HealthCheckTimeoutSeconds"]
    if check["HealthCheckProtocol"] == "TCP":
        with contextlib.suppress(OSError):
            socket.create_connection((address, port), timeout).close()
            return True
        return False
    if check["HealthCheckProtocol"] == "HTTPS":  # any certificate is accepted
        unverified = ssl._create_unverified_context()  # noqa: S323
        connection = http.client.HTTPSConnection(address, port, timeout=timeout, context=unverified)
    else:
        connection = http.client.HTTPConnection(address, port, timeout=timeout)
    try:
        connection.request("GET", check["HealthCheckPath"], headers={"User-Agent": "ELB-HealthChecker/2.0"})
        return documents.matches(check["Matcher"]["HttpCode"], connection.getresponse().status)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
