"""An emulated AWS without Pulumi."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

import requests

from local.emulator_process import wait_until
from local.runner import clock
from local.workspace import Workspace
from tests.embedded import PROJECT

_SECONDS = 60  # for a busy machine


@contextlib.contextmanager
def emulated(workspace: Workspace, *arguments: str, times_as_fast: int = 1) -> Iterator[None]:
    """The emulated AWS of a workspace, which ends without an error; its health checks may go faster."""
    workspace.home.mkdir()
    environment = os.environ | {"ORTHANC_LOCAL_ROOT": str(workspace.root), clock.VARIABLE: str(times_as_fast)}
    command = [sys.executable, "-m", "local.serve", *arguments]
    log = workspace.home / "emulator.log"
    with log.open("w") as output:
        daemon = subprocess.Popen(command, cwd=PROJECT, env=environment, stderr=output)
    try:
        wait_until(lambda: _answers(workspace) or daemon.poll() is not None, _SECONDS)
        assert _answers(workspace), log.read_text()
        yield
        daemon.terminate()
        assert daemon.wait(_SECONDS) == 0
    finally:
        daemon.kill()


def _answers(workspace: Workspace) -> bool:
    try:
        return requests.get(f"{workspace.endpoint}/moto-api/", timeout=5).ok
    except requests.ConnectionError:
        return False
