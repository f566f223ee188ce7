"""The command line: what programs read from it, and what stays after a process was killed."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local import cli, containers, docker_daemon, emulator_process, shell
from local.progress import Progress
from local.workspace import Workspace
from offline import engine


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("ORTHANC_LOCAL_ROOT", str(tmp_path))
    workspace = Workspace(tmp_path)
    workspace.home.mkdir()
    return workspace


@pytest.fixture
def emulator(workspace: Workspace) -> Iterator[Workspace]:
    emulator_process.start(workspace, tasks=False)
    yield workspace
    emulator_process.stop(workspace)


def test_status_of_a_place_where_nothing_runs(workspace: Workspace, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["status"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "running": False,
        "outputs": {},
        "url": f"http://127.0.0.1:{workspace.port('edge')}",
        "dicom": {"host": "127.0.0.1", "port": workspace.port("dicom0"), "tls": False, "aet": "ORTHANC"},
        "containers": [],
    }


def test_the_emulator_starts_in_a_directory_with_a_long_path(tmp_path: Path):
    """A Unix socket's path may not have that many characters."""
    workspace = Workspace(tmp_path / ("long-" * 30))
    workspace.home.mkdir(parents=True)
    emulator_process.start(workspace, tasks=False)
    try:
        with contextlib.chdir(workspace.home / "run"), socket.socket(socket.AF_UNIX) as client:
            client.connect("aws.sock")
            client.sendall(b"GET /moto-api/ HTTP/1.0\r\n\r\n")
            assert client.recv(12).endswith(b"200")
    finally:
        emulator_process.stop(workspace)


def test_status_tells_outputs_and_containers(emulator: Workspace, monkeypatch: pytest.MonkeyPatch):
    (emulator.home / "state").mkdir()
    answer = subprocess.CompletedProcess([], 0, b'{"orthancAdminPassword": "[secret]"}')
    monkeypatch.setattr(shell, "pulumi", lambda *_, **__: answer)
    details = {
        "Name": "/orthanc-task",
        "Created": "2026-01-01T00:00:00Z",
        "Config": {"Image": "orthanc", "Labels": {"orthanc.role": "task"}},
        "State": {"Status": "running", "Health": {"Status": "healthy"}},
        "NetworkSettings": {
            "Ports": {"4242/tcp": [{"HostIp": "127.0.0.1", "HostPort": "20003"}], "8042/tcp": None}
        },
    }
    ended = details | {"Name": "/ended", "State": {"Status": "exited"}}  # between being listed and looked at
    monkeypatch.setattr(
        containers, "docker", lambda *command: json.dumps([details, ended]) if "inspect" in command else "1"
    )
    monkeypatch.setattr(docker_daemon, "answers", lambda: True)
    status = cli.status(emulator)
    assert status["running"] and status["outputs"] == {"orthancAdminPassword": "[secret]"}
    assert status["containers"] == [
        {
            "name": "orthanc-task",
            "role": "task",
            "image": "orthanc",
            "state": "running",
            "health": "healthy",
            "ports": {"4242": 20003},
        }
    ]
    assert status["dicom"]["port"] == 20003


def test_the_dicom_port_is_that_of_a_task_that_stays(workspace: Workspace):
    def task(port: int, health: str) -> dict[str, Any]:
        return {"role": "task", "health": health, "ports": {"8042": 1, "4242": port}}

    other = {"role": "database", "health": None, "ports": {}}
    replaced = [task(1, "healthy"), other, task(2, "healthy"), task(3, "starting")]
    assert containers.dicom_port(workspace, replaced) == 2
    assert containers.dicom_port(workspace, replaced[3:]) == 3
    assert containers.dicom_port(workspace, [other]) == workspace.port("dicom0")


def test_env_prints_nothing_but_what_a_shell_evaluates(workspace: Workspace, capfd: pytest.CaptureFixture[str]):
    assert cli.main(["env"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines and all(line.startswith("export ") for line in lines)
    shell = subprocess.run(
        ["bash", "-c", "\n".join([*lines, "command -v pulumi; echo $AWS_ENDPOINT_URL"])],
        capture_output=True,
        text=True,
        check=True,
    )
    pulumi, endpoint = shell.stdout.splitlines()
    assert Path(pulumi).exists() and endpoint == workspace.endpoint


def test_a_failure_is_told_without_a_stack_trace(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def fail(*_: object) -> None:
        raise engine.EngineError("install the Pulumi CLI")

    monkeypatch.setattr(engine, "ensure_engine", fail)
    assert cli.main(["setup"]) == 1
    assert capsys.readouterr().err == "error: install the Pulumi CLI\n"


@pytest.mark.parametrize(
    ("docker", "told"),
    [(False, "Docker does not answer: install it"), (True, "no task of Orthanc runs for .* Remedy: make up")],
)
def test_without_a_task_there_is_no_shell(
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    docker: bool,
    told: str,
):
    monkeypatch.setattr(docker_daemon, "answers", lambda: docker)
    monkeypatch.setattr(containers, "running", lambda _: [{"role": "registry", "name": "x"}])
    assert cli.main(["shell"]) == 1
    assert re.match(f"error: {told}", capsys.readouterr().err)


def test_a_step_that_takes_time_is_timed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    clock = iter([0.0, 0.4, 0.4, 12.6])
    monkeypatch.setattr("local.progress.time.monotonic", lambda: next(clock))
    say = Progress()
    say("looking")
    say("building")
    say.end()
    say.end()
    assert capsys.readouterr().err.splitlines() == ["==> looking", "==> building", "==> … 12 s"]


def test_an_emulator_that_was_killed_is_started_anew(emulator: Workspace):
    pid_file = emulator.home / "emulator.pid"
    os.kill(int(pid_file.read_text()), signal.SIGKILL)
    assert emulator_process.wait_until(lambda: not emulator_process.answers(emulator), 5)
    assert pid_file.exists(), "this test needs what a kill -9 leaves behind"
    emulator_process.start(emulator, tasks=False)
    assert emulator_process.answers(emulator)


def test_a_pid_that_belongs_to_another_process_by_now_is_left_alone(workspace: Workspace):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        (workspace.home / "emulator.pid").write_text(str(bystander.pid))
        assert not emulator_process.answers(workspace)
        emulator_process.stop(workspace)
        assert bystander.poll() is None, "a process of somebody else was stopped"
        bystander.communicate(b"\n")


def test_only_the_last_place_stops_a_docker_that_was_started_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(docker_daemon, "answers", lambda: True)
    monkeypatch.setattr(docker_daemon, "_may_install", lambda: False)
    stopped: list[int] = []
    monkeypatch.setattr(docker_daemon, "_is_dockerd", lambda pid: pid not in stopped)
    monkeypatch.setattr(os, "kill", lambda pid, number: stopped.append(pid))
    one, other, gone = (Workspace(tmp_path / name) for name in ("one", "other", "gone"))
    for workspace in (one, other):
        workspace.home.mkdir(parents=True)

    docker_daemon.ensure(one, print)
    docker_daemon.release(one)
    assert not stopped, "a Docker that ran before was stopped"

    (tmp_path / "cache/orthanc-on-aws/dockerd/pid").write_text("4711")
    for workspace in (one, other, gone):
        docker_daemon.ensure(workspace, print)
    docker_daemon.release(one)
    assert not stopped, "Docker was stopped under another workspace"
    docker_daemon.release(other)
    assert stopped == [4711], "a workspace whose directory is gone keeps Docker running"
