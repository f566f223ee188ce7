"""What an RDS instance class has of memory, and how many connections PostgreSQL admits by it: pure."""

import re

# GiB of an xlarge, by the family's first letter (Amazon RDS User Guide, "DB instance class types"); other sizes
# are multiples of it. What is not listed counts as the smallest that RDS has had.
_GIB_OF_XLARGE = {"t": 16, "m": 16, "r": 32, "z": 32, "x": 64}
_GIB_OF_SMALLEST_XLARGE = 8
_SHARE_OF_XLARGE = {"micro": 1 / 16, "small": 1 / 8, "medium": 1 / 4, "large": 1 / 2}

# RDS's default of PostgreSQL's max_connections: LEAST({DBInstanceClassMemory/9531392}, 5000).
_BYTES_PER_CONNECTION, _MOST_CONNECTIONS = 9531392, 5000


def memory_gib(instance_class: str) -> float:
    """The memory of a class such as db.t4g.small."""
    _, family, size = instance_class.split(".")
    xlarge = _GIB_OF_XLARGE.get(family[0], _GIB_OF_SMALLEST_XLARGE)
    if size in _SHARE_OF_XLARGE:
        return xlarge * _SHARE_OF_XLARGE[size]
    [times] = re.findall(r"(\d*)xlarge", size)
    return float(xlarge * int(times or 1))


def max_connections(instance_class: str) -> int:
    """The connections that the class admits at most; what RDS keeps of its memory for itself makes them fewer."""
    return min(int(memory_gib(instance_class) * 2**30) // _BYTES_PER_CONNECTION, _MOST_CONNECTIONS)
