"""How a task reads files: Orthanc's threads, windows and caches, from `taskCpu` and `taskMemoryMib`. Pure.

An object on S3 takes tens of milliseconds to arrive, whatever its size. So a study is read quickly only if many of
its files are asked for at once, by whichever way it is read:

- A ZIP, C-MOVE, C-GET and C-STORE to another archive read through a window of their own, which a pool of threads
  fills ("sequential reader"), and that pool asks the storage loaders.
- WADO-RS has loader threads of its own for each request, which ask the storage loaders, too.

Orthanc bounds the memory of each stage by an option (Orthanc 1.13, advanced-default.json). Its worst case is their
sum, with one window for each study that is read in sequence:

    StorageMemoryCapacity + MaximumStorageCacheSize + DicomParserMemoryCapacity + DicomParserCacheSize
    + TranscoderMemoryCapacity + TranscoderCacheSize + studies read at once x SequentialDicomReaderWindowCapacity

With Orthanc's defaults and no study read it is 1664 MB, whatever the task has. Here it is the memory that the
largest uploads and the whole-slide viewer leave.
"""

from collections.abc import Mapping
from typing import Any

from components.config import Settings, transfers

# So many files are asked for at once. A thread that waits for S3 costs no CPU; one that has its file does.
_LOADERS_PER_VCPU, _MOST_LOADERS = 16, 64
# Connections to S3 beside those of the loaders, for what is stored meanwhile.
_CONNECTIONS_TO_STORE = 32
# Studies that are read in sequence at once, each with a window.
STUDIES_AT_ONCE = 4

# Memory of a task without anything to do, and of its threads: 93 MiB, and 173 MiB once all of them had a request.
_OWN_MIB = 192
# What the whole-slide viewer keeps of images that are no slides (its ViewerPlugin/Plugin.cpp; no option).
_DEEP_ZOOM_MIB = 256
# Parts of what is left, in hundredths. Most is for files on their way: a cache helps only who reads a file again.
_PARTS: Mapping[str, int] = {
    "StorageMemoryCapacity": 25,
    "MaximumStorageCacheSize": 10,
    "DicomParserMemoryCapacity": 12,
    "DicomParserCacheSize": 10,
    "TranscoderMemoryCapacity": 13,
    "TranscoderCacheSize": 5,
    "SequentialDicomReaderWindowCapacity": 25,
}


def loaders(settings: Settings) -> int:
    """How many files a task asks for at once."""
    return min(_MOST_LOADERS, _LOADERS_PER_VCPU * settings.task_cpu // 1024)


def connections(settings: Settings) -> int:
    """How many connections to S3 a task opens at most."""
    return loaders(settings) + _CONNECTIONS_TO_STORE


def options(settings: Settings) -> dict[str, Any]:
    """Orthanc's options for it, numbers of threads and MB."""
    threads, vcpus = loaders(settings), max(1, settings.task_cpu // 1024)
    return {
        "StorageLoaderThreadsCount": threads,
        "SequentialDicomReaderThreadsCount": threads,
        # As many files ahead as there are loaders. With fewer, loaders would have nothing to do.
        "SequentialDicomReaderWindowSize": threads,
        # These two compute.
        "DicomParserThreadsCount": 2 * vcpus,
        "TranscoderThreadsCount": 2 * vcpus,
    } | _memory(settings)


def _memory(settings: Settings) -> dict[str, int]:
    left = settings.task_memory_mib - _taken_mib(settings)
    parts = {name: left * part // 100 for name, part in _PARTS.items()}
    parts["SequentialDicomReaderWindowCapacity"] //= STUDIES_AT_ONCE
    return parts


def _taken_mib(settings: Settings) -> int:
    uploads = settings.largest_study_mib * transfers.COPIES_IN_MEMORY
    return uploads + _DEEP_ZOOM_MIB + _OWN_MIB


def worst_case_mib(settings: Settings) -> int:
    """What a task needs at most: the sum above, and what is taken beside it."""
    capacities = _memory(settings)
    windows = capacities.pop("SequentialDicomReaderWindowCapacity") * STUDIES_AT_ONCE
    return sum(capacities.values()) + windows + _taken_mib(settings)
