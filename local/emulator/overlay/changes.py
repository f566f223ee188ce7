"""Who plays what is deployed hears of each call that may have changed it, and need not ask again and again."""

from collections.abc import Callable
from typing import Any

from moto.core.responses import BaseResponse

from local.emulator.overlay import replaces

# What the operations that only read begin with.
_READS = ("BatchGet", "Describe", "Filter", "Get", "Head", "List", "Lookup", "Simulate")

_listeners: list[Callable[[], None]] = []


def tell(listener: Callable[[], None]) -> None:
    """Call `listener` after each operation that does more than read (not S3's), in the thread that answers it."""
    _listeners.append(listener)


@replaces(BaseResponse)
def call_action(original: Any, self: Any) -> Any:
    """A call that fails may have changed something all the same."""
    try:
        return original(self)
    finally:
        if not (self._get_action() or "").startswith(_READS):
            for listener in _listeners:
                listener()
