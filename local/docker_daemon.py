"""Docker on this machine: used if it is running; otherwise installed and started, as root on Debian."""

import fcntl
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.emulator_process import wait_until
from local.images import Log
from local.workspace import Workspace, cache

_SECONDS = 30

# The Debian package that contains each program; newer releases have a separate package for the client.
_PACKAGES = {"dockerd": "docker.io", "docker": "docker-cli"}


class DockerError(Exception):
    """Docker is not available and cannot be installed or started from here; the text says what to do."""


def ensure(workspace: Workspace, log: Log) -> None:
    """Ensure that a daemon answers and that debootstrap is installed; record that `workspace` uses the daemon."""
    with _users() as users:
        if not answers():
            if not _may_install():
                demand()
            for program, package in _PACKAGES.items():
                _install(program, package, log)
            if not answers():  # an installed service starts by itself, except in a container
                log("starting Docker's daemon")
                _start(users)
        if (users / "pid").exists():
            (users / workspace.slug).write_text(str(workspace.home))
    if _may_install():
        _install("debootstrap", "debootstrap", log)


def release(workspace: Workspace) -> None:
    """Record that `workspace` no longer uses Docker; stop a daemon that `ensure` started after its last user."""
    with _users() as users:
        (users / workspace.slug).unlink(missing_ok=True)
        pid = users / "pid"
        # A workspace whose directory was deleted no longer counts as a user.
        if not pid.exists() or any(Path(user.read_text()).exists() for user in users.glob("orthanc-*")):
            return
        if _is_dockerd(number := int(pid.read_text())):
            os.kill(number, signal.SIGTERM)
            wait_until(lambda: not _is_dockerd(number), _SECONDS)
        pid.unlink()


def answers() -> bool:
    """Whether docker is installed and its daemon answers."""
    return bool(shutil.which("docker")) and not subprocess.run(["docker", "info"], capture_output=True).returncode


def demand() -> None:
    """Raises DockerError unless a daemon answers."""
    if not answers():
        raise DockerError(
            "Docker does not answer: install it (https://docs.docker.com/engine/install/), start its "
            "daemon, and see that you may use it (group docker)"
        )


def _start(users: Path) -> None:
    with (users / "log").open("w") as log:
        daemon = subprocess.Popen(["dockerd"], stdout=log, stderr=log, start_new_session=True)
    wait_until(lambda: answers() or daemon.poll() is not None, _SECONDS)
    if not answers():
        raise DockerError(f"Docker's daemon did not start; see {users / 'log'}")
    (users / "pid").write_text(str(daemon.pid))


def _install(program: str, package: str, log: Log) -> None:
    if shutil.which(program):
        return
    log(f"installing Debian's {package} (about a minute)")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "--yes", "--no-install-recommends", package]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise DockerError(f"{' '.join(command)}: {(done.stdout + done.stderr).strip()[-2000:]}")


def _may_install() -> bool:
    return os.getuid() == 0 and Path("/etc/debian_version").exists()


def _is_dockerd(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text() == "dockerd\n"
    except FileNotFoundError:
        return False


@contextmanager
def _users() -> Iterator[Path]:
    """The locked directory for a daemon started from here: its PID, and a file for each workspace that uses it."""
    directory = cache() / "dockerd"
    directory.mkdir(exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield directory
