"""Provider lookups that may find nothing."""

from collections.abc import Callable, Sequence
from typing import TypeVar

# Error texts of the provider and AWS for something that does not exist.
NOTHING = ("no matching ", "couldn't find resource", "NotFound")
# Error texts of the provider if a lookup of a single item finds none, or several.
_NOT_ONE = ("no matching ", "matched; use additional constraints", "query returned no results")

_Answer = TypeVar("_Answer")


def found(lookup: Callable[[], _Answer], absent: Sequence[str] = _NOT_ONE) -> _Answer | None:
    """Returns the result of a lookup of a single item, or None if its error contains a text of `absent`.

    Other errors are raised.
    """
    try:
        return lookup()
    except Exception as error:  # the SDK has no specific exception types
        if any(text in str(error) for text in absent):
            return None
        raise


def tried(lookup: Callable[[], _Answer]) -> _Answer | None:
    """Returns the result, or None after any error. For warnings, which must not fail an update."""
    try:
        return lookup()
    except Exception:  # the SDK has no specific exception types
        return None
