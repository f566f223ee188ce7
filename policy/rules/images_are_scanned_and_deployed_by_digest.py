"""What runs is the image that was built and looked at: deployed by digest, scanned when pushed.

A digest cannot be changed, whatever is done to a tag. So tags may be overwritten: pulumi-docker pushes a rebuilt
image under the tag of the one before it, which a repository with immutable tags would refuse.
"""

from collections.abc import Iterator

from . import Properties, containers


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Of repositories and task definitions."""
    scanned = (properties.get("imageScanningConfiguration") or {}).get("scanOnPush") is True
    if kind == "aws:ecr/repository:Repository" and not scanned:
        yield "known holes in the image are not reported: set imageScanningConfiguration.scanOnPush to true"
    for container in containers(kind, properties):
        if "@sha256:" not in container["image"]:
            yield f"{container['image']} may be another image tomorrow: deploy it by digest, name@sha256:…"
