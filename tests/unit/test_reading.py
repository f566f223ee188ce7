"""Threads, windows and caches, over every size of task that Fargate has."""

import pytest

from components.config import Settings, transfers
from components.config.parse import parse
from components.config.service import FARGATE_MEMORY_MIB
from components.service import reading

SIZES = [(cpu, memory) for cpu, offered in FARGATE_MEMORY_MIB.items() for memory in (offered.start, offered[-1])]


def sized(cpu: int, memory: int, study: int) -> Settings:
    return parse({"taskCpu": str(cpu), "taskMemoryMib": str(memory), "largestStudyMib": str(study)})


def largest_study(memory: int) -> int:
    """The largest that the settings take for a task of that memory."""
    fits = (size for size in range(10240, 63, -1) if transfers.memory_needed_mib(size) <= memory)
    return next(fits)


@pytest.mark.parametrize(("cpu", "memory"), SIZES)
def test_the_worst_case_fits_the_task(cpu: int, memory: int):
    for study in (64, largest_study(memory)):
        task = sized(cpu, memory, study)
        assert reading.worst_case_mib(task) <= memory, "Linux would end the task, with every transfer of it"
        capacities = reading.options(task)
        least = min(value for name, value in capacities.items() if "Capacity" in name)
        assert least >= 32, "a window holds hardly a file"


@pytest.mark.parametrize(("cpu", "memory"), SIZES)
def test_what_is_asked_for_at_once_has_threads_and_connections(cpu: int, memory: int):
    task = sized(cpu, memory, 64)
    options = reading.options(task)
    loaders = options["StorageLoaderThreadsCount"]
    assert options["SequentialDicomReaderWindowSize"] == options["SequentialDicomReaderThreadsCount"] == loaders, (
        "loaders have nothing to do"
    )
    assert reading.connections(task) > loaders, "what is stored waits for what is read"
