"""The signals that end a process, without the trap in them."""

import signal
import time
from collections.abc import Callable


def catch_end() -> Callable[[], None]:
    """Catch SIGINT and SIGTERM from now on; the function returns once one of them has come.

    No threading.Event: its set() in the handler would wait for ever for the lock that its own wait(), which the
    handler has interrupted, may hold.
    """
    came: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: came.append(number))

    def wait() -> None:
        while not came:
            time.sleep(0.1)

    return wait
