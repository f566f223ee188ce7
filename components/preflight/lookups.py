"""Provider lookups that may find nothing."""

from collections.abc import Callable, Sequence
from typing import TypeVar

# So the provider and AWS say that there is no such thing.
NOTHING = ("no matching ", "couldn't find resource", "NotFound")
# The texts with which the provider says that a lookup of one thing has found none, or several.
_NOT_ONE = ("no matching ", "matched; use additional constraints", "query returned no results")

_Answer = TypeVar("_Answer")


def found(lookup: Callable[[], _Answer], absent: Sequence[str] = _NOT_ONE) -> _Answer | None:
    """The answer to a lookup of one thing, or None where a text of `absent` says that there is not exactly one.

    Other failures are raised.
    """
    try:
        return lookup()
    except Exception as error:  # the SDK knows no kinds of failure
        if any(text in str(error) for text in absent):
            return None
        raise


def tried(lookup: Callable[[], _Answer]) -> _Answer | None:
    """The answer, or None where there is none, whatever the reason: for warnings, which fail no update."""
    try:
        return lookup()
    except Exception:  # the SDK knows no kinds of failure
        return None
