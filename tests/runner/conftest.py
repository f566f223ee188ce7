"""An emulated AWS that runs tasks, and a small image for them: an HTTP server with a client of PostgreSQL."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from components import orthanc
from local import containers, images
from local.place import Place
from local.runner import clock
from tests.runner.deployment import Deployment

ROOT = Path(__file__).parents[2]
TIMES_AS_FAST = 3
SERVE = r"""#!/bin/sh
read -r request
printf 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'
"""
BUNDLE = orthanc.RDS_CERTIFICATES
DOCKERFILE = f"FROM {{}}\nCOPY serve /\nRUN chmod 0755 /serve && install -D /dev/null {BUNDLE}\n"


@contextlib.contextmanager
def emulated(place: Place, *arguments: str) -> Iterator[None]:
    """The emulated AWS of a place, whose health checks go faster."""
    place.home.mkdir()
    environment = os.environ | {"ORTHANC_LOCAL_ROOT": str(place.root), clock.VARIABLE: str(TIMES_AS_FAST)}
    command = [sys.executable, "-m"]
    with (place.home / "emulator.log").open("w") as log:
        command += ["local.emulator", *arguments]
        daemon = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log)
    try:
        deadline = time.monotonic() + 20
        while not answers(place):
            assert daemon.poll() is None and time.monotonic() < deadline, (place.home / "emulator.log").read_text()
            time.sleep(0.1)
        yield
        daemon.terminate()
        assert daemon.wait(30) == 0
    finally:
        daemon.kill()


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    place = Place(tmp_path_factory.mktemp("place"))
    try:
        with emulated(place):
            containers.start_registry(place, print)
            yield Deployment(place)
        assert {each["role"] for each in containers.running(place)} == {"registry"}, (
            "the emulator left tasks behind"
        )
    finally:
        containers.remove(place)


def answers(place: Place) -> bool:
    try:
        return requests.get(f"{place.endpoint}/moto-api/", timeout=5).ok
    except requests.ConnectionError:
        return False


@pytest.fixture(scope="module")
def image(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image in the deployment's repository, by digest."""
    context = tmp_path_factory.mktemp("image")
    (context / "serve").write_text(SERVE)
    (context / "Dockerfile").write_text(DOCKERFILE.format(images.ensure_services_image(print)))
    name = f"{deployment.repository['repositoryUri']}:1"
    images.docker(
        "build", "--quiet", "--tag", name, "--label", f"orthanc.place={deployment.place.slug}", str(context)
    )
    images.docker("push", "--quiet", name)
    digests = json.loads(images.docker("image", "inspect", "--format", "{{json .RepoDigests}}", name))
    return next(digest for digest in digests if digest.startswith(deployment.repository["repositoryUri"]))
