"""What a stack has deployed on AWS, according to `pulumi stack export`. Resources have their Pulumi names."""

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
        """The resource's title, such as `orthanc-http` (load balancer)."""
        return f"`{self.name}` ({re.sub(r'(?<=[a-z])(?=[A-Z])', ' ', self.kind).lower()})"


class Deployed:
    """The resources of a stack and the references between them."""

    def __init__(self, exported: Values):
        """Raises ValueError if nothing is deployed."""
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
        # If several have the same id or ARN, the first is used: a state lists a secret before its version.
        self._by_id = {each.id: each for each in reversed(self._resources)}
        self._by_arn = {each.values["arn"]: each for each in reversed(self._resources) if each.values.get("arn")}

    def all(self, *kinds: str) -> list[Resource]:
        """Returns the resources of these classes."""
        return [each for kind in kinds for each in self._resources if each.kind == kind]

    def of(self, id: str | None) -> Resource | None:
        """Returns the resource with this id."""
        return self._by_id.get(id or "")

    def having(self, id: str, keys: Iterable[str]) -> list[Resource]:
        """Returns the resources that contain `id` under one of these keys, at any depth."""
        return [each for each in self._resources if id in _found(each.values, tuple(keys))]

    def named(self, id: str) -> str:
        """Returns the title of the resource with this id, or the id itself if the stack has no such resource."""
        return self._by_id[id].title if id in self._by_id else f"`{id}`"

    def meant(self, arn: str) -> str:
        """Returns what an ARN in a policy refers to.

        This is a resource of the stack, with the part after its name, or the ARN itself.
        """
        known = max((known for known in self._by_arn if arn.startswith(known)), key=len, default=None)
        if known is None:
            return "anything" if arn == "*" else f"`{arn}`"
        rest = arn.removeprefix(known)
        return self._by_arn[known].title + (f" `{rest}`" if rest else "")

    def allowed(self, policy: str) -> Iterator[tuple[str, str]]:
        """Yields what a policy allows: the resource and the actions."""
        for statement in json.loads(policy)["Statement"]:
            if statement["Effect"] == "Allow":
                for resource in as_list(statement["Resource"]):
                    yield self.meant(resource), ", ".join(as_list(statement["Action"]))


def titles(resources: Iterable[Resource]) -> str:
    """Returns the titles in one line, in an order that does not depend on the order in the state."""
    return ", ".join(sorted(each.title for each in resources))


def as_list(value: Any) -> list[Any]:
    """Returns a value as a list. Policies contain single values and lists."""
    return value if isinstance(value, list) else [value]


def _found(values: Any, keys: tuple[str, ...]) -> set[str]:
    if isinstance(values, Mapping):
        own = {id for key in keys for id in as_list(values.get(key) or []) if isinstance(id, str)}
        return own.union(*(_found(part, keys) for part in values.values()))
    return set().union(*(_found(part, keys) for part in values)) if isinstance(values, list) else set()
