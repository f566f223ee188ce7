"""The task sizes of Fargate: pure."""

from collections.abc import Collection

# The task memory (MiB) that Fargate supports for a task's CPU units: Amazon ECS Developer Guide, "Task definition
# parameters for Fargate".
_SIZES: dict[int, Collection[int]] = {
    256: {512, 1024, 2048},
    512: range(1024, 4097, 1024),
    1024: range(2048, 8193, 1024),
    2048: range(4096, 16385, 1024),
    4096: range(8192, 30721, 1024),
    8192: range(16384, 61441, 4096),
    16384: range(32768, 122881, 8192),
}


def refused(cpu: str | None, memory: str | None, network_mode: str | None) -> str | None:
    """Why ECS rejects such a task definition for Fargate; None if it accepts it."""
    if int(memory or 0) not in _SIZES.get(int(cpu or 0), ()):
        return f"Fargate has no task of cpu {cpu} with memory {memory}"
    return None if network_mode == "awsvpc" else "Fargate needs networkMode awsvpc"
