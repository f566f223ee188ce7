"""The commands behind `make setup`, `up`, `down`, `status`, `env`, `shell`, and the previews of `make cost`."""

import argparse
import json
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from local import containers, docker_daemon, emulator_process, images, shell, stack
from local.progress import Progress
from local.workspace import Workspace
from offline import engine

# The texts of these errors say what the user can do.
FAILURES = (
    *(containers.NoTaskError, emulator_process.EmulatorError, docker_daemon.DockerError, engine.EngineError),
    images.ImageError,
)

_say = Progress()


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("command", choices=["setup", "up", "down", "status", "env", "shell", "preview"])
    parser.add_argument("--no-tasks", action="store_true", help="up: services are steady without containers")
    parser.add_argument(
        "--config", action="append", default=[], metavar="KEY=VALUE", help="up: a setting of the stack"
    )
    parser.add_argument(
        "--plugins",
        choices=[engine.STAND_INS, engine.OFFICIAL],
        default=engine.STAND_INS,
        help="up: the provider plugins, from then on",
    )
    parser.add_argument("--stack", default=stack.NAME, help="preview: the stack, by its Pulumi.<name>.yaml")
    given = parser.parse_args(arguments)
    workspace = Workspace.current()
    try:
        match given.command:
            case "setup":
                set_up(workspace)
            case "up":
                up(workspace, tasks=not given.no_tasks, settings=given.config, plugins=given.plugins)
            case "down":
                down(workspace)
            case "status":
                print(json.dumps(status(workspace), indent=2))
            case "env":
                for name, value in shell.variables(workspace, _say).items():
                    print(f"export {name}={shlex.quote(value)}")
            case "shell":
                return open_shell(workspace)
            case "preview":
                print(preview(workspace, given.stack))
    except FAILURES as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        return error.returncode  # the command has already printed the error
    return 0


def set_up(workspace: Workspace) -> None:
    """Set up what is created only once: the engine, Docker and the base images."""
    engine.ensure_engine(_say)
    workspace.home.mkdir(exist_ok=True)
    docker_daemon.ensure(workspace, _say)
    _say("looking for the images")
    images.ensure_services_image(_say)
    base, upstream = images.ensure_orthanc_base(_say), images.upstream()
    _say(f"Orthanc's image is built on {base}" + (f", in place of {upstream}" if base != upstream else ""))


def up(workspace: Workspace, *, tasks: bool, settings: list[str], plugins: str) -> None:
    """Deploy the stack; `settings` (key=value) are saved in its configuration. A second run changes nothing."""
    began = time.monotonic()
    set_up(workspace)
    engine.choose(workspace, plugins)
    if not emulator_process.answers(workspace):
        if (workspace.home / "state").exists():
            _say("the emulated AWS was stopped and has forgotten the stack: it is deployed anew")
            shutil.rmtree(workspace.home / "state")
            containers.remove(workspace)
        _say("starting the emulated AWS")
        emulator_process.start(workspace, tasks=tasks, warm=True)
    _say("starting the image registry")
    containers.start_registry(workspace, _say)
    stack.write_configuration(workspace)
    (workspace.home / "state").mkdir(exist_ok=True)
    shell.pulumi(workspace, "stack", "select", "--create", stack.NAME, stdout=subprocess.DEVNULL)
    _say("pulumi up")
    options = ["--yes", "--skip-preview", "--suppress-outputs", "--config-path"]
    options += [f"--config={setting}" for setting in settings]
    shell.pulumi(workspace, "up", *options)
    now = status(workspace)
    _say(f"done in {time.monotonic() - began:.0f} s")
    print(f"\n  URL       {now['url']}  (on AWS: {now['outputs'].get('orthancUrl')})")
    dicom, endpoint = now["dicom"], now["outputs"].get("dicomEndpoint")
    over, on_aws = " over TLS" if dicom["tls"] else "", f"  (on AWS: {endpoint})" if endpoint else ""
    print(f"  DICOM     {dicom['host']}:{dicom['port']}{over}, AE title {dicom['aet']}{on_aws}")
    print('  log in    as admin; the password:  eval "$(make -s env)"')
    print(f"            pulumi stack output orthancAdminPassword --show-secrets -s {stack.NAME}\n")


def down(workspace: Workspace) -> None:
    """Destroy the stack, and stop and remove everything that was started or stored."""
    if not workspace.home.exists():
        return
    began = time.monotonic()
    if emulator_process.answers(workspace) and (workspace.home / "state").exists():
        _say("pulumi destroy")
        # Resources that Pulumi does not destroy are removed with the emulated account.
        shell.pulumi(workspace, "destroy", "--yes", "--skip-preview", "--stack", stack.NAME, check=False)
    _say("stopping what runs")
    emulator_process.stop(workspace)
    if docker_daemon.answers():
        containers.remove(workspace)
    docker_daemon.release(workspace)
    stack.remove_configuration(workspace)
    shutil.rmtree(workspace.home)
    _say(f"done in {time.monotonic() - began:.0f} s")


def open_shell(workspace: Workspace) -> int:
    """Open a shell in the oldest running task, as the task's own user, and return its exit status.

    Commands come from the terminal or from standard input. Raises DockerError, NoTaskError.
    """
    docker_daemon.demand()
    terminal = ["--tty"] if sys.stdin.isatty() else []
    command = ["sh", "-c", "exec $(command -v bash || echo sh)"]
    into = ["docker", "exec", "--interactive", *terminal, containers.first_task(workspace), *command]
    return subprocess.run(into, check=False).returncode


def preview(workspace: Workspace, name: str) -> str:
    """Returns the output of `pulumi preview --json` for any stack of the project, in a separate emulated account.

    Nothing in `workspace` changes: neither the stack's file, which the CLI would write to, nor what is running.
    """
    with tempfile.TemporaryDirectory(prefix="orthanc-preview-") as directory:
        copy = Workspace(Path(directory))
        for entry in workspace.root.iterdir():
            if entry.name == ".venv" or not entry.name.startswith((".", "Pulumi.")):
                (copy.root / entry.name).symlink_to(entry)
        for file in ("Pulumi.yaml", f"Pulumi.{name}.yaml"):
            shutil.copy(workspace.root / file, copy.root)
        (copy.home / "state").mkdir(parents=True)
        stack.write_configuration(copy, name)
        emulator_process.start(copy, tasks=False)
        try:
            shell.pulumi(copy, "stack", "init", name, stdout=subprocess.DEVNULL)
            asked = ("preview", "--json", "--stack", name)
            return shell.pulumi(copy, *asked, stdout=subprocess.PIPE, text=True).stdout
        finally:
            emulator_process.stop(copy)


def status(workspace: Workspace) -> dict[str, Any]:
    """The state of the workspace: the stack's outputs (secrets masked), the URL, the DICOM port, the containers.

    The DICOM port is that of the newest healthy task, or with `dicomEndpoint`, that of the network load balancer.
    """
    running, outputs = emulator_process.answers(workspace), {}
    if running and (workspace.home / "state").exists():
        asked = ("stack", "output", "--json", "--stack", stack.NAME)
        outputs = json.loads(shell.pulumi(workspace, *asked, check=False, capture_output=True).stdout or "{}")
    found = containers.running(workspace) if docker_daemon.answers() else []
    return {
        "running": running,
        "outputs": outputs,
        "url": f"http://127.0.0.1:{workspace.port('edge')}",
        "dicom": {
            "host": "127.0.0.1",
            "port": workspace.port("nlb")
            if "dicomEndpoint" in outputs
            else containers.dicom_port(workspace, found),
            "tls": "dicomEndpoint" in outputs and bool(stack.setting(workspace, "dicomCertificateArn", "")),
            "aet": stack.setting(workspace, "dicomAet", "ORTHANC"),
        },
        "containers": found,
    }
