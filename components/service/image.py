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

# Docker's names for the architectures that Fargate supports.
PLATFORMS = {"X86_64": "linux/amd64", "ARM64": "linux/arm64"}

_IMAGES_KEPT = 100


class OrthancImage(pulumi.ComponentResource):
    """An ECR repository and the image in it.

    Tags can be overwritten, but running images cannot, because tasks are deployed by digest. pulumi-docker builds
    and pushes at every update (provider.go, "When the docker image is updated, we build and push again"), and a
    rebuilt image has another manifest. A repository with immutable tags rejects that push. A return to an older
    `orthancImage`, or an `up` after an interrupted one, would then fail.
    """

    digest: pulumi.Output[str]
    """The image reference, by digest, that tasks deploy. Unknown in a preview that does not build the image."""
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
            force_delete=True,  # images can be rebuilt from this project and hold no data
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
    """Returns the encryption with the existing key, or None: ECR's own encryption (AES-256).

    Images contain no secret that would justify another key.
    """
    if settings.kms_key_arn:
        return [{"encryption_type": "KMS", "kms_key": settings.kms_key_arn}]
    return [{"encryption_type": "KMS"}] if settings.enable_customer_keys else None


def tag(digest: str, platform: str, arguments: Mapping[str, str]) -> str:
    """Returns a tag that identifies what is built: 16 hexadecimal digits over context, platform and arguments."""
    return hashlib.sha256(json.dumps([digest, platform, arguments], sort_keys=True).encode()).hexdigest()[:16]


def lifecycle() -> str:
    """Returns the repository's lifecycle policy: the oldest images expire once there are more than a hundred.

    ECR knows when an image was pushed, but not whether a service runs it. A running image can be old, because
    nothing changed for years or because updates were rolled back to it. It can be untagged, because an interrupted
    update pushed its own image with the same tag. Therefore, images do not expire because of their age or because
    they are untagged. A hundred images are at least thirty pushes (Docker's containerd image store pushes an index
    and an attestation with each image). They cost little: ECR stores shared layers only once.
    """
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": _IMAGES_KEPT}
    rule = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
    return json.dumps({"rules": [rule]}, sort_keys=True)
