"""Reports the current step of a command, and the duration of each step."""

import sys
import time


class Progress:
    """Call it with the name of each step when it begins, which ends the previous step.

    Prints the duration of steps that take at least a second. It prints to standard error, because programs read
    the standard output of `env` and `status`.
    """

    def __init__(self) -> None:
        """Starts without a current step."""
        self._began: float | None = None

    def __call__(self, step: str) -> None:
        """Begin `step`."""
        self.end()
        print(f"==> {step}", file=sys.stderr, flush=True)
        self._began = time.monotonic()

    def end(self) -> None:
        """End the current step without beginning another one."""
        if self._began is not None and (seconds := time.monotonic() - self._began) >= 1:
            print(f"==> … {seconds:.0f} s", file=sys.stderr, flush=True)
        self._began = None
