"""Converts a row's call and a resource's properties to the parameters of the AWS API. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from botocore.model import Shape

from offline.stand_ins import mapping
from offline.stand_ins.codec import Values
from offline.stand_ins.table import Arguments, Call, Read, Row

REFERENCE = re.compile(r"\$(\w+)")
_NOT_MAPPED = {"tags", "tagsAll", "id", "region"}


def parameters(row: Row, call: Call | Read, shape: Shape | None, state: Values, versions: Values) -> Values:
    """The parameters of a call of the row, from the properties in `state` and, if AWS requires them, `versions`.

    Raises Misfit.
    """
    arguments = {**_arguments(call.arguments, state), **versions}
    if not isinstance(call, Call) or not call.mapped:
        return arguments
    left_out = _NOT_MAPPED | _unchanged(call.if_changed, state)
    inputs = {name: value for name, value in state.items() if name not in left_out}
    return {**mapping.parameters(inputs, shape, row.names, arguments), **arguments}


def made_with(row: Row, inputs: Values) -> list[Call]:
    """The calls that create a resource with these inputs, in order; those after the first have its ID."""
    create = row.create if isinstance(row.create, Call) else row.create(inputs)
    given = {name for name, value in inputs.items() if value}
    return [create, *(put for put in row.puts if not put.when or given & set(put.when.split()))]


def fill(text: str, state: Values) -> str:
    """The text with the values of the properties that it references as $name."""
    return REFERENCE.sub(lambda reference: str(state.get(reference[1], "")), text)


def _unchanged(names: str, state: Values) -> set[str]:
    """The inputs among these that an update does not change; none in a creation."""
    changed = state.get("_changed")
    if changed is None:
        return set()
    return (set(state) if names == "*" else set(names.split())) - set(changed)


def _arguments(arguments: Arguments, state: Values) -> Values:
    made = arguments(state) if callable(arguments) else _filled(arguments, state)
    return {key: value for key, value in made.items() if value is not None}


def _filled(value: Any, state: Values) -> Any:
    if isinstance(value, Mapping):
        parts = {key: _filled(part, state) for key, part in value.items()}
        return {key: part for key, part in parts.items() if part is not None}
    if isinstance(value, list):
        return [filled for part in value if (filled := _filled(part, state)) is not None]
    if isinstance(value, str) and (whole := REFERENCE.fullmatch(value)):
        return state.get(whole[1])
    return fill(value, state) if isinstance(value, str) else value
