"""A copy of the project with an embedded AWS of its own, driven by the commands that the README gives."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import boto3

from local.workspace import Workspace

PROJECT = Path(__file__).parents[1]


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Step(NamedTuple):
    """What a deployment did to one resource: the operation of Pulumi and the resource's type and name."""

    operation: str
    type: str
    name: str


class Embedded:
    """The copy in `root`; a `make up` of this checkout or another test never meets it."""

    def __init__(self, root: Path):
        self.workspace = Workspace(root)
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in listed.stdout.splitlines():
            if (PROJECT / name).exists():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(PROJECT / name, root / name, follow_symlinks=False)
        for packages in (".venv", "policy/.venv"):
            (root / packages).symlink_to(PROJECT / packages)
        # A quarter of the engine's CPU time goes into Go's garbage collector and into the debug log of each run,
        # which it omits if it cannot create the directory.
        logs = self.workspace.home / "pulumi/logs"
        logs.parent.mkdir(parents=True)
        logs.touch()
        self.environment = os.environ | {"ORTHANC_LOCAL_ROOT": str(root), "GOGC": "400"}

    def local(self, *arguments: str, typed: str | None = None) -> str:
        """Run `python -m local …`, which is what make does, on what is typed; answers what it printed."""
        return self._run([sys.executable, "-m", "local", *arguments], typed=typed).stdout

    def enter(self) -> None:
        """Take the environment that `eval "$(make -s env)"` gives a shell."""
        shell = f'eval "$({sys.executable} -m local env)"; env -0'
        variables = self._run(["bash", "-c", shell]).stdout.split("\0")
        self.environment = dict(variable.split("=", 1) for variable in variables if "=" in variable)

    def pulumi(
        self, *arguments: str, stack: str = "local", check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run the plain CLI."""
        return self._run(["pulumi", *arguments, "--non-interactive", "-s", stack], check=check)

    def begin(self, *arguments: str, stack: str = "local") -> subprocess.Popen[str]:
        """Run the plain CLI, and let it go on."""
        return subprocess.Popen(
            ["pulumi", *arguments, "--non-interactive", "-s", stack],
            cwd=self.workspace.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def configure(self, **values: str | list[Any] | dict[str, Any] | None) -> None:
        """`pulumi config set` all values, lists and objects part by part, in place of those that are there.

        None removes the key, so that its default holds.
        """
        texts = [f"--plaintext={key}={value}" for key, value in values.items() if isinstance(value, str)]
        structures = {key: value for key, value in values.items() if isinstance(value, list | dict)}
        parts = [f"--plaintext={part}" for key, value in structures.items() for part in _parts(key, value)]
        gone = [key for key, value in values.items() if not isinstance(value, str)]
        for command, arguments in {"rm-all": gone, "set-all": texts, "set-all --path": parts}.items():
            if arguments:
                self.pulumi("config", *command.split(), *arguments)

    def run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a command in the shell that `enter` took the environment of; it may fail."""
        return self._run(command, check=False)

    def changes(self, command: str = "up") -> list[Step]:
        """Run `pulumi up` (or `refresh`) and answer what it changed, in order."""
        log = self.workspace.root / "events.json"
        log.unlink(missing_ok=True)
        self.environment["PULUMI_DEBUG_COMMANDS"] = (
            "true"  # offers the log of events, as the Automation API reads it
        )
        self.pulumi(command, "--yes", "--skip-preview", "--event-log", str(log))
        events = [json.loads(line) for line in log.read_text().splitlines()]
        done = [event["resOutputsEvent"]["metadata"] for event in events if "resOutputsEvent" in event]
        return [
            Step(step["op"], step["type"], step["urn"].rpartition("::")[2])
            for step in done
            if step["op"] != "same"
        ]

    def outputs(self) -> dict[str, Any]:
        """Every output of the stack, secrets in clear."""
        return json.loads(self.pulumi("stack", "output", "--json", "--show-secrets").stdout)

    def status(self) -> dict[str, Any]:
        """What `make status` prints."""
        return json.loads(self.local("status"))

    def containers(self, role: str) -> list[dict[str, Any]]:
        """The containers that play a role ("task", "database" …), oldest first, as `make status` prints them."""
        return [each for each in self.status()["containers"] if each["role"] == role]

    def client(self, service: str) -> Any:
        """A boto3 client of the emulated AWS."""
        return boto3.client(
            service,
            endpoint_url=self.workspace.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def _run(
        self, command: list[str], *, check: bool = True, typed: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        options: dict[str, Any] = {"cwd": self.workspace.root, "env": self.environment, "input": typed}
        done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
        if check:
            assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}\n{done.stderr}"
        return done


def _parts(path: str, value: Any) -> Iterator[str]:
    """A structure as `path=value` texts."""
    if isinstance(value, list):
        value = {f"[{number}]": part for number, part in enumerate(value)}
    elif isinstance(value, dict):
        value = {f".{name}": part for name, part in value.items()}
    else:
        yield f"{path}={value}"
        return
    for name, part in value.items():
        yield from _parts(f"{path}{name}", part)


def summary(steps: list[Step]) -> Counter[tuple[str, str]]:
    """How often each operation met each type (without its module), components left out."""
    return Counter(
        (step.operation, step.type.rpartition(":")[2])
        for step in steps
        if step.type.startswith(("aws:", "random:", "docker:"))
    )
