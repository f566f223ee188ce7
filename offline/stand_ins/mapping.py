"""Maps the SDK's property names to those of the AWS API by folded names, with the types of both sides.

sdk.py contains the types of a resource, botocore's shapes those of a call.
"""

import json
from collections.abc import Collection, Mapping
from typing import Any

from botocore.model import Shape

from offline.stand_ins.codec import Values
from offline.stand_ins.sdk import Type


class Misfit(Exception):
    """A value without a counterpart on the other side; the text names it."""


def fold(name: str) -> str:
    """The common form of `dbSubnetGroupName` and `DBSubnetGroupName`, and of a plural and its singular."""
    folded = name.lower().replace("_", "")
    if folded.endswith("ies"):
        return folded[:-3] + "y"
    return folded[:-1] if folded.endswith("s") and not folded.endswith("ss") else folded


def to_api(value: Any, shape: Shape, path: str = "") -> Any:
    """`value` as a parameter of this shape. Raises Misfit."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, list):
        members: Mapping[str, Shape] = shape.members  # type: ignore[attr-defined]
        if "Items" in members and "Quantity" in members:  # CloudFront's form of a list
            return {"Quantity": len(value), "Items": to_api(value, members["Items"], path)}
        return to_api(value[0], shape, path) if value else None
    if kind == "structure" and isinstance(value, Mapping):
        names = {fold(name): name for name in shape.members}  # type: ignore[attr-defined]
        result = {}
        for key, part in value.items():
            if part is None:
                continue
            if fold(key) not in names:
                raise Misfit(f"{path}.{key} has no counterpart in {shape.name}")
            name = names[fold(key)]
            result[name] = to_api(part, shape.members[name], f"{path}.{key}")  # type: ignore[attr-defined]
        if "quantity" in names and "Items" in result:
            result["Quantity"] = len(result["Items"])
        return result
    if kind == "list":
        parts = value if isinstance(value, list) else [value]
        return [to_api(part, shape.member, path) for part in parts]  # type: ignore[attr-defined]
    if kind == "map" and isinstance(value, Mapping):
        return dict(value)
    if kind in ("string", "blob") and not isinstance(value, str):
        return json.dumps(value) if isinstance(value, dict | list) else _text(value)
    if kind in ("integer", "long"):
        return int(value)
    if kind == "boolean":
        return value in (True, "true")
    return value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def parameters(
    inputs: Mapping[str, Any], shape: Shape | None, names: Mapping[str, str], given: Collection[str]
) -> Values:
    """The inputs that a call accepts, with its parameter names, except the parameters in `given`.

    `names` contains those that do not fold into each other.
    """
    members = {name: member for name, member in (shape.members if shape else {}).items() if name not in given}  # type: ignore[attr-defined]
    folded = {fold(name): name for name in members}
    found: Values = {}
    for key, value in inputs.items():
        member = names.get(key, "")
        if member not in members:
            member = folded.get(fold(key), "")
        if member in members and value is not None:
            found[member] = to_api(value, members[member], key)
    return {key: value for key, value in found.items() if value is not None}


def to_properties(answer: Any, types: Mapping[str, Type], names: Mapping[str, str]) -> Values:
    """The properties in `types` that a response of AWS contains; values that do not fit their type are omitted."""
    renamed = {api: name for name, api in names.items()}
    folded = {fold(name): name for name in types}
    found: Values = {}
    for key, value in (answer or {}).items():
        name = renamed.get(key) or folded.get(fold(key), "")
        if name in types:
            fitted = fit(value, types[name])
            if fitted is not None:
                found[name] = fitted
    return found


def fit(value: Any, type_: Type) -> Any:
    """A value of AWS as the SDK's type requires it; None if it does not fit."""
    if value is None:
        return None
    if type_.name == "object":
        value = value[0] if isinstance(value, list) and value else value
        return to_properties(value, type_.properties, {}) if isinstance(value, dict) else None
    if type_.item:
        if isinstance(value, dict) and "Quantity" in value:
            value = value.get("Items", [])
        parts = [fit(part, type_.item) for part in (value if isinstance(value, list) else [value])]
        return None if any(part is None for part in parts) else parts
    if type_.name == "map":
        return value if isinstance(value, dict) else None
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True) if type_.name == "str" else None
    match type_.name:
        case "bool":
            return value in (True, "true", "True")
        case "int":
            return int(value)
        case "float":
            return float(value)
        case "str":
            return _text(value)
    return value


def same(old: Any, new: Any) -> bool:
    """Whether two inputs mean the same: JSON texts by their content, lists of scalars without order."""
    return _normal(old) == _normal(new)


def agrees(wanted: Any, live: Any) -> bool:
    """Whether the live value is the wanted one; AWS may have added defaults."""
    wanted, live = _normal(wanted), _normal(live)
    if isinstance(wanted, dict) and isinstance(live, dict):
        return all(agrees(part, live.get(key)) for key, part in wanted.items())
    if isinstance(wanted, list) and isinstance(live, list):
        return len(wanted) == len(live) and all(any(agrees(part, other) for other in live) for part in wanted)
    return wanted == live or (wanted in EMPTY and live in EMPTY)


EMPTY: Collection[Any] = (None, False, "", [], {}, "[]", "{}")


def _normal(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _normal(part) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        parts = [_normal(part) for part in value]
        return sorted(parts, key=str) if not any(isinstance(part, dict | list) for part in parts) else parts
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return _normal(json.loads(value))
        except ValueError:
            return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, bool) or value is None else str(value)
