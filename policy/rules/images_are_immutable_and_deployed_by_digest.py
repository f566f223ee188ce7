"""What runs is the image that was built and looked at: fixed tags, deployed by digest, scanned when pushed."""

from collections.abc import Iterator

from . import Properties, containers


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Of repositories and task definitions."""
    if kind == "aws:ecr/repository:Repository":
        mutability = properties.get("imageTagMutability")
        if mutability != "IMMUTABLE":
            yield f"a tag can be moved to another image: imageTagMutability is {mutability!r}, make it IMMUTABLE"
        if (properties.get("imageScanningConfiguration") or {}).get("scanOnPush") is not True:
            yield "known holes in the image are not reported: set imageScanningConfiguration.scanOnPush to true"
    for container in containers(kind, properties):
        if "@sha256:" not in container["image"]:
            yield f"{container['image']} may be another image tomorrow: deploy it by digest, name@sha256:…"
