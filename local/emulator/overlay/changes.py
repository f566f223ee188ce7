"""Notifies listeners of each call that may have changed a resource, so that they do not have to poll."""

from collections.abc import Callable
from typing import Any

from moto.core.responses import BaseResponse

from local.emulator.overlay import replaces

# The prefixes of read-only operations.
_READS = ("BatchGet", "Describe", "Filter", "Get", "Head", "List", "Lookup", "Simulate")

_listeners: list[Callable[[], None]] = []


def tell(listener: Callable[[], None]) -> None:
    """Call `listener` after each operation that is not read-only (except S3's), in the thread that handles it."""
    _listeners.append(listener)


@replaces(BaseResponse)
def call_action(original: Any, self: Any) -> Any:
    """Notify the listeners even if the call fails, because it may still have changed something."""
    try:
        return original(self)
    finally:
        if not (self._get_action() or "").startswith(_READS):
            for listener in _listeners:
                listener()
