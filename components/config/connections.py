"""How many connections to the database each task opens, from the instance class and the number of tasks.

PostgreSQL on RDS takes LEAST(DBInstanceClassMemory / 9531392, 5000) connections (`max_connections`; RDS User
Guide, "Quotas and constraints"). The tasks get half of what the class's memory in the price list gives. The other
half is for what that figure leaves out: DBInstanceClassMemory is what the operating system and RDS leave of that
memory, so that of the 112 connections of 1 GiB users report some 80; PostgreSQL keeps 3 of them for superusers and
RDS 2 for its own; and people, backups and tasks that are being stopped connect, too. Besides, each connection is a
process of 5 to 10 MB.
"""

import re
from typing import TYPE_CHECKING

from components.config.values import Problem, Rule

if TYPE_CHECKING:
    from components.config import Settings

_GIB = 2**30
_BYTES_FOR_A_CONNECTION, _MOST_CONNECTIONS = 9_531_392, 5000
_SHARE_OF_THE_TASKS = 0.5

# While tasks are replaced one by one, each has its successor beside it (see `rollouts`).
TASKS_WHILE_ROLLING = 2

# Of one task, which opens all of them at its start. More would wait for the database's processors instead; with
# fewer a viewer's hundred requests wait for each other.
_MOST_OF_A_TASK, FEWEST_OF_A_TASK = 20, 5

# GiB of the burstable classes (t3, t4g), by size; and GiB for each vCPU of the others, by the family's first
# letter (RDS User Guide, "Hardware specifications for DB instance classes"). What is not listed has no less.
_BURSTABLE_GIB = {"micro": 1, "small": 2, "medium": 4, "large": 8, "xlarge": 16, "2xlarge": 32}
_GIB_FOR_A_VCPU = {"m": 4, "r": 8, "x": 16}
_LEAST_GIB_FOR_A_VCPU = 2
_VCPUS = {"medium": 1, "large": 2, "xlarge": 4}


def memory_gib(instance_class: str) -> int | None:
    """Memory of a class such as db.m7g.large; None where there is no such size."""
    _, family, size = instance_class.split(".")
    if family[0] == "t":
        return _BURSTABLE_GIB.get(size)
    several = re.fullmatch(r"(\d+)xlarge", size)
    vcpus = 4 * int(several[1]) if several else _VCPUS.get(size)
    return vcpus and vcpus * _GIB_FOR_A_VCPU.get(family[0], _LEAST_GIB_FOR_A_VCPU)


def of_all_clients(instance_class: str) -> int:
    """How many connections the class admits at most."""
    memory = (memory_gib(instance_class) or 0) * _GIB
    return min(memory // _BYTES_FOR_A_CONNECTION, _MOST_CONNECTIONS)


def of_all_tasks(instance_class: str) -> int:
    """How many of them the tasks may open together."""
    return int(of_all_clients(instance_class) * _SHARE_OF_THE_TASKS)


def of_one_task(settings: "Settings") -> int:
    """How many each task opens, so that twice the most tasks can."""
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
