"""The rows of the table: the AWS calls that create, read, update and delete one type of resource."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from offline.stand_ins.codec import Values

Arguments = Mapping[str, Any] | Callable[[Values], Values]
"""Arguments of a call. A text "$name" in them stands for the resource's property of that name, "$id" for its ID.
If that is not sufficient, a function returns them for the properties."""


class Call(NamedTuple):
    """One operation of the row's service (`operation`, as boto3 names it).

    `mapped`: in addition to `arguments`, it gets every input for which it has a parameter. `when`: it is run if
    one of these inputs is set (in a creation) or changes (in an update); empty: always. `if_changed`: inputs that
    an update sends only if they changed, because others may change them, too; "*": all of them.
    """

    operation: str
    arguments: Arguments = {}  # noqa: RUF012 - never changed
    mapped: bool = False
    when: str = ""
    if_changed: str = ""


class Read(NamedTuple):
    """A call that reads; `path` (jmespath, with $name as in arguments) selects the resource in the response."""

    operation: str
    arguments: Arguments
    path: str = "@"


class Import(NamedTuple):
    """The ID for `pulumi import`, if it is not the resource's ID.

    `form`: a regular expression for it, whose named groups are properties. `id`: the resource's ID as a text with
    $name of these properties, or the call that finds it.
    """

    form: str
    id: str | Read


Creation = Call | Callable[[Values], Call]
"""The call that creates a resource, or a function if it depends on the inputs."""


class Row(NamedTuple):
    """One type of resource."""

    kind: str
    service: str
    create: Creation
    id: str
    """jmespath into the response of the creation, or, with $, a text with inputs."""
    reads: tuple[Read, ...]
    """The first determines whether the resource exists; all together return its outputs."""
    delete: tuple[Call, ...] = ()
    fixed: str = ""
    """The inputs whose change requires a new resource; "*": all except tags."""
    fixed_here: Callable[[Values, Values], Collection[str]] | None = None
    """Further such inputs, from the old and the new inputs."""
    puts: tuple[Call, ...] = ()
    """Calls after the creation and in updates."""
    updates: tuple[Call, ...] = ()
    """Calls in updates only."""
    names: Mapping[str, str] = {}
    """Input to API name, where they do not fold into each other."""
    outputs: Mapping[str, str | Callable[[Values], Any]] = {}
    """Output to jmespath into what the reads found, or a function of that; with $, a text with properties."""
    named: str = ""
    """The input that gets a generated name, and its maximum length: "name 64"."""
    defaults: Mapping[str, Any] = {}
    live: str = "@"
    """jmespath on the first read: true while the resource exists (AWS still returns some deleted resources)."""
    finish: Callable[[Any, Values], None] | None = None
    """Waits or checks after creation and updates, which a call cannot do. Raises Refused with the reason."""
    secret: str = ""
    """Outputs that are always secret."""
    refuse: Callable[[Values], str | None] | None = None
    """Returns why the provider itself rejects the inputs in a preview, or None. Inputs may be unknown."""
    suppress: Mapping[str, Callable[[Values, Any], bool]] = {}
    """Inputs whose difference the provider may ignore: called with all new inputs and the value that was read."""
    unread: Mapping[str, str] = {}
    """Inputs that AWS does not return, each with the reason. They count as having the given value."""
    reads_as: Callable[[Values, Values], Values] | None = None
    """Outputs that the provider derives from the state (first) and the result of the reads (second)."""
    imported: Import | None = None
    prepare: Callable[[Any, Values], str | None] | None = None
    """Prepares the deletion, or returns why AWS rejects it if the emulator does not."""


ROWS: dict[str, Row] = {}
"""All rows by kind, from the modules of `rows`."""


def row(kind: str, service: str, create: Creation, id: str, reads: Any, **more: Any) -> None:
    """Add a row; `reads` may be a single one."""
    reads = (reads,) if isinstance(reads, Read) else tuple(reads)
    ROWS[f"aws:{kind}"] = Row(f"aws:{kind}", service, create, id, reads, **more)
