"""The Orthanc image: built from `docker/`, pushed to the stack's own repository, deployed by digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import pulumi
import pulumi_aws as aws
import pulumi_docker as docker

from components.config import Settings
from components.service import build_context

# Docker's names of the architectures that Fargate knows.
PLATFORMS = {"X86_64": "linux/amd64", "ARM64": "linux/arm64"}

_IMAGES_KEPT = 100


class OrthancImage(pulumi.ComponentResource):
    """An ECR repository and the image in it.

    Tags can be overwritten; what runs cannot, because tasks are deployed by digest. pulumi-docker builds and
    pushes at every update (provider.go, "When the docker image is updated, we build and push again"), and a
    rebuilt image has another manifest. A repository with immutable tags refuses that push, so a return to an
    older `orthancImage`, or an `up` after one that was interrupted, would fail.
    """

    digest: pulumi.Output[str]
    """The reference by digest that a task deploys; unknown in a preview that builds nothing."""
    repository_arn: pulumi.Output[str]

    def __init__(self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None):
        """Builds and pushes when the build context, the upstream image or the architecture changes."""
        super().__init__("orthanc:service:OrthancImage", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        repository = aws.ecr.Repository(
            name,
            image_tag_mutability="MUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=_encryption(settings),
            force_delete=True,  # images are built again from this project; they hold no data
            opts=child,
        )
        aws.ecr.LifecyclePolicy(name, repository=repository.name, policy=lifecycle(), opts=child)

        context, platform = build_context.prepared(), PLATFORMS[settings.cpu_architecture]
        arguments = {"ORTHANC_IMAGE": settings.orthanc_image}
        login = aws.ecr.get_authorization_token_output(registry_id=repository.registry_id)
        image = docker.Image(
            name,
            image_name=pulumi.Output.concat(
                repository.repository_url, ":", tag(context.digest, platform, arguments)
            ),
            build=docker.DockerBuildArgs(
                context=context.path,
                dockerfile=f"{context.path}/Dockerfile",
                platform=platform,
                args=arguments,
            ),
            registry=docker.RegistryArgs(
                server=login.proxy_endpoint,
                username=login.user_name,
                password=pulumi.Output.secret(login.password),
            ),
            opts=child,
        )
        self.digest = image.repo_digest
        self.repository_arn = repository.arn
        self.register_outputs({"digest": self.digest})


def _encryption(settings: Settings) -> list[aws.ecr.RepositoryEncryptionConfigurationArgsDict] | None:
    """The existing key, or the one that AWS manages: images contain no secret that would justify another key."""
    if settings.kms_key_arn:
        return [{"encryption_type": "KMS", "kms_key": settings.kms_key_arn}]
    return [{"encryption_type": "KMS"}] if settings.enable_customer_keys else None


def tag(digest: str, platform: str, arguments: Mapping[str, str]) -> str:
    """A tag that tells what is built from what: 16 hexadecimal digits over context, platform and arguments."""
    return hashlib.sha256(json.dumps([digest, platform, arguments], sort_keys=True).encode()).hexdigest()[:16]


def lifecycle() -> str:
    """The repository's lifecycle policy: only the oldest of more than a hundred images expires.

    ECR knows when an image was pushed, not whether a service runs it. The image that runs can be old, because
    nothing was changed for years or because updates were rolled back to it. It can be without a tag, because an
    update was interrupted after it had pushed its own image under the same tag. So nothing expires by age or for
    want of a tag. A hundred images are thirty pushes at least (Docker's containerd image store pushes an index and
    an attestation with each image). They cost little: ECR stores a layer that images share once.
    """
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": _IMAGES_KEPT}
    rule = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
    return json.dumps({"rules": [rule]}, sort_keys=True)
