"""What a command is doing, told while it does it, and how long each step took."""

import sys
import time


class Progress:
    """Called with a step's name when it begins, which ends the one before; a step of a second or more is timed.

    It speaks on standard error: what `env` and `status` print is read by programs.
    """

    def __init__(self) -> None:
        """Nothing has begun."""
        self._began: float | None = None

    def __call__(self, step: str) -> None:
        """`step` begins."""
        self.end()
        print(f"==> {step}", file=sys.stderr, flush=True)
        self._began = time.monotonic()

    def end(self) -> None:
        """The step that has begun ends, and none begins."""
        if self._began is not None and (seconds := time.monotonic() - self._began) >= 1:
            print(f"==> … {seconds:.0f} s", file=sys.stderr, flush=True)
        self._began = None
