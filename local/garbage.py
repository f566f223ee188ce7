"""Python's garbage collector in processes that make many objects and live for seconds or keep what they make."""

import gc

# Python's own 700 objects are reached with each resource that a program registers: a quarter of its time.
_NEW_OBJECTS = 50_000


def collect_rarely() -> None:
    """What is loaded by now is never looked at again; new objects are, once there are many."""
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 20, 50)
