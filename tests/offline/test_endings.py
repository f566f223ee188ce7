"""How plugins end: with the engine, however that ends, and at once."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import grpc
import pytest
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from local.emulator_process import wait_until
from offline import engine
from tests.embedded import PROJECT
from tests.processes import children

LAUNCHERS = sorted(engine.LAUNCHERS.glob("pulumi-*"))
# As the engine does: it starts a plugin and reads the port from the first line.
STARTER = """\
import subprocess, sys, time
plugin = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)
print(plugin.pid, plugin.stdout.readline().strip(), flush=True)
time.sleep(600)
"""
SECONDS = 60  # for a busy machine; it takes a second or two


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """A workspace with a process that has the SDK loaded, and that process."""
    root = tmp_path_factory.mktemp("warm")
    (root / ".local/run").mkdir(parents=True)
    (root / ".venv").symlink_to(sys.prefix)
    environment = os.environ | {"ORTHANC_LOCAL_ROOT": str(root)}
    command = [sys.executable, "-m", "offline.warm"]
    with subprocess.Popen(command, cwd=PROJECT, env=environment, stdin=subprocess.PIPE) as process:
        assert wait_until((root / ".local/run/warm.sock").exists, SECONDS)
        yield root, process
        process.communicate(timeout=SECONDS)
        assert process.returncode == 0


class Started(NamedTuple):
    """What plays the engine, the process of the plugin that it started, and whether anything of it still runs."""

    engine: subprocess.Popen[str]
    plugin: int
    runs: Callable[[], bool]


@pytest.fixture(params=[(path, warm) for path in LAUNCHERS for warm in (False, True)], ids=str)
def started(request: pytest.FixtureRequest, warm: tuple[Path, subprocess.Popen[bytes]]) -> Iterator[Started]:
    """By itself, or by a process that has the SDK loaded."""
    (launcher, by_warm), (root, warmed) = request.param, warm
    environment = os.environ | {"ORTHANC_LOCAL_ROOT": str(root) if by_warm else str(root / "elsewhere")}
    command = [sys.executable, "-c", STARTER, str(launcher), "127.0.0.1:9"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout
        pid, _ = map(int, starter.stdout.readline().split())
        assert len(children(warmed.pid)) == by_warm
        yield Started(starter, pid, lambda: _runs(pid) or any(map(_runs, children(warmed.pid))))
        starter.kill()


def test_a_plugin_ends_with_an_engine_that_is_killed(started: Started):
    started.engine.kill()
    assert wait_until(lambda: not started.runs(), SECONDS), "killed engines leave plugins behind"


def test_a_plugin_ends_when_the_engine_asks_for_it(started: Started):
    os.kill(started.plugin, signal.SIGINT)
    assert wait_until(lambda: not started.runs(), SECONDS)


def test_a_language_host_ends_at_once_and_its_program_with_it(tmp_path: Path):
    """Though a call is not answered: a host that waits for it is killed after seconds, and the run has failed."""
    (tmp_path / "__main__.py").touch()
    [launcher] = [path for path in LAUNCHERS if path.name == "pulumi-language-python"]
    command = [str(launcher), "127.0.0.1:9"]
    environment = os.environ | {"ORTHANC_LOCAL_ROOT": str(tmp_path)}  # where nothing has the SDK loaded
    # The program waits for an engine that takes the connection and says nothing.
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as host,
    ):
        try:
            assert host.stdout
            with grpc.insecure_channel(f"127.0.0.1:{host.stdout.readline().strip()}") as channel:
                monitor = f"127.0.0.1:{silent.getsockname()[1]}"
                info = language_pb2.ProgramInfo(program_directory=str(tmp_path), entry_point=".")
                run = language_pb2.RunRequest(project="p", stack="s", info=info, monitor_address=monitor)
                asked = language_pb2_grpc.LanguageRuntimeStub(channel).Run.future(run)
                assert wait_until(lambda: children(host.pid), SECONDS)
                programs = children(host.pid)
                host.send_signal(signal.SIGINT)
                assert host.wait(SECONDS) == 0 and asked.exception()
            assert wait_until(lambda: not any(map(_runs, programs)), SECONDS), "a program outlives its host"
        finally:
            host.kill()


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
