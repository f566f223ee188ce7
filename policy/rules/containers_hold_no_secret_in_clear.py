"""Passwords, keys and tokens come from Secrets Manager, not from plain environment variables or a command line."""

import re
from collections.abc import Iterator

from . import Properties, containers

_SECRET = "(?i:password|passwd|secret|token|private_?key|access_?key|registered_?users)"  # noqa: S105 - a pattern
_NAME = re.compile(_SECRET)
_OPTION = re.compile(rf"-\S*{_SECRET}|\S*{_SECRET}\w*=")
_KEY_IN_JSON = re.compile(rf'"\w*{_SECRET}\w*"\s*:')


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Checks task definitions."""
    for container in containers(kind, properties):
        for variable in container.get("environment", []):
            if found := _NAME.search(variable["name"]) or _KEY_IN_JSON.search(variable["value"]):
                yield f"{variable['name']} holds {found[0]} in clear: make it one of the container's secrets"
        for name in ("command", "entryPoint"):
            for found in filter(None, map(_OPTION.match, container.get(name) or [])):
                yield f"its {name} holds {found[0]} in clear: make it one of the container's secrets"
