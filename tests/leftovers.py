"""What a run of the tests leaves behind when it is interrupted: its workers are killed before they clean up."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from local import containers, docker_daemon, emulator_process
from local.workspace import Workspace

# From the run's directory to the homes of workspaces: of workers and of tests that run in no worker.
_HOMES = ("*/.local", "*/*/.local", "*/*/*/.local")


def end(directory: Path) -> None:
    """End the processes and remove the containers of every workspace below `directory`, if there are any."""
    workspaces = [Workspace(home.parent) for pattern in _HOMES for home in directory.glob(pattern)]
    for workspace in workspaces:
        with contextlib.suppress(emulator_process.EmulatorError):
            emulator_process.stop(workspace)  # and the tasks that it runs
    for process in _processes(directory):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    for workspace in workspaces:
        if docker_daemon.answers():
            containers.remove(workspace)
        docker_daemon.release(workspace)


def _processes(directory: Path) -> Iterator[int]:
    """The processes, this one apart, that work for a workspace below `directory`: their environment says so."""
    mark = f"ORTHANC_LOCAL_ROOT={directory}/".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int(entry.name) != os.getpid() and mark in (entry / "environ").read_bytes():
                yield int(entry.name)
