"""Ends a process on signals, without a deadlock in the handler, and when its parent process ends."""

import os
import signal
import threading
import time
from collections.abc import Callable


def catch_end() -> Callable[[], None]:
    """Catch SIGINT and SIGTERM from now on; the returned function waits until one of them is received.

    It does not use threading.Event: set() in the handler would wait forever for the lock that wait(), which the
    handler interrupts, may hold.
    """
    came: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: came.append(number))

    def wait() -> None:
        while not came:
            time.sleep(0.1)

    return wait


def end_with_engine(last: Callable[[], None] = lambda: None) -> None:
    """End this process, a plugin of the engine, at once on SIGINT, and within a second after the engine is killed.

    The engine sends SIGINT after all calls have completed. It gives all its plugins together five seconds: if one
    is slow, the engine reports that the next ones "exited prematurely" and that the run failed. `last` is called
    first.
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
