"""An emulated AWS that runs tasks, and a small image for them: an HTTP server with a client of PostgreSQL."""

import json
from collections.abc import Iterator

import pytest

from components.service import orthanc_config
from local import containers, images
from local.workspace import Workspace
from tests.emulated import emulated
from tests.local.runner.deployment import Deployment

TIMES_AS_FAST = 3
SERVE = r"""#!/bin/sh
read -r request
printf 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'
"""
BUNDLE = orthanc_config.RDS_CERTIFICATES
DOCKERFILE = f"FROM {{}}\nCOPY serve /\nRUN chmod 0755 /serve && install -D /dev/null {BUNDLE}\n"


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    try:
        with emulated(workspace, times_as_fast=TIMES_AS_FAST):
            containers.start_registry(workspace, print)
            yield Deployment(workspace)
        assert {each["role"] for each in containers.running(workspace)} == {"registry"}, (
            "the emulator left tasks behind"
        )
    finally:
        containers.remove(workspace)


@pytest.fixture(scope="module")
def image(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image in the deployment's repository, by digest."""
    context = tmp_path_factory.mktemp("image")
    (context / "serve").write_text(SERVE)
    (context / "Dockerfile").write_text(DOCKERFILE.format(images.ensure_services_image(print)))
    name = f"{deployment.repository['repositoryUri']}:1"
    images.docker(
        "build",
        "--quiet",
        "--tag",
        name,
        "--label",
        f"orthanc.workspace={deployment.workspace.slug}",
        str(context),
    )
    images.docker("push", "--quiet", name)
    digests = json.loads(images.docker("image", "inspect", "--format", "{{json .RepoDigests}}", name))
    return next(digest for digest in digests if digest.startswith(deployment.repository["repositoryUri"]))
