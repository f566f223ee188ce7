"""Starts Python programs in processes that have already loaded the SDK: most of the start time of a plugin.

`python -m offline.warm` serves one workspace (ORTHANC_LOCAL_ROOT) on the socket `.local/run/warm.sock` until its
standard input, a pipe from the emulator, ends. offline/started.py is the client: it sends the program's arguments,
environment and directory, with its own standard input, output and error. Nothing else of this project is loaded
before the fork, so that each process uses the current code.
"""

import contextlib
import importlib
import json
import os
import re
import runpy
import selectors
import signal
import socket
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, NoReturn

from local.garbage import collect_rarely
from local.workspace import Workspace

SOCKET = "warm.sock"  # in .local/run
_COMPONENTS = Path(__file__).parents[1] / "components"
# The packages that plugins and programs load in addition to the modules of pulumi_aws.
_PACKAGES = ("boto3", "grpc", "jmespath", "pulumi", "pulumi_awsx", "pulumi_docker", "pulumi_random")


def main() -> None:
    """Load the packages, then serve."""
    server = socket.socket(socket.AF_UNIX)
    with contextlib.chdir(
        Workspace.current().home / "run"
    ):  # a socket's path is limited to 107 characters; a workspace's may be longer
        Path(SOCKET).unlink(missing_ok=True)
        server.bind(SOCKET)
    server.listen()  # clients can connect now, and wait until everything is loaded
    _load()
    collect_rarely()  # a collection would also copy the pages that all processes share
    _serve(server)


def _load() -> None:
    for package in _PACKAGES:
        importlib.import_module(package)
    used = {
        name
        for path in _COMPONENTS.rglob("*.py")
        for name in re.findall(r"\baws\.([a-z0-9]+)\.", path.read_text())
    }
    import pulumi_aws

    for name in sorted(used):
        if module := getattr(pulumi_aws, name, None):
            getattr(module, "__all__", None)  # loads the lazy module


def _serve(server: socket.socket) -> None:
    """Fork for each connection, and send the exit status to it when the process has ended."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writing)
    waiting: dict[int, socket.socket] = {}
    with selectors.DefaultSelector() as selector:
        for source in (server, reading, sys.stdin):
            selector.register(source, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if sys.stdin in ready:
                return
            if reading in ready:
                os.read(reading, 1024)
                _tell(waiting)
            if server in ready:
                connection = server.accept()[0]
                pid = os.fork()
                if not pid:
                    server.close()
                    _become(connection)
                waiting[pid] = connection


def _tell(waiting: dict[int, socket.socket]) -> None:
    while waiting:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        with waiting.pop(pid) as connection:
            code = os.waitstatus_to_exitcode(status)
            try:
                connection.send(bytes([code if code >= 0 else 128 - code]))
            except OSError:
                continue  # the client no longer exists


def _become(connection: socket.socket) -> NoReturn:
    """Run the program that the connection requests in this process."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        request = _received(connection)
        threading.Thread(target=_obey, args=(connection,), daemon=True).start()
        os.chdir(request["directory"])
        os.environ.clear()
        os.environ.update(request["environment"])
        sys.argv[:] = request["arguments"]
        Path("/proc/self/comm").write_text(
            sys.argv[0].rpartition("/")[2].rpartition("offline.")[2][:15]
        )  # for `ps`
        if request["is_module"]:
            runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(sys.argv[0], run_name="__main__")
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(bool(end.code))
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _received(connection: socket.socket) -> dict[str, Any]:
    """The request; its standard input, output and error become those of this process."""
    _, descriptors, _, _ = socket.recv_fds(connection, 1, 3)
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    with connection.makefile() as lines:
        return json.loads(lines.readline())


def _obey(connection: socket.socket) -> None:
    """Send the signals from the connection to this process; end when the client ends."""
    while number := connection.recv(1):
        os.kill(os.getpid(), number[0])
    os._exit(1)


if __name__ == "__main__":
    main()
