"""The tables of docs/reference/conformance.md: their rows are claims, each with the check that measures it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests.data.conformance.system import System

Check = Callable[[System], str]


class Claim(NamedTuple):
    """One row: what it is about, what is stated, and what measures that on the running system.

    `states` is Markdown, word for word what `measure` answers. ` | ` separates the cells of further columns.
    """

    subject: str
    states: str
    measure: Check


class Section(NamedTuple):
    """A chapter or, with a title that begins with #, a part of the one before."""

    title: str
    columns: Sequence[str]
    claims: Sequence[Claim]
    text: str = ""


def cells(*answers: object) -> str:
    """The cells of a row but its first."""
    return " | ".join(map(str, answers))


def listed(names: Sequence[str]) -> str:
    """Names as one text."""
    return ", ".join(names) or "none"
