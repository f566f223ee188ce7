"""What a run of the tests leaves behind when it is interrupted: its workers are killed before they clean up."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from local import containers, daemon, docker_daemon
from local.place import Place

# From the run's directory to the homes of places: of workers and of tests that run in no worker.
_HOMES = ("*/.local", "*/*/.local", "*/*/*/.local")


def end(directory: Path) -> None:
    """End the processes and remove the containers of every place below `directory`, if there are any."""
    places = [Place(home.parent) for pattern in _HOMES for home in directory.glob(pattern)]
    for place in places:
        with contextlib.suppress(daemon.EmulatorError):
            daemon.stop(place)  # and the tasks that it runs
    for process in _processes(directory):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    for place in places:
        if docker_daemon.answers():
            containers.remove(place)
        docker_daemon.release(place)


def _processes(directory: Path) -> Iterator[int]:
    """The processes, this one apart, that work for a place below `directory`: their environment says so."""
    mark = f"ORTHANC_LOCAL_ROOT={directory}/".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int(entry.name) != os.getpid() and mark in (entry / "environ").read_bytes():
                yield int(entry.name)
