"""An emulated AWS without Pulumi."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

import requests

from local.daemon import wait_until
from local.place import Place
from local.runner import clock
from tests.embedded import PROJECT

_SECONDS = 60  # for a busy machine


@contextlib.contextmanager
def emulated(place: Place, *arguments: str, times_as_fast: int = 1) -> Iterator[None]:
    """The emulated AWS of a place, which ends without an error; its health checks may go faster."""
    place.home.mkdir()
    environment = os.environ | {"ORTHANC_LOCAL_ROOT": str(place.root), clock.VARIABLE: str(times_as_fast)}
    command = [sys.executable, "-m", "local.emulator", *arguments]
    log = place.home / "emulator.log"
    with log.open("w") as output:
        daemon = subprocess.Popen(command, cwd=PROJECT, env=environment, stderr=output)
    try:
        wait_until(lambda: _answers(place) or daemon.poll() is not None, _SECONDS)
        assert _answers(place), log.read_text()
        yield
        daemon.terminate()
        assert daemon.wait(_SECONDS) == 0
    finally:
        daemon.kill()


def _answers(place: Place) -> bool:
    try:
        return requests.get(f"{place.endpoint}/moto-api/", timeout=5).ok
    except requests.ConnectionError:
        return False
