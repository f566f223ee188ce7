"""The components' public interface is told where it is used: types of arguments, types and names of attributes."""

import ast
import inspect
import re
from importlib import import_module
from typing import get_args, get_type_hints

import pulumi
import pytest

from components.config import Settings
from tests.unit.program import PROJECT

MODULES = [
    ".".join(file.relative_to(PROJECT).with_suffix("").parts)
    for file in sorted((PROJECT / "components").rglob("*.py"))
]
COMPONENTS = {
    f"{module.removeprefix('components.')}.{name}": found
    for module in MODULES
    for name, found in vars(import_module(module)).items()
    if inspect.isclass(found) and issubclass(found, pulumi.ComponentResource) and found.__module__ == module
}
ALL = pytest.mark.parametrize("component", COMPONENTS.values(), ids=COMPONENTS)

# `name: Type`, or `name`, `other` (remark): Type
_TOLD = re.compile(r"`(\w+): [\w.,\[\]| ]+`|((?:`\w+`[^`:;.]*)+): (?:[A-Z]|aws\.|pulumi\.)[\w.]+")


def attributes(component: type) -> set[str]:
    """The public attributes that a component sets."""
    tree = ast.parse(inspect.getsource(component))
    set_ = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    }
    return {name for name in set_ if not name.startswith("_")}


def told(component: type) -> set[str]:
    """The attributes whose type is declared in the class or told in its docstring, or a base's."""
    names: set[str] = set()
    for base in component.__mro__[: component.__mro__.index(pulumi.ComponentResource)]:
        names |= {name for name in vars(base).get("__annotations__", {}) if not name.startswith("_")}
        for one, several in _TOLD.findall(base.__doc__ or ""):
            names |= {one} if one else set(re.findall(r"`(\w+)`", several))
    return names


def test_there_are_components():
    assert len(COMPONENTS) > 15


@ALL
def test_every_public_attribute_is_told_with_its_type(component: type):
    untold = attributes(component) - told(component)
    assert not untold, f"{component.__name__} does not tell what {', '.join(sorted(untold))} is"


@ALL
def test_nothing_is_told_that_there_is_not(component: type):
    methods = {name for name, _ in inspect.getmembers(component, inspect.isfunction)}
    own = set().union(
        *(attributes(base) | set(vars(base)) for base in component.__mro__ if base.__module__[:10] == "components")
    )
    abstract = component.__init__ is pulumi.ComponentResource.__init__
    assert abstract or told(component) <= own | methods


@ALL
def test_every_argument_is_told_by_its_type_or_in_words(component: type):
    if component.__init__ is pulumi.ComponentResource.__init__:
        return  # what others derive from
    parameters = list(inspect.signature(component.__init__).parameters)[1:]
    types = get_type_hints(component.__init__, vars(pulumi.output) | vars(import_module(component.__module__)))
    assert not set(parameters) - set(types) and parameters[0] == "name" and parameters[-1] == "opts"
    text = f"{component.__doc__} {component.__init__.__doc__}"
    plain = [name for name in parameters[1:-1] if not speaks_for_itself(types[name])]
    unnamed = [name for name in plain if f"`{name}`" not in text]
    assert component.__doc__ and component.__init__.__doc__ and not unnamed, "what an argument is for is not told"


def speaks_for_itself(type_: object) -> bool:
    """Settings, other components, and kinds or lists of them."""
    parts = get_args(type_) or (type_,)
    return all(
        inspect.isclass(part) and issubclass(part, Settings | pulumi.ComponentResource | type(None))
        for part in parts
    )
