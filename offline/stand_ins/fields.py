"""Whether AWS accepts the values of a call, by the rules of the service model and additional documented ones.

botocore contains the patterns, enumerations and bounds of each service model, but does not check them; AWS does.
`documented` contains the rules that AWS documents in addition to its models. Pure.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import regex
from botocore.exceptions import ParamValidationError
from botocore.model import OperationModel, Shape

from offline.stand_ins.documented import RULES, Rule

# The notation for characters beyond the first 65,536 in Java, and in the regex package.
_SURROGATES = (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")
_SHOWN_CHARACTERS = 120


class Field(NamedTuple):
    """One value of a call, and its path: `Rules[0].Name`, `Attributes['DisplayName']`."""

    path: str
    shape: Shape
    value: Any


class Refused(NamedTuple):
    """A value that AWS would reject, and the rule that it breaks."""

    field: Field
    rule: str

    def __str__(self) -> str:
        """Path, value and rule."""
        return f"{self.field.path} = {_shown(self.field)}: must be {self.rule}"


def check(params: Mapping[str, Any], model: OperationModel, **_: Any) -> None:
    """Handles botocore's event before-parameter-build. Raises ParamValidationError with all rejected values."""
    if problems := refused(model, params):
        raise ParamValidationError(report="; ".join(map(str, problems)))


def refused(operation: OperationModel, parameters: Mapping[str, Any]) -> list[Refused]:
    """The values in a call of `operation` that AWS would reject, one entry for each broken rule."""
    rules = _documented(operation.service_model.service_name, operation.name)
    found = []
    for field in fields(operation.input_shape, parameters):  # type: ignore[arg-type]
        broken = [*_broken(field.shape, field.value), *(rule.text for rule in rules if _breaks(rule, field))]
        found += [Refused(field, rule) for rule in broken]
    return found


def fields(shape: Shape | None, value: Any, path: str = "") -> Iterator[Field]:
    """Every value of a call that the service model contains, including structures and lists."""
    if shape is None or value is None:
        return
    if path:
        yield Field(path, shape, value)
    if shape.type_name == "structure" and isinstance(value, Mapping):
        members: Mapping[str, Shape] = shape.members  # type: ignore[attr-defined]
        for name in (name for name in value if name in members):
            yield from fields(members[name], value[name], f"{path}.{name}".removeprefix("."))
    elif shape.type_name == "list" and isinstance(value, list | tuple):
        for number, part in enumerate(value):
            yield from fields(shape.member, part, f"{path}[{number}]")  # type: ignore[attr-defined]
    elif shape.type_name == "map" and isinstance(value, Mapping):
        for key, part in value.items():
            yield from fields(shape.key, key, f"{path}[{key!r}]")  # type: ignore[attr-defined]
            yield from fields(shape.value, part, f"{path}[{key!r}]")  # type: ignore[attr-defined]


def _broken(shape: Shape, value: Any) -> Iterator[str]:
    """The rules of the model that the value breaks."""
    rules: Mapping[str, Any] = shape.metadata  # type: ignore[assignment]
    if "enum" in rules and value not in rules["enum"]:
        yield f"one of {', '.join(rules['enum'])}"
    if "pattern" in rules and isinstance(value, str) and not _compiled(rules["pattern"]).fullmatch(value):
        yield f"what matches {rules['pattern']}"
    if (size := _size(value)) is None:
        return
    what = "" if isinstance(value, int | float) else " long"
    if size < rules.get("min", size):
        yield f"at least {rules['min']}{what}"
    if size > rules.get("max", size):
        yield f"at most {rules['max']}{what}"


def _size(value: Any) -> float | None:
    """The size that a minimum and a maximum restrict: a number itself, or the length of any other value."""
    if isinstance(value, int | float):
        return None if isinstance(value, bool) else value
    return len(value) if hasattr(value, "__len__") else None


@cache
def _documented(service: str, operation: str) -> list[Rule]:
    rules = [rule for rule in RULES if rule.service == service]
    return [rule for rule in rules if not rule.operations or operation in rule.operations.split()]


def _breaks(rule: Rule, field: Field) -> bool:
    where = _path(rule.path).fullmatch(field.path)
    return bool(where) and isinstance(field.value, str) and not _compiled(rule.pattern).fullmatch(field.value)


@cache
def _path(path: str) -> Any:
    escaped = regex.escape(path).replace(r"\[\]", r"\[\d+\]").replace(r"\*", r"\w+")
    return regex.compile(escaped)


@cache
def _compiled(pattern: str) -> Any:
    return regex.compile(pattern.replace(*_SURROGATES))


def _shown(field: Field) -> str:
    """The value, shortened; values that the model marks as sensitive are not shown."""
    if "sensitive" in field.shape.metadata or "Password" in field.path:  # type: ignore[operator]
        return "…"
    text = repr(field.value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
