"""How the provider compares a program's inputs with the values in AWS, and which it keeps. Pure.

Pulumi's bridge to Terraform's provider compares the state as read with the current inputs. A value that AWS stores
differently is then a difference in every update.
"""

from typing import Any

from offline.stand_ins.codec import Values
from offline.stand_ins.mapping import EMPTY, agrees, same
from offline.stand_ins.sdk import schema
from offline.stand_ins.table import Row

_OURS = {"__defaults", "region", "id"}


def kept(kind: str, inputs: Values, read: Values) -> Values:
    """The inputs, with the values that were read for computed properties that the program omits."""
    given = {name: value for name, value in inputs.items() if value is not None}
    computed = {name: read[name] for name in schema(kind).computed if read.get(name) is not None}
    return {**computed, **given}


def changed(row: Row, old: Values, new: Values, read: Values) -> list[str]:
    """The inputs in which `new` differs from the values `read`; `old` are the previous inputs."""
    names = (set(old) | set(new)) - _OURS
    return sorted(name for name in names if _differs(row, name, old.get(name), new, read.get(name)))


def removed(row: Row, old: Values, new: Values) -> set[str]:
    """The inputs that the program no longer gives and whose values the provider removes."""
    gone = {name for name, value in old.items() if value is not None and new.get(name) is None}
    return gone - schema(row.kind).computed - _OURS


def untrue(row: Row, inputs: Values, told: Values) -> list[str]:
    """Texts about the inputs that AWS does not return as given; `told` is what it returned."""
    wrong = []
    for name, value in inputs.items():
        if value is None or name in _OURS or name in row.unread or name in ("tags", "tagsAll"):
            continue
        if not agrees(value, told.get(name)) and not _suppressed(row, name, inputs, told.get(name)):
            wrong.append(f"{name} = {value!r} is read back as {told.get(name)!r}")
    return wrong


def _differs(row: Row, name: str, before: Any, new: Values, read: Any) -> bool:
    given = new.get(name)
    if _suppressed(row, name, new, read):
        return False
    if given is None:
        return name in removed(row, {name: before}, new) and not empty(read)
    # AWS adds defaults to an input, so extra parts are a difference only if the program has changed the input.
    return not (agrees if same(before, given) else same)(given, read)


def _suppressed(row: Row, name: str, new: Values, read: Any) -> bool:
    suppress = row.suppress.get(name)
    return bool(suppress and suppress(new, read))


def empty(value: Any) -> bool:
    """Whether the value is equivalent to no value."""
    return value in EMPTY or value == 0
