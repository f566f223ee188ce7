"""Containers run as a user other than root, without capabilities, and with a read-only root file system."""

from collections.abc import Iterator

from . import Properties, containers


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Checks task definitions."""
    for container in containers(kind, properties):
        name, linux = container["name"], container.get("linuxParameters", {}).get("capabilities", {})
        if container.get("user", "root").partition(":")[0] in ("", "0", "root"):
            yield f"{name} runs as root: give it a user"
        if container.get("readonlyRootFilesystem") is not True:
            yield f"{name} can change its own programs: set readonlyRootFilesystem to true"
        if container.get("privileged") or linux.get("add") or linux.get("drop") != ["ALL"]:
            yield f"{name} has privileges that it does not need: drop the capability ALL, add none"
