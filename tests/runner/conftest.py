"""An emulated AWS that runs tasks, and a small image for them: an HTTP server with a client of PostgreSQL."""

import json
from collections.abc import Iterator

import pytest

from components.service import orthanc_config
from local import containers, images
from local.place import Place
from tests.emulated import emulated
from tests.runner.deployment import Deployment

TIMES_AS_FAST = 3
SERVE = r"""#!/bin/sh
read -r request
printf 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'
"""
BUNDLE = orthanc_config.RDS_CERTIFICATES
DOCKERFILE = f"FROM {{}}\nCOPY serve /\nRUN chmod 0755 /serve && install -D /dev/null {BUNDLE}\n"


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    place = Place(tmp_path_factory.mktemp("place"))
    try:
        with emulated(place, times_as_fast=TIMES_AS_FAST):
            containers.start_registry(place, print)
            yield Deployment(place)
        assert {each["role"] for each in containers.running(place)} == {"registry"}, (
            "the emulator left tasks behind"
        )
    finally:
        containers.remove(place)


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
