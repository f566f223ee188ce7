"""The memory of the task."""

from local.images import docker
from tests.data.archive import Archive


def peak_mib(archive: Archive) -> int:
    """The most memory that Orthanc's process has had, without the pages of files."""
    [task] = archive.tasks()
    lines = docker("exec", task["name"], "sh", "-c", "grep --no-filename VmHWM /proc/[0-9]*/status").splitlines()
    return max(int(line.split()[1]) for line in lines) // 1024
