"""ECR with the workspace's own registry on loopback; it records the images that are pushed there.

The rules for pushes are from the ECR User Guide ("Image tag mutability"). The text of the error is from the output
of `docker push` to ECR (moby/buildkit, issue 3776).
"""

import base64
from datetime import timedelta
from typing import Any

from moto.core.utils import utcnow
from moto.ecr.models import ECRBackend, Image, Repository, ecr_backends
from moto.ecr.responses import ECRResponse

from local.emulator.overlay import AwsError, Parameters, operation, replaces
from local.workspace import ACCOUNT, REGION, Workspace

TOKEN = base64.b64encode(b"AWS:loopback").decode()  # the registry on loopback requires none

_registry = ""


class RegistryError(Exception):
    """An error of the registry: the HTTP `status`, the `code` of the registry protocol, and the text."""

    def __init__(self, status: int, code: str, text: str):
        super().__init__(text)
        self.status, self.code = status, code


def configure(workspace: Workspace, *, tasks: bool) -> None:
    """Use the registry of the workspace."""
    global _registry
    _registry = f"127.0.0.1:{workspace.port('registry')}"


@replaces(ECRBackend)
def create_repository(original: Any, self: Any, *args: Any, **kwargs: Any) -> Repository:
    """Set the URI of the repository to the workspace's registry, where images can be pushed."""
    repository = original(self, *args, **kwargs)
    repository.uri = f"{_registry}/{repository.name}"
    return repository


@replaces(ECRBackend)
def put_image(
    original: Any,
    self: Any,
    repository_name: str,
    image_manifest: str,
    image_tag: str | None,
    image_manifest_mediatype: str | None = None,
    digest: str | None = None,
) -> Image:
    """moto deletes an image when its tag is moved, and returns a different error code for immutable tags."""
    repository = self._get_repository(repository_name)
    holder = next((image for image in repository.images if image_tag and image_tag in image.image_tags), None)
    if holder and holder.image_manifest != image_manifest:
        if repository.is_tag_immutable():
            raise AwsError("ImageTagAlreadyExistsException", _cannot_be_moved(repository_name, image_tag))
        holder.remove_tag(image_tag)
        holder.image_tag = holder.image_tags[-1] if holder.image_tags else None
    return original(self, repository_name, image_manifest, image_tag, image_manifest_mediatype, digest)


def check_push(repository: str, tag: str | None, digest: str) -> None:
    """Raises RegistryError if the repository does not accept the manifest with this tag."""
    found = _repository(repository)
    holder = next((image for image in found.images if tag and tag in image.image_tags), None)
    if holder and holder.image_digest != digest and found.is_tag_immutable():
        raise RegistryError(400, "TAG_INVALID", _cannot_be_moved(repository, tag))


def check_pull(repository: str, reference: str) -> None:
    """Raises RegistryError for an image (by tag or digest) that the repository does not have."""
    images = _repository(repository).images
    if not any(reference in (*image.image_tags, image.image_digest) for image in images):
        raise RegistryError(404, "MANIFEST_UNKNOWN", "Requested image not found")


def keep(repository: str, tag: str | None, digest: str, manifest: str, media_type: str) -> None:
    """Record a pushed manifest."""
    images = _repository(repository).images
    if not any(image.image_digest == digest and tag in (None, *image.image_tags) for image in images):
        backend: Any = ecr_backends[ACCOUNT][REGION]
        backend.put_image(repository, manifest, tag, media_type, digest)


def _repository(name: str) -> Repository:
    repository = ecr_backends[ACCOUNT][REGION].repositories.get(name)
    if repository is None:
        message = f"The repository with name '{name}' does not exist in the registry with id '{ACCOUNT}'"
        raise RegistryError(404, "NAME_UNKNOWN", message)
    return repository


def _cannot_be_moved(repository: str, tag: str | None) -> str:
    return (
        f"The image tag '{tag}' already exists in the '{repository}' repository and cannot be overwritten because"
        " the tag is immutable."
    )


def _get_authorization_token(request: Any, given: Parameters) -> Parameters:
    token = {
        "authorizationToken": TOKEN,
        "expiresAt": utcnow() + timedelta(hours=12),
        "proxyEndpoint": f"http://{_registry}",
    }
    return {"authorizationData": [token]}


operation(ECRResponse, "GetAuthorizationToken", _get_authorization_token)
