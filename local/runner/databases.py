"""RDS: a PostgreSQL container for each instance, with the instance's name, password and settings.

Its data is in a docker volume, and so is each snapshot: a copy of the instance's disk at that time.
"""

import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from local.emulator.overlay.rds import master_password, restored_from
from local.images import docker
from local.runner import certificates, containers
from local.runner.aws import client
from local.workspace import Workspace

# Memory (GiB) of an instance class by its size; larger sizes have more than any test needs.
_MEMORY_GIB = {"micro": 1, "small": 2, "medium": 4, "large": 8}


class _Instance(NamedTuple):
    """The settings of a container; if they change, a new container replaces it, with the same data."""

    host: str
    port: int
    user: str
    password: str
    database: str
    force_ssl: str
    max_connections: int
    snapshot: str | None


class Databases:
    """The containers that emulate the RDS instances of a workspace."""

    def __init__(self, workspace: Workspace, changed: Callable[[], None]):
        """Starts without containers. `changed` is called when a container stops."""
        self._workspace, self._changed = workspace, changed
        self._running: dict[str, _Instance] = {}
        self._addresses: dict[str, str] = {}
        self._ended: dict[str, threading.Event] = {}
        self._snapshots: set[str] = set()

    def follow(self) -> bool:
        """Run only the instances that are deployed now; returns whether all of them accept connections."""
        deployed = client(self._workspace, "rds").describe_db_instances()["DBInstances"]
        self._keep_snapshots()
        wanted = {self._name(each): self._instance(each) for each in deployed}
        for name in self._running.keys() - wanted.keys():
            containers.remove("container", name)
            containers.remove("volume", name)
            del self._running[name]
        answers = [self._run(name, instance) for name, instance in wanted.items()]
        return all(answers)

    def _keep_snapshots(self) -> None:
        """Copy the data for new snapshots, even if the instance itself was deleted with a final snapshot."""
        taken = client(self._workspace, "rds").describe_db_snapshots()["DBSnapshots"]
        volumes = {self._volume(each["DBSnapshotIdentifier"]): self._name(each) for each in taken}
        for volume in self._snapshots - volumes.keys():
            containers.remove("volume", volume)
        for volume in volumes.keys() - self._snapshots:
            containers.copy_volume(self._workspace, volumes[volume], volume, user=volumes[volume])
        self._snapshots = set(volumes)

    def _volume(self, snapshot: str) -> str:
        return f"{self._workspace.slug}-snapshot-{snapshot.replace(':', '-')}"

    def _name(self, deployed: dict[str, Any]) -> str:
        return f"{self._workspace.slug}-{deployed['DBInstanceIdentifier']}"

    def _instance(self, deployed: dict[str, Any]) -> _Instance:
        group = deployed["DBParameterGroups"][0]["DBParameterGroupName"]
        parameters = client(self._workspace, "rds").describe_db_parameters(DBParameterGroupName=group)[
            "Parameters"
        ]
        values = {each["ParameterName"]: each.get("ParameterValue") for each in parameters}
        memory = _MEMORY_GIB.get(deployed["DBInstanceClass"].rpartition(".")[2], 16) << 30
        return _Instance(
            host=deployed["Endpoint"]["Address"],
            port=deployed["Endpoint"]["Port"],
            user=deployed["MasterUsername"],
            password=master_password(deployed["DBInstanceIdentifier"]),
            database=deployed.get("DBName", ""),
            force_ssl=values.get("rds.force_ssl") or "1",  # PostgreSQL 15 and newer (RDS user guide)
            max_connections=min(memory // 9531392, 5000),  # RDS's default parameter group
            snapshot=restored_from(deployed["DBInstanceIdentifier"]),
        )

    def _run(self, name: str, instance: _Instance) -> bool:
        """Run the container with the current settings; returns whether it accepts connections."""
        known = self._running.get(name)
        if known and known != instance == known._replace(password=instance.password):
            # Existing connections stay open.
            self._write_password(name, instance)
            docker("exec", f"--env=PGPORT={instance.port}", name, "postgresql", "password")
            self._running[name] = instance
        elif known != instance:
            self._start(name, instance)
        elif self._ended[name].is_set():
            docker("start", name)
            self._addresses[name] = containers.address(self._workspace, name)
            self._watch(name)
        try:
            with socket.create_connection((self._addresses[name], instance.port), timeout=1):
                return True
        except OSError:
            return False

    def _start(self, name: str, instance: _Instance) -> None:
        containers.remove("container", name)
        if name not in self._running and instance.snapshot:
            containers.copy_volume(self._workspace, self._volume(instance.snapshot), name)
        else:
            containers.create_volume(self._workspace, name)
        password = self._write_password(name, instance)
        certificate, key = certificates.certificate(self._workspace, instance.host)
        files = {"PASSWORD_FILE": password, "CERTIFICATE": certificate, "KEY": key}
        self._addresses[name] = containers.run(
            self._workspace,
            "database",
            name,
            f"--network-alias={instance.host}",
            f"--volume={name}:/var/lib/postgresql/data",
            *(f"--volume={path}:/run/rds/{what}:ro" for what, path in files.items()),
            *(containers.services_image(), "postgresql"),
            *("-c", f"port={instance.port}", "-c", f"max_connections={instance.max_connections}"),
            environment={f"POSTGRES_{what}": f"/run/rds/{what}" for what in files}
            | {"POSTGRES_USER": instance.user, "POSTGRES_DB": instance.database, "FORCE_SSL": instance.force_ssl},
        )
        self._running[name] = instance
        self._watch(name)

    def _watch(self, name: str) -> None:
        self._ended[name] = ended = threading.Event()

        def wait() -> None:
            subprocess.run(["docker", "wait", name], capture_output=True, check=False)
            ended.set()
            self._changed()

        threading.Thread(target=wait, name=f"end of {name}", daemon=True).start()

    def _write_password(self, name: str, instance: _Instance) -> Path:
        """Write the file from which the container reads the master user's password."""
        file = self._workspace.home.resolve() / "run" / f"{name}.password"
        file.touch(mode=0o600)
        file.write_text(instance.password)
        return file
