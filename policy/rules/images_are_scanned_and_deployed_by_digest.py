"""Tasks run exactly the image that was built and scanned: deployed by digest, scanned on push.

A digest always refers to the same image, even if a tag is overwritten. Tags may therefore be overwritten:
pulumi-docker pushes a rebuilt image with the tag of the previous one, which a repository with immutable tags would
reject.
"""

from collections.abc import Iterator

from . import Properties, containers


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Checks repositories and task definitions."""
    scanned = (properties.get("imageScanningConfiguration") or {}).get("scanOnPush") is True
    if kind == "aws:ecr/repository:Repository" and not scanned:
        yield "known holes in the image are not reported: set imageScanningConfiguration.scanOnPush to true"
    for container in containers(kind, properties):
        if "@sha256:" not in container["image"]:
            yield f"{container['image']} may be another image tomorrow: deploy it by digest, name@sha256:…"
