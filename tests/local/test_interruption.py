"""A run of the tests that is interrupted, as by Ctrl-C: nothing stays behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from local import emulator_process
from local.emulator_process import wait_until
from local.images import docker
from local.workspace import Workspace
from tests.embedded import PROJECT

SECONDS = 120  # for a busy machine
# A fixture that never gets to its end: whoever is interrupted has seconds for it, and it takes longer.
INNER = """\
import subprocess, sys, time
from local import containers, emulator_process
from local.workspace import Workspace

def test_never_ends(tmp_path_factory):
    root = tmp_path_factory.mktemp("inner")
    workspace = Workspace(root)
    workspace.home.mkdir()
    emulator_process.start(workspace, tasks=False)
    containers.start_registry(workspace, print)
    sleeping, environment = "import time; time.sleep(600)", {"ORTHANC_LOCAL_ROOT": str(root)}
    subprocess.Popen([sys.executable, "-c", sleeping], env=environment, start_new_session=True)
    (root.parent / "ready").write_text(str(root))
    while True:
        try:
            time.sleep(600)
        except KeyboardInterrupt:
            pass
"""


def test_an_interrupted_run_leaves_nothing(tmp_path: Path):
    (tests := tmp_path / "tests/inner").mkdir(parents=True)
    (tests / "test_inner.py").write_text(INNER)
    base = tmp_path / "run"
    options = ["-p", "tests.conftest", "-c", str(PROJECT / "pyproject.toml"), "--rootdir", str(tmp_path)]
    command = [sys.executable, "-m", "pytest", "-n", "1", *options, f"--basetemp={base}", str(tests)]
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    # Where the tests are a background job of a script, SIGINT is ignored, and so it would be in this run.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(command, cwd=PROJECT, env=environment, start_new_session=True) as run:
        try:
            assert wait_until(lambda: list(base.glob("*/ready")) or run.poll() is not None, SECONDS)
            [ready] = base.glob("*/ready")
            workspace = Workspace(Path(ready.read_text()))
            assert emulator_process.answers(workspace) and _containers(workspace) and _processes(workspace)
            os.killpg(run.pid, signal.SIGINT)
            assert run.wait(SECONDS)
        finally:
            run.kill()
    assert not _containers(workspace) and not _processes(workspace) and not emulator_process.answers(workspace)


def _containers(workspace: Workspace) -> list[str]:
    return docker("ps", "--all", "--quiet", "--filter", f"label=orthanc.workspace={workspace.slug}").split()


def _processes(workspace: Workspace) -> list[str]:
    mark = f"ORTHANC_LOCAL_ROOT={workspace.root}".encode()
    return [str(entry) for entry in Path("/proc").glob("[0-9]*/environ") if _holds(entry, mark)]


def _holds(entry: Path, mark: bytes) -> bool:
    try:
        return mark in entry.read_bytes()
    except OSError:
        return False
