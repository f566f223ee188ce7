"""The aws stand-in on an emulated AWS without tasks."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from local.place import Place
from local.standins.aws import Aws
from tests.standins.samples import World


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """The plugin, configured."""
    place = Place(tmp_path_factory.mktemp("standins"))
    command = [sys.executable, "-m", "local.emulator", "--no-tasks"]
    environment = {**os.environ, "ORTHANC_LOCAL_ROOT": str(place.root)}
    with (place.root / "log").open("w") as log:
        daemon = subprocess.Popen(command, cwd=Path(__file__).parents[2], env=environment, stderr=log)
    deadline = time.monotonic() + 60
    while not _answers(place):
        assert daemon.poll() is None and time.monotonic() < deadline, (place.root / "log").read_text()
        time.sleep(0.05)
    plugin = Aws()
    plugin.configure(
        {
            "endpoints": json.dumps([{"s3": place.endpoint}]),
            "region": "us-east-1",
            "accessKey": "test",
            "secretKey": "test",
            "defaultTags": json.dumps({"tags": {"Project": "tests"}}),
        }
    )
    yield plugin
    daemon.terminate()
    assert daemon.wait(60) == 0


@pytest.fixture(scope="session")
def world(aws: Aws) -> World:
    """What samples refer to, made when it is first asked for."""
    return World(aws)


def _answers(place: Place) -> bool:
    try:
        return requests.get(f"{place.endpoint}/moto-api/", timeout=5).ok
    except requests.ConnectionError:
        return False
