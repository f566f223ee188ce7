"""Python's garbage collector in processes that create many objects and are short-lived or keep the objects."""

import gc

# Python's default is 700 objects. Each resource that a program registers reaches it, so that collections take a
# quarter of the program's time.
_NEW_OBJECTS = 50_000


def collect_rarely() -> None:
    """Exclude all current objects from garbage collection; collect new objects only once there are many."""
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 20, 50)
