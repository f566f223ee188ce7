"""The emulated AWS and the runner of the tasks that are deployed on it, in one process.

`python -m local.serve [--no-tasks]` serves until SIGTERM. The AWS API answers on the workspace's loopback
port and, for containers (which cannot reach the host's loopback), on the socket `.local/run/aws.sock`.
"""

import argparse
import contextlib
import fcntl
import logging
import os
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import IO

from werkzeug.serving import BaseWSGIServer, make_server

from local.garbage import collect_rarely
from local.signals import catch_end
from local.workspace import Workspace

SETTINGS = {
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",  # nothing here runs instances
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",  # roles attach AWS managed policies by ARN
}
"""moto's environment; it is read when moto is imported, so it is set first."""

log = logging.getLogger("emulator")


def main() -> int:
    """Serve until SIGTERM or SIGINT; returns exit status 1 if the workspace's emulator is already running."""
    parser = argparse.ArgumentParser(prog="python -m local.serve", description=__doc__)
    parser.add_argument("--no-tasks", action="store_true", help="services are steady without containers")
    parser.add_argument(
        "--warm", action="store_true", help="plugins and programs find the SDK loaded (offline/warm.py)"
    )
    arguments = parser.parse_args()
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(name)s %(message)s", level=logging.INFO)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="moto")  # it warns about error codes that its service models lack

    workspace = Workspace.current()
    run = workspace.home / "run"
    run.mkdir(parents=True, exist_ok=True)
    pid_file = workspace.home / "emulator.pid"
    with pid_file.open("a+") as lock:
        if not _acquire(lock):
            print(f"the emulator of {workspace.root} is already running (pid {pid_file.read_text().strip()})")
            return 1
        warm = (
            subprocess.Popen([sys.executable, "-m", "offline.warm"], stdin=subprocess.PIPE)
            if arguments.warm
            else None
        )
        try:
            serve(workspace, run, tasks=not arguments.no_tasks, wait=catch_end())
        finally:
            if warm:
                warm.communicate()  # it ends with its standard input
            pid_file.unlink(missing_ok=True)
    return 0


def serve(workspace: Workspace, run: Path, *, tasks: bool, wait: Callable[[], None]) -> None:
    """Serve the emulated AWS of `workspace`, with its socket in `run`, until `wait` returns."""
    os.environ |= SETTINGS
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )

    from local.emulator import overlay, registry

    overlay.install(workspace, tasks=tasks)
    application = DomainDispatcherApplication(create_backend_app)

    def listen(host: str, port: int, fd: int | None = None) -> BaseWSGIServer:
        server = make_server(host, port, application, threaded=True, request_handler=MotoRequestHandler, fd=fd)
        threading.Thread(target=server.serve_forever, name=host, daemon=True).start()
        return server

    # A socket's path is limited to 107 characters; a workspace's may be longer. werkzeug cannot bind a bare name.
    (run / "aws.sock").unlink(missing_ok=True)  # of an emulator that was killed
    with contextlib.chdir(run), socket.socket(socket.AF_UNIX) as unix:
        unix.bind("aws.sock")
        unix.listen()
        servers = [listen("unix://aws.sock", 0, unix.fileno())]
    servers.append(listen("127.0.0.1", workspace.port("aws")))
    registry.Registry(workspace)
    log.info("the emulated AWS answers at %s", workspace.endpoint)
    stop_runner = None
    if tasks:
        from local import runner

        stop_runner = runner.start(workspace)
    collect_rarely()
    wait()
    if stop_runner:
        stop_runner()
    for server in servers:
        server.shutdown()
    (run / "aws.sock").unlink(missing_ok=True)


def _acquire(lock: IO[str]) -> bool:
    """Take the workspace's lock until this process ends, and write its PID; False if another process has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return True


if __name__ == "__main__":
    sys.exit(main())
