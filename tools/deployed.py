"""What a stack has deployed on AWS, as `pulumi stack export` tells it. Resources go by their Pulumi names."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

Values = Mapping[str, Any]


class Resource(NamedTuple):
    """A deployed resource: its class, its Pulumi name, its id, and inputs overlaid by outputs."""

    kind: str
    name: str
    id: str
    values: Values

    @property
    def title(self) -> str:
        """`orthanc-http` (load balancer)."""
        return f"`{self.name}` ({re.sub(r'(?<=[a-z])(?=[A-Z])', ' ', self.kind).lower()})"


class Deployed:
    """The resources of a stack and what they say about each other."""

    def __init__(self, exported: Values):
        """Raises ValueError where nothing is deployed."""
        self._resources = [
            Resource(
                kind=each["type"].rpartition(":")[2],
                name=each["urn"].rpartition("::")[2],
                id=each.get("id", ""),
                values={**each.get("inputs", {}), **each.get("outputs", {})},
            )
            for each in exported.get("deployment", {}).get("resources") or []
            if each["type"].startswith("aws:") and not each.get("delete")
        ]
        if not self._resources:
            raise ValueError("the stack has deployed nothing on AWS")
        # Of those with one id or ARN the first is meant: a state lists a secret before its version.
        self._by_id = {each.id: each for each in reversed(self._resources)}
        self._by_arn = {each.values["arn"]: each for each in reversed(self._resources) if each.values.get("arn")}

    def all(self, *kinds: str) -> list[Resource]:
        """The resources of these classes."""
        return [each for kind in kinds for each in self._resources if each.kind == kind]

    def of(self, id: str | None) -> Resource | None:
        """The resource with this id."""
        return self._by_id.get(id or "")

    def having(self, id: str, keys: Iterable[str]) -> list[Resource]:
        """The resources that name `id` under one of these keys, at any depth."""
        return [each for each in self._resources if id in _found(each.values, tuple(keys))]

    def named(self, id: str) -> str:
        """The title of the resource with this id; the id itself where the stack has none."""
        return self._by_id[id].title if id in self._by_id else f"`{id}`"

    def meant(self, arn: str) -> str:
        """What an ARN of a policy means: a resource of the stack, with what follows its name, or what it says."""
        known = max((known for known in self._by_arn if arn.startswith(known)), key=len, default=None)
        if known is None:
            return "anything" if arn == "*" else f"`{arn}`"
        rest = arn.removeprefix(known)
        return self._by_arn[known].title + (f" `{rest}`" if rest else "")

    def allowed(self, policy: str) -> Iterator[tuple[str, str]]:
        """What a policy allows: on what, and which actions."""
        for statement in json.loads(policy)["Statement"]:
            if statement["Effect"] == "Allow":
                for resource in as_list(statement["Resource"]):
                    yield self.meant(resource), ", ".join(as_list(statement["Action"]))


def titles(resources: Iterable[Resource]) -> str:
    """The titles in one line, in an order that does not depend on that of the state."""
    return ", ".join(sorted(each.title for each in resources))


def as_list(value: Any) -> list[Any]:
    """One value or a list, as policies have them."""
    return value if isinstance(value, list) else [value]


def _found(values: Any, keys: tuple[str, ...]) -> set[str]:
    if isinstance(values, Mapping):
        own = {id for key in keys for id in as_list(values.get(key) or []) if isinstance(id, str)}
        return own.union(*(_found(part, keys) for part in values.values()))
    return set().union(*(_found(part, keys) for part in values)) if isinstance(values, list) else set()
