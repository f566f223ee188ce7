"""Rules that hold for every stack, one per file. The file name is the rule's name, its docstring the description.

A rule is a function without Pulumi. `check(kind, properties)` validates a resource by its type and inputs, and
yields a text for each violation. `check_stack(resources, stack)` validates all resources together and yields (URN,
text). Any property may be missing from the inputs. Access to an unknown property raises an exception, and Pulumi
reports that the rule could not be evaluated.
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
    """The parts of a resource that a rule for the whole stack can see."""

    kind: str
    urn: str
    properties: Properties
    protect: bool = False


def name(rule: ModuleType) -> str:
    """Returns the rule's name as Pulumi writes it."""
    return rule.__name__.rpartition(".")[2].replace("_", "-")


def description(rule: ModuleType) -> str:
    """Returns the rule's description, one or more sentences."""
    return " ".join((rule.__doc__ or "").split())


def judge(rule: ModuleType, resources: Sequence[Resource], stack: str) -> Iterator[Finding]:
    """Yields the violations that a rule of either form finds in the resources of a stack."""
    if hasattr(rule, "check_stack"):
        yield from rule.check_stack(resources, stack)
    else:
        yield from ((each.urn, text) for each in resources for text in rule.check(each.kind, each.properties))


def of_kind(resources: Sequence[Resource], kind: str) -> Iterator[Resource]:
    """Returns the resources of a type, such as aws:s3/bucket:Bucket."""
    return (resource for resource in resources if resource.kind == kind)


def document(text: Any) -> list[Properties]:
    """Returns the statements of a policy, which is JSON text; none without a policy."""
    statements = json.loads(text)["Statement"] if text else []
    return [statements] if isinstance(statements, dict) else statements


def several(value: Any) -> list[Any]:
    """Returns a policy's value as a list. The value may be one item or a list."""
    return [] if value is None else [value] if isinstance(value, str | dict) else list(value)


def containers(kind: str, properties: Properties) -> list[Properties]:
    """Returns the container definitions of a task definition; none for other types."""
    is_task = kind == "aws:ecs/taskDefinition:TaskDefinition"
    return json.loads(properties["containerDefinitions"]) if is_task else []


def by_bucket(resources: Sequence[Resource], kind: str) -> dict[Any, Resource]:
    """Returns the resources of a type that belong to a bucket, by the bucket's name."""
    return {resource.properties["bucket"]: resource for resource in of_kind(resources, kind)}


ALL: list[ModuleType] = [
    importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)
]
