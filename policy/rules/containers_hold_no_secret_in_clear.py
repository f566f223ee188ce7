"""Passwords, keys and tokens reach a container from Secrets Manager, never as plain environment."""

import re
from collections.abc import Iterator

from . import Properties, containers

_SECRET = "(?i:password|passwd|secret|token|private_?key|access_?key|registered_?users)"  # noqa: S105 - a pattern
_NAME = re.compile(_SECRET)
_KEY_IN_JSON = re.compile(rf'"\w*{_SECRET}\w*"\s*:')


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Of task definitions."""
    for container in containers(kind, properties):
        for variable in container.get("environment", []):
            if found := _NAME.search(variable["name"]) or _KEY_IN_JSON.search(variable["value"]):
                yield f"{variable['name']} holds {found[0]} in clear: make it one of the container's secrets"
