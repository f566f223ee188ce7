"""The emulator's process: started detached, identified by its PID file, stopped."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from local.workspace import Workspace

_SECONDS = 30


class EmulatorError(Exception):
    """The emulated AWS does not start or stop; the text names its log."""


def answers(workspace: Workspace) -> bool:
    """Whether the workspace's own emulator is running and accepts connections."""
    if not _pid(workspace):
        return False
    try:
        socket.create_connection(("127.0.0.1", workspace.port("aws")), timeout=5).close()
    except OSError:
        return False
    return True


def start(workspace: Workspace, *, tasks: bool, warm: bool = False) -> None:
    """Start the emulator and wait until it answers; `warm`: with offline/warm.py. Raises EmulatorError."""
    log = workspace.home / "emulator.log"
    options = {"--no-tasks": not tasks, "--warm": warm}
    command = [sys.executable, "-m", "local.serve", *(option for option, given in options.items() if given)]
    with log.open("a") as output:
        daemon = subprocess.Popen(
            command,
            cwd=Path(__file__).parents[1],
            env={**os.environ, **workspace.environment()},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    wait_until(lambda: answers(workspace) or daemon.poll() is not None, _SECONDS)
    if not answers(workspace):
        raise EmulatorError(f"the emulated AWS of {workspace.root} did not start; see {log}")


def stop(workspace: Workspace) -> None:
    """Stop the emulator and its runner, if it is running. Raises EmulatorError."""
    if pid := _pid(workspace):
        os.kill(pid, signal.SIGTERM)
        if not wait_until(lambda: not _pid(workspace), _SECONDS):
            raise EmulatorError(f"the emulated AWS of {workspace.root} (pid {pid}) does not stop")


def wait_until(holds: Callable[[], object], seconds: float) -> bool:
    """Wait until `holds()` is true, at most `seconds`; returns whether it became true."""
    deadline = time.monotonic() + seconds
    while not (true := bool(holds())) and time.monotonic() < deadline:
        time.sleep(0.1)
    return true


def _pid(workspace: Workspace) -> int | None:
    """The emulator's PID while it is running. After a kill -9, the PID in the file may be another process's."""
    try:
        pid = int((workspace.home / "emulator.pid").read_text())
        return pid if b"local.serve" in Path(f"/proc/{pid}/cmdline").read_bytes() else None
    except (OSError, ValueError):
        return None
