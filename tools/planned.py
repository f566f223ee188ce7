"""What a stack plans, according to `pulumi preview --json`."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Values = Mapping[str, Any]

_STAYS = {"create", "same", "update", "replace", "create-replacement", "import"}


class Planned(NamedTuple):
    """A resource that the stack will have: its class, its Pulumi name, its inputs."""

    kind: str
    name: str
    inputs: Values


def planned(preview: Values) -> Iterator[Planned]:
    """Yields the AWS resources that will exist, each once. Raises ValueError if the preview plans nothing."""
    seen: dict[str, Planned] = {}
    for step in preview.get("steps") or []:
        state = step.get("newState") or {}
        if step["op"] in _STAYS and state.get("type", "").startswith("aws:"):
            kind, name = state["type"].rpartition(":")[2], state["urn"].rpartition("::")[2]
            seen[state["urn"]] = Planned(kind, name, state.get("inputs") or {})
    if not seen:
        raise ValueError("the preview plans nothing on AWS")
    yield from seen.values()
