"""The number of database connections that each task opens, from the instance class and the number of tasks.

PostgreSQL on RDS accepts LEAST(DBInstanceClassMemory / 9531392, 5000) connections (`max_connections`; RDS User
Guide, "Quotas and constraints"). The tasks get half of the result for the class's memory in the price list. The
other half is a reserve, for these reasons:

- DBInstanceClassMemory excludes the memory that the operating system and RDS use. For 1 GiB the formula yields 112
  connections, but users report about 80.
- PostgreSQL reserves 3 connections for superusers, and RDS reserves 2 for itself.
- People, backups, and tasks that are being stopped also connect.
- Each connection is a process of 5 to 10 MB.
"""

import re
from typing import TYPE_CHECKING

from components.config.values import Problem, Rule

if TYPE_CHECKING:
    from components.config import Settings

_GIB = 2**30
_BYTES_FOR_A_CONNECTION, _MOST_CONNECTIONS = 9_531_392, 5000
_SHARE_OF_THE_TASKS = 0.5

# During a rolling update, each task runs side by side with its successor (see `rollouts`).
TASKS_WHILE_ROLLING = 2

# Connections of one task, which opens all of them when it starts. More connections would only wait for the CPUs of
# the database. With fewer, the hundred requests of a viewer wait for each other.
_MOST_OF_A_TASK, FEWEST_OF_A_TASK = 20, 5

# Memory of the burstable classes (t3, t4g) in GiB, by size; and of the other classes in GiB per vCPU, by the first
# letter of the family (RDS User Guide, "Hardware specifications for DB instance classes"). Families that are not
# listed have at least _LEAST_GIB_FOR_A_VCPU.
_BURSTABLE_GIB = {"micro": 1, "small": 2, "medium": 4, "large": 8, "xlarge": 16, "2xlarge": 32}
_GIB_FOR_A_VCPU = {"m": 4, "r": 8, "x": 16}
_LEAST_GIB_FOR_A_VCPU = 2
_VCPUS = {"medium": 1, "large": 2, "xlarge": 4}


def memory_gib(instance_class: str) -> int | None:
    """Returns the memory of an instance class such as db.m7g.large in GiB, or None if its size does not exist."""
    _, family, size = instance_class.split(".")
    if family[0] == "t":
        return _BURSTABLE_GIB.get(size)
    several = re.fullmatch(r"(\d+)xlarge", size)
    vcpus = 4 * int(several[1]) if several else _VCPUS.get(size)
    return vcpus and vcpus * _GIB_FOR_A_VCPU.get(family[0], _LEAST_GIB_FOR_A_VCPU)


def of_all_clients(instance_class: str) -> int:
    """Returns the maximum number of connections that the instance class accepts."""
    memory = (memory_gib(instance_class) or 0) * _GIB
    return min(memory // _BYTES_FOR_A_CONNECTION, _MOST_CONNECTIONS)


def of_all_tasks(instance_class: str) -> int:
    """Returns how many of these connections all tasks together may open."""
    return int(of_all_clients(instance_class) * _SHARE_OF_THE_TASKS)


def of_one_task(settings: "Settings") -> int:
    """Returns how many connections each task opens, with room for twice the maximum number of tasks."""
    tasks = settings.most_tasks * TASKS_WHILE_ROLLING
    return min(of_all_tasks(settings.database_instance_class) // tasks, _MOST_OF_A_TASK)


def _known_class(settings: "Settings") -> Problem | None:
    name = settings.database_instance_class
    if memory_gib(name):
        return None
    rule = "is not an RDS instance size: db.t3 and db.t4g range from micro to 2xlarge, others start at medium"
    return Problem("databaseInstanceClass", name, rule, "pulumi config set databaseInstanceClass db.t4g.small")


def _enough_connections(settings: "Settings") -> Problem | None:
    name = settings.database_instance_class
    if not memory_gib(name) or of_one_task(settings) >= FEWEST_OF_A_TASK:
        return None
    together, most = of_all_tasks(name), settings.most_tasks
    rule = (
        f"admits {together} connections of tasks; an update runs {most * TASKS_WHILE_ROLLING} tasks at a time"
        f" (twice maxTasks), and each needs {FEWEST_OF_A_TASK}"
    )
    fitting = together // (FEWEST_OF_A_TASK * TASKS_WHILE_ROLLING)
    remedy = f"a larger databaseInstanceClass, or pulumi config set maxTasks {fitting}"
    return Problem("databaseInstanceClass", name, rule, remedy)


RULES = (
    Rule(frozenset({"databaseInstanceClass"}), _known_class),
    Rule(frozenset({"databaseInstanceClass", "minTasks", "maxTasks", "enableMultiAz"}), _enough_connections),
)
