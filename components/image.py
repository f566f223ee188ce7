"""The Orthanc image: built from `docker/`, pushed to a repository of the stack's own, deployed by digest."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pulumi_docker as docker

from components.settings import Settings

CONTEXT = Path(__file__).parents[1] / "docker"

# Docker's names of the architectures that Fargate knows.
PLATFORMS = {"X86_64": "linux/amd64", "ARM64": "linux/arm64"}

_IMAGES_KEPT = 10
_DAYS_OF_UNTAGGED_IMAGES = 7


class OrthancImage(pulumi.ComponentResource):
    """An ECR repository and the image in it.

    `digest: Output[str]`, the reference by digest that a task deploys (unknown in a preview that builds nothing);
    `repository_arn: Output[str]`.
    """

    def __init__(self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None):
        """Builds and pushes when the build context, the upstream image or the architecture changes."""
        super().__init__("orthanc:image:OrthancImage", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        repository = aws.ecr.Repository(
            name,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=_encryption(settings),
            force_delete=True,  # images are built again from this project; they hold no data
            opts=child,
        )
        aws.ecr.LifecyclePolicy(name, repository=repository.name, policy=_lifecycle(), opts=child)

        platform = PLATFORMS[settings.cpu_architecture]
        arguments = {"ORTHANC_IMAGE": settings.orthanc_image}
        login = aws.ecr.get_authorization_token_output(registry_id=repository.registry_id)
        image = docker.Image(
            name,
            # Immutable tags refuse a second push: the tag is the content, so what is unchanged is not pushed.
            image_name=pulumi.Output.concat(
                repository.repository_url, ":", content_tag(CONTEXT, platform, arguments)
            ),
            build=docker.DockerBuildArgs(
                context=from_here(CONTEXT),
                dockerfile=from_here(CONTEXT / "Dockerfile"),
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
    """The key that is brought, or AWS's in KMS: images hold no secret for which another key would pay."""
    if settings.kms_key_arn:
        return [{"encryption_type": "KMS", "kms_key": settings.kms_key_arn}]
    return [{"encryption_type": "KMS"}] if settings.enable_customer_keys else None


def from_here(path: Path) -> str:
    """The path from the project, where Pulumi runs program and plugins: the state names no machine's path."""
    return Path(os.path.relpath(path)).as_posix()


def content_tag(context: Path, platform: str, arguments: Mapping[str, str]) -> str:
    """A tag that names what is built: 16 hexadecimal digits over platform, arguments and the context's files."""
    digest = hashlib.sha256(json.dumps([platform, arguments], sort_keys=True).encode())
    for path in sorted(path for path in context.rglob("*") if path.is_file()):
        digest.update(f"\0{path.relative_to(context).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _lifecycle() -> str:
    def rule(priority: int, tag_status: str, count_type: str, count: int, **unit: str) -> dict[str, object]:
        selection = {"tagStatus": tag_status, "countType": count_type, "countNumber": count, **unit}
        return {"rulePriority": priority, "selection": selection, "action": {"type": "expire"}}

    untagged = rule(1, "untagged", "sinceImagePushed", _DAYS_OF_UNTAGGED_IMAGES, countUnit="days")
    return json.dumps({"rules": [untagged, rule(2, "any", "imageCountMoreThan", _IMAGES_KEPT)]}, sort_keys=True)
