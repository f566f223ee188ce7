"""A Python language host for an engine without one; it runs the program in its virtual environment.

It is the executable `pulumi-language-python` on PATH. Its last argument is the engine's address, and it prints its
port.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import grpc
from pulumi.runtime.proto import (
    LanguageRuntimeServicer,
    add_LanguageRuntimeServicer_to_server,
    language_pb2,
    plugin_pb2,
)

from local.signals import end_with_engine
from offline.program import TOLD

_PROGRAM = Path(__file__).with_name("program.py")
_STARTED = Path(__file__).with_name("started.py")


class LanguageHost(LanguageRuntimeServicer):
    """Runs programs; the project itself installs their packages, and their plugins are on PATH."""

    def __init__(self, engine: str):
        """`engine`: the address to which the program logs."""
        self._engine = engine
        self._children: set[subprocess.Popen[Any]] = set()

    def end_children(self) -> None:
        """Stop the child processes of the host."""
        for child in list(self._children):
            child.terminate()

    @contextmanager
    def _running(self, command: list[Any], **options: Any) -> Iterator[subprocess.Popen[Any]]:
        """A process that is stopped with the host."""
        with subprocess.Popen(command, **options) as child:
            self._children.add(child)
            try:
                yield child
            finally:
                self._children.discard(child)

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        """The version of the host is that of the SDK."""
        return plugin_pb2.PluginInfo(version=version("pulumi"))

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:  # noqa: N802
        """None in advance; each resource names its own package when it is registered."""
        return language_pb2.GetRequiredPackagesResponse()

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Run the program until it ends; the user sees its output."""
        directory = Path(request.info.program_directory or request.pwd)
        environment = os.environ | {
            "PYTHONPATH": "",  # not that of the host
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        settings = {
            "project": request.project,
            "stack": request.stack,
            "organization": request.organization,
            "root_directory": request.info.root_directory,
            "monitor": request.monitor_address,
            "engine": self._engine,
            "dry_run": request.dryRun,
            "parallel": request.parallel,
        }
        program = directory / (request.info.entry_point or request.program or ".")
        command = [_interpreter(request.info, directory), "-IS", _STARTED, _PROGRAM, json.dumps(settings), program]
        # It inherits standard output and error, which the engine forwards to the user.
        with self._running(command, cwd=directory, env=environment) as process:
            status = process.wait()
        if status == TOLD:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=f"the program ended with status {status}" if status else "")

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802
        """Run a policy pack in its own virtual environment; its first line of output is its port."""
        if request.kind != "analyzer":
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"this host runs no plugins of kind {request.kind}")
        pack = Path(request.info.program_directory)
        interpreter = Path(_interpreter(request.info, pack))
        if not interpreter.exists():
            text = f"{pack} has no virtual environment; remedy: make policy"
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, text)
        command = [interpreter, "-u", "-m", "pulumi.policy", *request.args, pack]
        environment = os.environ | {"PYTHONPATH": ""}
        with self._running(command, cwd=pack, env=environment, stdout=subprocess.PIPE) as process:
            context.add_callback(process.terminate)
            for line in process.stdout or ():
                yield language_pb2.RunPluginResponse(stdout=line)
        yield language_pb2.RunPluginResponse(exitcode=process.returncode)


def _interpreter(info: Any, directory: Path) -> str:
    """Python of the virtual environment in Pulumi.yaml, or the host's own if Pulumi.yaml names none."""
    options = dict(info.options) if info.HasField("options") else {}
    if not options.get("virtualenv"):
        return sys.executable
    return str(Path(info.root_directory or directory) / str(options["virtualenv"]) / "bin/python")


def main() -> None:
    """Serve until the engine sends SIGINT."""
    server = grpc.server(futures.ThreadPoolExecutor(8), options=[("grpc.max_receive_message_length", -1)])
    host = LanguageHost(sys.argv[-1])
    add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    end_with_engine(host.end_children)
    print(port, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
