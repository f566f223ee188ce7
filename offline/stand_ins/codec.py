"""Property values as the engine sends them, and as the stand-ins work with them: plain Python.

Values that are not known yet stay the SDK's UNKNOWN text. Secrets are unwrapped; their top-level names are kept.
"""

from collections.abc import Collection, Mapping
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.rpc import UNKNOWN

Values = dict[str, Any]

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's marker of a secret


def decode(struct: Struct) -> tuple[Values, set[str]]:
    """The values, and the top-level names whose value is or contains a secret."""
    values: Values = MessageToDict(struct)
    return {name: _plain(value) for name, value in values.items()}, {
        name for name, value in values.items() if _holds_secret(value)
    }


def encode(values: Mapping[str, Any], secrets: Collection[str] = ()) -> Struct:
    """The engine's form, with the values named in `secrets` marked as secrets; None is omitted."""
    marked = {
        name: {_SIGNATURE: _SECRET, "value": value} if name in secrets else value
        for name, value in values.items()
        if value is not None
    }
    return ParseDict(marked, Struct())


def is_unknown(value: Any) -> bool:
    """Whether the value, or a part of it, is known only once its resource exists."""
    if isinstance(value, dict):
        return any(map(is_unknown, value.values()))
    return any(map(is_unknown, value)) if isinstance(value, list) else value == UNKNOWN


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return _plain(value["value"]) if _is_secret(value) else {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_secret(value: dict[str, Any]) -> bool:
    return value.get(_SIGNATURE) == _SECRET


def _holds_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return _is_secret(value) or any(map(_holds_secret, value.values()))
    return isinstance(value, list) and any(map(_holds_secret, value))
