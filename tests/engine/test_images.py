"""The image deploys whatever was pushed before, from every checkout; and the registry keeps ECR's rules."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from local.emulator_process import wait_until
from local.images import docker, upstream
from local.workspace import Workspace
from tests.embedded import Embedded, summary
from tests.processes import descendants

# Other images of the same version, to and from which an upgrade is no question.
OTHER = f"{upstream()}@sha256:{{:064}}"
_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_PATIENCE_SECONDS = 300


def repository(embedded: Embedded) -> str:
    [found] = embedded.client("ecr").describe_repositories()["repositories"]
    return found["repositoryName"]


def pushed(embedded: Embedded) -> set[str]:
    """The digests of all images in the stack's repository, with and without a tag."""
    listed = embedded.client("ecr").list_images(repositoryName=repository(embedded))["imageIds"]
    return {each["imageDigest"] for each in listed}


def deployed(embedded: Embedded) -> str:
    """The digest that the service's tasks run."""
    ecs = embedded.client("ecs")
    [cluster] = ecs.list_clusters()["clusterArns"]
    [service] = ecs.list_services(cluster=cluster)["serviceArns"]
    [described] = ecs.describe_services(cluster=cluster, services=[service])["services"]
    task = ecs.describe_task_definition(taskDefinition=described["taskDefinition"])["taskDefinition"]
    return task["containerDefinitions"][0]["image"].partition("@")[2]


def forget_builds(embedded: Embedded) -> None:
    """As on another machine: what was built here is built again, and has another digest."""
    registry = f"127.0.0.1:{embedded.workspace.port('registry')}"
    if listed := docker("image", "ls", "--quiet", "--filter", f"reference={registry}/*:*").split():
        docker("image", "rm", "--force", *dict.fromkeys(listed))


def kill_after_push(embedded: Embedded, shims: Path) -> None:
    """Run `pulumi up`, and kill -9 it after the image was pushed, before Pulumi's plugin hears of it.

    The plugin finds a `docker` in `shims` that pushes, says so and never returns.
    """
    said, docker_itself = shims / "pushed", shutil.which("docker")
    hold = f'if [ "$1" = push ]; then touch {said}; sleep {_PATIENCE_SECONDS}; fi'
    (shims / "docker").write_text(f'#!/bin/sh\n{docker_itself} "$@" || exit\n{hold}\n')
    (shims / "docker").chmod(0o755)
    command = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "-s", "local"]
    options: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    environment = embedded.environment | {"PATH": f"{shims}:{embedded.environment['PATH']}"}
    with subprocess.Popen(command, cwd=embedded.workspace.root, env=environment, **options) as engine:
        wait_until(lambda: said.exists() or engine.poll() is not None, _PATIENCE_SECONDS)
        for process in (engine.pid, *descendants(engine.pid)):
            with contextlib.suppress(ProcessLookupError):  # it ends with the one that was killed before
                os.kill(process, signal.SIGKILL)
    assert said.exists(), "nothing was pushed"
    embedded.pulumi("cancel", "--yes")  # the killed engine's lock


def test_a_return_to_an_older_image_deploys(embedded: Embedded):
    digests = [deployed(embedded)]
    for image in (OTHER.format(0), upstream()):
        forget_builds(embedded)
        embedded.configure(orthancImage=image)
        assert summary(embedded.changes())["update", "Image"] == 1
        digests.append(deployed(embedded))
    assert len(set(digests)) == 3, "it was not built again, so this proves nothing"
    assert set(digests) <= pushed(embedded), "what ECS may roll back to is gone"
    embedded.configure(orthancImage=None)


def test_an_up_from_another_checkout_changes_nothing(
    embedded: Embedded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    root = embedded.workspace.root
    for path in (root / "docker").iterdir():
        path.chmod(path.stat().st_mode | 0o020)  # as a clone under umask 002
    (tmp_path / "link").symlink_to(root)
    monkeypatch.setattr(embedded, "workspace", Workspace(tmp_path / "link"))
    monkeypatch.setitem(embedded.environment, "PWD", str(tmp_path / "link"))  # as after `cd` in a shell
    assert summary(embedded.changes()) == Counter(), "the image is built again, and every task replaced"


def test_an_up_deploys_after_one_that_was_cut_after_its_push(embedded: Embedded, tmp_path: Path):
    running, before = deployed(embedded), pushed(embedded)
    forget_builds(embedded)
    embedded.configure(orthancImage=OTHER.format(1))
    kill_after_push(embedded, tmp_path)
    [cut] = pushed(embedded) - before
    assert cut not in embedded.pulumi("stack", "export").stdout, "Pulumi knows of it, so this proves nothing"
    assert deployed(embedded) == running and running in pushed(embedded), "the image that runs is gone"
    forget_builds(embedded)
    embedded.changes()
    assert deployed(embedded) in pushed(embedded) - {running, cut}
    embedded.configure(orthancImage=None)
    embedded.changes()


class Registry:
    """Pushes to and pulls from the workspace's registry, as Docker does."""

    def __init__(self, embedded: Embedded, name: str):
        self._url = f"http://127.0.0.1:{embedded.workspace.port('registry')}/v2/{name}"

    def push(self, tag: str, content: str) -> requests.Response:
        """Push an image without layers whose configuration is `content`."""
        config = {
            "mediaType": "application/vnd.docker.container.image.v1+json",
            "size": len(content),
            "digest": self.upload(content),
        }
        manifest = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": config, "layers": []}
        body, headers = json.dumps(manifest), {"Content-Type": _MANIFEST}
        return requests.put(f"{self._url}/manifests/{tag}", data=body, headers=headers, timeout=30)

    def upload(self, content: str) -> str:
        """Upload a layer; its digest."""
        blob = content.encode()
        digest = f"sha256:{hashlib.sha256(blob).hexdigest()}"
        workspace = requests.post(f"{self._url}/blobs/uploads/", timeout=30).headers["Location"]
        requests.put(f"{workspace}&digest={digest}", data=blob, timeout=30).raise_for_status()
        return digest

    def has(self, digest: str) -> bool:
        """Whether a push would leave out this layer."""
        return requests.head(f"{self._url}/blobs/{digest}", timeout=30).status_code == 200

    def pull(self, reference: str) -> int:
        """The status with which the registry answers."""
        answer = requests.get(f"{self._url}/manifests/{reference}", headers={"Accept": _MANIFEST}, timeout=30)
        return answer.status_code


def test_an_immutable_tag_refuses_another_image_and_takes_the_same(embedded: Embedded):
    ecr, name = embedded.client("ecr"), "immutable"
    registry = Registry(embedded, name)
    ecr.create_repository(repositoryName=name, imageTagMutability="IMMUTABLE")
    assert registry.push("1", "{}").status_code == 201
    assert registry.push("1", "{}").status_code == 201, "an update that changes nothing fails"
    refused = registry.push("1", '{"a": 1}')
    assert refused.status_code == 400
    [error] = refused.json()["errors"]
    assert error["code"] == "TAG_INVALID" and error["message"] == (
        "The image tag '1' already exists in the 'immutable' repository and cannot be overwritten because the tag"
        " is immutable."
    )
    [image] = ecr.describe_images(repositoryName=name)["imageDetails"]
    assert image["imageTags"] == ["1"] and registry.pull(image["imageDigest"]) == 200
    manifest = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "1"}])["images"][0]["imageManifest"]
    with pytest.raises(ClientError, match="ImageTagAlreadyExistsException"):
        ecr.put_image(repositoryName=name, imageTag="1", imageManifest=manifest.replace("2,", "2, "))
    with pytest.raises(ClientError, match="RepositoryNotEmptyException"):
        ecr.delete_repository(repositoryName=name)
    ecr.delete_repository(repositoryName=name, force=True)
    assert registry.pull("1") == 404 and registry.push("1", "{}").status_code == 404


def test_a_tag_that_moves_leaves_its_image_behind(embedded: Embedded):
    ecr, name = embedded.client("ecr"), "mutable"
    registry = Registry(embedded, name)
    ecr.create_repository(repositoryName=name)
    for content in ("{}", '{"a": 1}'):
        assert registry.push("1", content).status_code == 201
    images = ecr.describe_images(repositoryName=name)["imageDetails"]
    assert [image.get("imageTags", []) for image in images] == [[], ["1"]], "ECR keeps an image without its tag"
    assert [registry.pull(image["imageDigest"]) for image in images] == [200, 200], "what runs cannot be pulled"
    ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageDigest": images[0]["imageDigest"]}])
    assert registry.pull(images[0]["imageDigest"]) == 404 and registry.pull("1") == 200
    ecr.delete_repository(repositoryName=name, force=True)


def test_a_layer_is_sent_once_and_not_for_each_repository(embedded: Embedded):
    one, another, content = Registry(embedded, "one"), Registry(embedded, "another"), uuid.uuid4().hex
    digest = f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"
    assert not another.has(digest)
    assert one.upload(content) == digest and one.has(digest) and another.has(digest)
