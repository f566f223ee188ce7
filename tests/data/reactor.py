"""pynetdicom's associations, without a race that loses answers on a busy machine.

The reactor says that it is paused before it waits at its checkpoint (`Association._run_reactor` of 3.0.4). Once it
has passed the checkpoint and before it says so, a caller takes it for paused and sends; the reactor then takes the
answer ("Received unexpected C-FIND service message"), and the caller waits until its timeout.
"""

import threading
from typing import Any

from pynetdicom.association import Association


class _Checkpoint(threading.Event):
    """Whoever passes says so in the same moment."""

    def __init__(self, association: Association):
        super().__init__()
        self._association, self._passing = association, threading.Lock()

    def clear(self) -> None:
        with self._passing:
            super().clear()

    def wait(self, timeout: float | None = None) -> bool:
        while True:
            super().wait(timeout)
            with self._passing:
                if self.is_set():
                    self._association._is_paused = False
                    return True


def mend() -> None:
    """All associations of this process from now on."""
    original = Association.__init__

    def initialize(self: Association, *arguments: Any, **options: Any) -> None:
        original(self, *arguments, **options)
        self._reactor_checkpoint = _Checkpoint(self)
        self._reactor_checkpoint.set()

    Association.__init__ = initialize
