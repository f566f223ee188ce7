"""What ends a process: signals, without the trap in them, and the end of whoever started it."""

import os
import signal
import threading
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


def end_with_engine(last: Callable[[], None] = lambda: None) -> None:
    """Let this process, a plugin of the engine, end at once on SIGINT, and within a second of a killed engine.

    The engine sends SIGINT when all calls are answered. It gives all its plugins five seconds together: if one
    takes its time, it calls the next ones "exited prematurely" and the whole run failed. `last` is done before.
    """

    def end(status: int) -> None:
        last()
        os._exit(status)

    signal.signal(signal.SIGINT, lambda *_: end(0))
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        end(1)

    threading.Thread(target=watch, daemon=True).start()
