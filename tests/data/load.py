"""Viewers that go on asking, and who looks which versions run meanwhile."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import requests

from local.images import docker
from tests.data.archive import Archive

_VIEWERS = 4
_PAUSE_SECONDS = 0.02  # the tasks share the machine's processors with what replaces them
_LOOK_SECONDS = 0.1


class _Busy:
    """Threads that do something over and over until the block ends."""

    def __init__(self, *work: Callable[[], None]):
        self._ended, self._work = threading.Event(), work
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._threads = [threading.Thread(target=self._go_on, args=(work,)) for work in self._work]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _go_on(self, work: Callable[[], None]) -> None:
        while not self._ended.is_set():
            work()


class Load(_Busy):
    """Viewers, each with a session of its own. `sent`: requests; `failed`: what went wrong with which of them."""

    def __init__(self, archive: Archive):
        """Each asks for what is answered at once and for what the index knows."""
        super().__init__(*(self._viewer(archive) for _ in range(_VIEWERS)))
        self.sent, self.failed, self.longest_seconds = 0, list[str](), 0.0

    def _viewer(self, archive: Archive) -> Callable[[], None]:
        session = requests.Session()
        session.auth = archive.session.auth

        def ask() -> None:
            for path in ("/system", "/statistics"):
                began, what = time.monotonic(), ""
                try:
                    answer = session.get(f"{archive.url}{path}", timeout=30)
                    what = "" if answer.ok else f"{path}: {answer.status_code}"
                except requests.RequestException as error:
                    what = f"{path}: {error}"
                self.sent += 1
                self.failed += [what] * bool(what)
                self.longest_seconds = max(self.longest_seconds, time.monotonic() - began)
                time.sleep(_PAUSE_SECONDS)

        return ask


class Watch(_Busy):
    """`seen`: at each look, the names of the containers of Orthanc that run."""

    def __init__(self, archive: Archive):
        """Looks at those of this deployment."""
        super().__init__(self._look)
        self._of_tasks = ("label=orthanc.role=task", f"label=orthanc.workspace={archive.embedded.workspace.slug}")
        self.seen: list[set[str]] = []

    def _look(self) -> None:
        filters = (f"--filter={each}" for each in self._of_tasks)
        self.seen.append(set(docker("ps", *filters, "--format={{.Names}}").split()))
        time.sleep(_LOOK_SECONDS)
