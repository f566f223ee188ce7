"""What a row of the table says: the AWS calls that create, read, update and delete one type of resource."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from offline.stand_ins.codec import Values

Arguments = Mapping[str, Any] | Callable[[Values], Values]
"""Arguments of a call: a text "$name" in them is the resource's property of that name, "$id" its id. A function
makes them of the properties where that is not enough."""


class Call(NamedTuple):
    """One operation of the row's service (`operation`, as boto3 names it).

    `mapped`: beside `arguments` it takes every input that it has a parameter for. `when`: it is made if one of
    these inputs is set (at the creation) or changes (in an update); empty: always. `if_changed`: inputs that an
    update leaves to whoever else changes them; "*": all of them.
    """

    operation: str
    arguments: Arguments = {}  # noqa: RUF012 - nobody changes it
    mapped: bool = False
    when: str = ""
    if_changed: str = ""


class Read(NamedTuple):
    """A call that reads; `path` (jmespath, with $name as in arguments) leads to the resource in the answer."""

    operation: str
    arguments: Arguments
    path: str = "@"


class Import(NamedTuple):
    """What `pulumi import` takes, where that is not the resource's id.

    `form`: a regular expression for it, whose named groups are properties. `id`: the resource's id, a text with
    $name of these, or the call that finds it.
    """

    form: str
    id: str | Read


Creation = Call | Callable[[Values], Call]
"""The call that makes a resource; a function where that depends on its inputs."""


class Row(NamedTuple):
    """One type of resource."""

    kind: str
    service: str
    create: Creation
    id: str
    """jmespath into the creation's answer, or, with $, a text made of inputs."""
    reads: tuple[Read, ...]
    """The first decides whether the resource is there; all together are its outputs."""
    delete: tuple[Call, ...] = ()
    fixed: str = ""
    """The inputs whose change wants a new resource; "*": all but tags."""
    fixed_here: Callable[[Values, Values], Collection[str]] | None = None
    """Further such inputs, of these old and these new ones."""
    puts: tuple[Call, ...] = ()
    """Calls after the creation and in updates."""
    updates: tuple[Call, ...] = ()
    """Calls in updates only."""
    names: Mapping[str, str] = {}
    """Input to API name, where they do not fold into each other."""
    outputs: Mapping[str, str | Callable[[Values], Any]] = {}
    """Output to jmespath into what the reads found, or a function of that; with $, a text made of properties."""
    named: str = ""
    """The input that gets a name of Pulumi's making, and how long it may be: "name 64"."""
    defaults: Mapping[str, Any] = {}
    live: str = "@"
    """jmespath on the first read: true while the resource lives (AWS still shows what it deletes)."""
    finish: Callable[[Any, Values], None] | None = None
    """Does, after creation and updates, what a call cannot: waits, checks. Raises Refused with what went wrong."""
    secret: str = ""
    """Outputs that are always secret."""
    refuse: Callable[[Values], str | None] | None = None
    """Returns why the provider itself refuses the inputs during a preview, or None. Inputs may be unknown."""
    suppress: Mapping[str, Callable[[Values, Any], bool]] = {}
    """Inputs whose difference the provider may ignore: called with all new inputs and the value that was read."""
    unread: Mapping[str, str] = {}
    """Inputs that AWS does not return, each with the reason. They count as being what was given."""
    reads_as: Callable[[Values, Values], Values] | None = None
    """Outputs that the provider derives from the state (first) and from what the reads found (second)."""
    imported: Import | None = None
    prepare: Callable[[Any, Values], str | None] | None = None
    """Makes way for the deletion, or says why AWS refuses it where the emulator does not."""


ROWS: dict[str, Row] = {}
"""Every row by its kind; the modules of `rows` fill it."""


def row(kind: str, service: str, create: Creation, id: str, reads: Any, **more: Any) -> None:
    """Add a row; `reads` may be a single one."""
    reads = (reads,) if isinstance(reads, Read) else tuple(reads)
    ROWS[f"aws:{kind}"] = Row(f"aws:{kind}", service, create, id, reads, **more)
