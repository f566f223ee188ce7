"""The schema of a resource type: the properties of the SDK's own classes.

Loading those classes takes seconds, so the schemas that are read from them are stored in the user's cache.
"""

import hashlib
import importlib
import inspect
import json
import os
import threading
import typing
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from local import workspace

_LOADING = threading.Lock()
_SCALARS = {str: "str", bool: "bool", int: "int", float: "float"}


class Type(NamedTuple):
    """A property's type: str, bool, int, float, map, any, list (of `item`) or object (with `properties`)."""

    name: str
    item: "Type | None" = None
    properties: "Mapping[str, Type]" = {}  # noqa: RUF012 - never changed


class Schema(NamedTuple):
    """The properties of one resource type."""

    types: Mapping[str, Type]
    inputs: frozenset[str]
    always_set: frozenset[str]
    """Outputs that have a value regardless of the inputs."""
    computed: frozenset[str]
    """Optional and Computed in the provider's schema: AWS has a value even if the program gives none."""

    def misspelt(self, inputs: Mapping[str, Any]) -> list[str]:
        """The paths of properties that the type does not have."""
        unknown = [name for name in inputs if name not in self.inputs and name not in ("tagsAll", "__defaults")]
        for name in self.inputs & set(inputs):
            unknown += _misspelt(inputs[name], self.types.get(name, Type("any")), name)
        return unknown


@cache
def schema(kind: str) -> Schema:
    """The schema of a type, a token such as aws:ecs/service:Service."""
    file = _kept() / f"{kind.replace(':', '.').replace('/', '.')}.json"
    with _LOADING:  # the SDK loads its modules lazily, which is not thread-safe
        if not file.exists():
            file.parent.mkdir(exist_ok=True)
            unfinished = file.with_suffix(f".{os.getpid()}")
            unfinished.write_text(json.dumps(_read(kind)))
            unfinished.rename(file)
    return _schema(json.loads(file.read_text()))


def _kept() -> Path:
    """The cache directory for this version of the SDK and of this module."""
    reader = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]
    return workspace.cache() / f"schemas-{version('pulumi-aws')}-{reader}"


def _read(kind: str) -> dict[str, Any]:
    """The SDK's description of a type, as JSON; objects are referenced by name and described in `objects`."""
    from pulumi import _types

    objects: dict[str, Any] = {}

    def described(type_: Any) -> Any:
        origin = typing.get_origin(type_)
        if _types.is_output_type(type_):
            if type_.__name__ not in objects:
                objects[type_.__name__] = None  # it may contain itself
                members = _types.output_type_types(type_)
                objects[type_.__name__] = {name: described(each) for name, each in members.items()}
            return {"object": type_.__name__}
        if origin is not None and origin in (list, Sequence):
            return {"list": described(*typing.get_args(type_))}
        if origin in (dict, Mapping) or type_ is dict:
            return "map"
        return _SCALARS.get(type_, "any")

    _, path, name = kind.split(":")
    module = importlib.import_module(f"pulumi_aws.{path.split('/')[0]}")
    resource = getattr(module, name)
    arguments = getattr(module, f"{name}InitArgs", None) or getattr(module, f"{name}Args")
    types = _types.resource_types(resource)
    python_names = _types.resource_pulumi_to_py_names(resource)
    always_set = {
        name
        for name in types
        if not _is_optional(getattr(resource, python_names.get(name, name)).fget.__annotations__["return"])
    }
    given = inspect.signature(arguments.__init__).parameters
    names = _types.input_type_py_to_pulumi_names(arguments)
    may_be_left_out = {
        name
        for python, name in names.items()
        if python in given and given[python].default is not inspect.Parameter.empty
    }
    return {
        "types": {name: described(each) for name, each in types.items()},
        "inputs": sorted(_types.input_type_types(arguments)),
        "always_set": sorted(always_set),
        "computed": sorted((always_set & may_be_left_out) - {"region"}),
        "objects": objects,
    }


def _is_optional(annotation: Any) -> bool:
    return "Optional" in str(annotation) or "None" in str(annotation)


def _schema(described: dict[str, Any]) -> Schema:
    objects: dict[str, dict[str, Type]] = {name: {} for name in described["objects"]}

    def type_(told: Any) -> Type:
        match told:
            case {"object": name}:
                return Type("object", properties=objects[name])
            case {"list": item}:
                return Type("list", item=type_(item))
        return Type(told)

    for name, members in described["objects"].items():
        objects[name].update({member: type_(told) for member, told in members.items()})
    return Schema(
        {name: type_(told) for name, told in described["types"].items()},
        *(frozenset(described[names]) for names in ("inputs", "always_set", "computed")),
    )


def _misspelt(value: Any, type_: Type, path: str) -> list[str]:
    if isinstance(value, list):
        return [wrong for part in value for wrong in _misspelt(part, type_.item or Type("any"), path)]
    if not isinstance(value, dict) or type_.name != "object":
        return []
    known = type_.properties
    wrong = [f"{path}.{key}" for key in value if key not in known]
    return wrong + [w for key in value if key in known for w in _misspelt(value[key], known[key], f"{path}.{key}")]
