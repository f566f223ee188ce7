"""Whether AWS takes the values of a call: the rules of the service's model, and documented ones next to them.

botocore carries the patterns, enumerations and bounds of each service model and checks none of them; AWS does.
What AWS documents beyond its models is the table of `documented`. Pure.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import regex
from botocore.exceptions import ParamValidationError
from botocore.model import OperationModel, Shape

from offline.stand_ins.documented import RULES, Rule

# How Java writes the characters beyond the first 65,536, and how the regex package does.
_SURROGATES = (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")
_SHOWN_CHARACTERS = 120


class Field(NamedTuple):
    """One value of a call, and where it stands: `Rules[0].Name`, `Attributes['DisplayName']`."""

    path: str
    shape: Shape
    value: Any


class Refused(NamedTuple):
    """A value that AWS would refuse, and what it has to be."""

    field: Field
    rule: str

    def __str__(self) -> str:
        """Path, value and rule."""
        return f"{self.field.path} = {_shown(self.field)}: must be {self.rule}"


def check(params: Mapping[str, Any], model: OperationModel, **_: Any) -> None:
    """For botocore's event before-parameter-build. Raises ParamValidationError with all that AWS would refuse."""
    if problems := refused(model, params):
        raise ParamValidationError(report="; ".join(map(str, problems)))


def refused(operation: OperationModel, parameters: Mapping[str, Any]) -> list[Refused]:
    """What AWS would refuse of a call of `operation`, once for each rule that is broken."""
    rules = _documented(operation.service_model.service_name, operation.name)
    found = []
    for field in fields(operation.input_shape, parameters):  # type: ignore[arg-type]
        broken = [*_broken(field.shape, field.value), *(rule.text for rule in rules if _breaks(rule, field))]
        found += [Refused(field, rule) for rule in broken]
    return found


def fields(shape: Shape | None, value: Any, path: str = "") -> Iterator[Field]:
    """Every value of a call that the service's model knows, structures and lists included."""
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
    """What the value should be by the model, and is not."""
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
    """What a minimum and a maximum are about: a number itself, the length of anything else."""
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
    """The value, shortened, and never one that the model marks as sensitive."""
    if "sensitive" in field.shape.metadata or "Password" in field.path:  # type: ignore[operator]
        return "…"
    text = repr(field.value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
