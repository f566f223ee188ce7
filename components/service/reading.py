"""How a task reads files: Orthanc's threads, windows and caches, from `taskCpu` and `taskMemoryMib`.

An object on S3 takes tens of milliseconds to begin to arrive, regardless of its size. Therefore, a study is read
quickly only if many of its files are requested at once. This applies to both ways of reading:

- ZIP downloads, C-MOVE, C-GET and C-STORE to another archive read through their own window, which a pool of
  threads fills ("sequential reader"). The pool requests the files from the storage loaders.
- WADO-RS has its own loader threads for each request, which also request the files from the storage loaders.

An option limits the memory of each stage (Orthanc 1.13, advanced-default.json). The worst case is their sum, with
one window for each study that is read in sequence:

    StorageMemoryCapacity + MaximumStorageCacheSize + DicomParserMemoryCapacity + DicomParserCacheSize
    + TranscoderMemoryCapacity + TranscoderCacheSize + studies read at once x SequentialDicomReaderWindowCapacity

With Orthanc's defaults, and if no study is read, the sum is 1664 MB, regardless of the task's memory. Here, the
sum is the memory that the largest uploads and the whole-slide viewer leave. All functions are pure.
"""

from collections.abc import Mapping
from typing import Any

from components.config import Settings, transfers

# The number of files requested at once. A thread that waits for S3 uses no CPU; one that has its file does.
_LOADERS_PER_VCPU, _MOST_LOADERS = 16, 64
# Connections to S3 in addition to those of the loaders, for files that are stored at the same time.
_CONNECTIONS_TO_STORE = 32
# Studies that are read in sequence at the same time, each with its own window.
STUDIES_AT_ONCE = 4

# Memory of an idle task and its threads: 93 MiB, and 173 MiB once every thread has handled a request.
_OWN_MIB = 192
# Memory that the whole-slide viewer uses for images that are not slides (its ViewerPlugin/Plugin.cpp; no option).
_DEEP_ZOOM_MIB = 256
# Shares of the remaining memory, in percent. Most is for files in transit: a cache helps only if a file is read
# again.
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
    """Returns how many files a task requests at once."""
    return min(_MOST_LOADERS, _LOADERS_PER_VCPU * settings.task_cpu // 1024)


def connections(settings: Settings) -> int:
    """Returns how many connections to S3 a task opens at most."""
    return loaders(settings) + _CONNECTIONS_TO_STORE


def options(settings: Settings) -> dict[str, Any]:
    """Returns Orthanc's options for reading, in numbers of threads and MB."""
    threads, vcpus = loaders(settings), max(1, settings.task_cpu // 1024)
    return {
        "StorageLoaderThreadsCount": threads,
        "SequentialDicomReaderThreadsCount": threads,
        # As many files ahead as there are loaders. With fewer, some loaders would be idle.
        "SequentialDicomReaderWindowSize": threads,
        # These threads use the CPU.
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
    """Returns the most memory that a task needs: the sum above plus `_taken_mib`."""
    capacities = _memory(settings)
    windows = capacities.pop("SequentialDicomReaderWindowCapacity") * STUDIES_AT_ONCE
    return sum(capacities.values()) + windows + _taken_mib(settings)
