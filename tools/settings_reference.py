"""Generates the settings in Pulumi.yaml and docs/reference/settings.md from the fields of components/config.

The sentence below a field describes its key. The field's value is the default.
"""

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin

import yaml
from annotated_types import Ge, Le
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from components.config import Settings
from components.config.orthanc_options import OrthancConfiguration
from components.config.values import Group

PROJECT = Path(__file__).parents[1]
SCHEMA, DOCUMENT = PROJECT / "Pulumi.yaml", PROJECT / "docs/reference/settings.md"
REMEDY = "run make docs"

_TYPES = {bool: "boolean", int: "integer", str: "string", tuple: "array", OrthancConfiguration: "object"}
# The first lines of the generated parts of Pulumi.yaml and docs/reference/settings.md, which end with the file.
_KEYS = "config:\n"
_TABLES = "<!-- make docs -->\n"


class Key(NamedTuple):
    """A key of the stack's configuration.

    `values` are the allowed values or their range, in words, or an empty string.
    """

    name: str
    type: str
    default: Any
    items: str
    values: str
    description: str


def groups() -> Iterator[tuple[str, list[Key]]]:
    """Yields the keys by topic, in the order of `Settings`."""
    for group in Settings.__bases__:
        if issubclass(group, Group):
            described = _descriptions(group)
            fields = {name: Settings.model_fields[name] for name in group.__annotations__}
            title = (group.__doc__ or "").removesuffix(".")
            yield title, [_key(name, field, described.get(name, "")) for name, field in fields.items()]


def schema(text: str) -> str:
    """Returns Pulumi.yaml with the current keys. `text` is any version of the file."""
    config: dict[str, dict[str, Any]] = {}
    for _, keys in groups():
        for key in keys:
            items = {"items": {"type": key.items}} if key.items else {}
            described = {"default": key.default, "description": key.description}
            config[key.name] = {"type": key.type} | items | described
    written = yaml.safe_dump(config, sort_keys=False, width=sys.maxsize, allow_unicode=True)
    return text.partition(_KEYS)[0] + _KEYS + textwrap.indent(written, "  ")


def document(text: str) -> str:
    """Returns docs/reference/settings.md with the current keys. `text` is any version of the file."""
    return text.partition(_TABLES)[0] + _TABLES + "".join(_table(*group) for group in groups())


def _table(title: str, keys: list[Key]) -> str:
    rows = [
        f"| `{key.name}` | {key.type}{key.values and f': {key.values}'} | {shown(key.default)} |"
        f" {key.description} |\n"
        for key in keys
    ]
    return f"\n## {title}\n\n| key | type | default | description |\n|---|---|---|---|\n{''.join(rows)}"


def shown(default: object) -> str:
    """Returns a default as documents show it."""
    if default in ("", [], {}):
        return "empty"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _key(name: str, field: FieldInfo, description: str) -> Key:
    default = field.default
    kind = _TYPES[type(default)]
    if isinstance(default, OrthancConfiguration):
        default = default.given()
    items = ""
    if isinstance(default, tuple):
        default, [example] = list(default), field.examples or [""]
        items = "object" if isinstance(example, dict) else "string"
    return Key(to_camel(name), kind, default, items, _values(field), description)


def _values(field: FieldInfo) -> str:
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(field.annotation))
    least = next((rule.ge for rule in field.metadata if isinstance(rule, Ge)), None)
    most = next((rule.le for rule in field.metadata if isinstance(rule, Le)), None)
    return "" if least is None or most is None else f"{least} to {most}"


def _descriptions(group: type) -> dict[str, str]:
    """Returns the text below each field."""
    [definition] = ast.parse(inspect.getsource(group)).body
    assert isinstance(definition, ast.ClassDef)
    described: dict[str, str] = {}
    for field, below in zip(definition.body, definition.body[1:], strict=False):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                described[name] = " ".join(text.split())
    return described


def main() -> None:
    """Writes both files."""
    for file, present in ((SCHEMA, schema), (DOCUMENT, document)):
        file.write_text(present(file.read_text()))


if __name__ == "__main__":
    main()
