"""Rules that hold for every stack, one a file. The file's name is the rule's name, its docstring says what holds.

A rule is a function without Pulumi: `check(kind, properties)` judges a resource by its type and inputs and yields
a text for each thing that is wrong with it; `check_stack(resources, stack)` judges all of them together and yields
(URN, text). Inputs may lack any property; access to one that is unknown raises, and Pulumi tells that the rule
could not be asked.
"""

import importlib
import json
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any, NamedTuple

Properties = Mapping[str, Any]
Finding = tuple[str, str]


class Resource(NamedTuple):
    """What a rule of the whole stack sees of a resource."""

    kind: str
    urn: str
    properties: Properties
    protect: bool = False


def name(rule: ModuleType) -> str:
    """The rule's name, as Pulumi writes it."""
    return rule.__name__.rpartition(".")[2].replace("_", "-")


def description(rule: ModuleType) -> str:
    """What holds, in a sentence or more."""
    return " ".join((rule.__doc__ or "").split())


def judge(rule: ModuleType, resources: Sequence[Resource], stack: str) -> Iterator[Finding]:
    """What a rule of either form finds wrong with the resources of a stack."""
    if hasattr(rule, "check_stack"):
        yield from rule.check_stack(resources, stack)
    else:
        yield from ((each.urn, text) for each in resources for text in rule.check(each.kind, each.properties))


def of_kind(resources: Sequence[Resource], kind: str) -> Iterator[Resource]:
    """The resources of a type, such as aws:s3/bucket:Bucket."""
    return (resource for resource in resources if resource.kind == kind)


def document(text: Any) -> list[Properties]:
    """The statements of a policy, which is JSON text; none where there is no policy."""
    statements = json.loads(text)["Statement"] if text else []
    return [statements] if isinstance(statements, dict) else statements


def several(value: Any) -> list[Any]:
    """A policy's value, which may be one or a list."""
    return [] if value is None else [value] if isinstance(value, str | dict) else list(value)


def containers(kind: str, properties: Properties) -> list[Properties]:
    """The container definitions of a task definition; none of anything else."""
    is_task = kind == "aws:ecs/taskDefinition:TaskDefinition"
    return json.loads(properties["containerDefinitions"]) if is_task else []


def by_bucket(resources: Sequence[Resource], kind: str) -> dict[Any, Resource]:
    """The resources of a type that belong to a bucket, by the bucket's name."""
    return {resource.properties["bucket"]: resource for resource in of_kind(resources, kind)}


ALL: list[ModuleType] = [
    importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)
]
