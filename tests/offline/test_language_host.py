"""Programs on the real engine, run by our language host."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local.workspace import Workspace
from offline import engine

PROJECT = f"""
name: tiny
runtime: {{name: python, options: {{toolchain: pip, virtualenv: {sys.prefix}}}}}
"""
CONFIGURATION = """
config: {"tiny:origins": ["https://a.example.org"], "tiny:flag": true}
"""
PROGRAM = """
import sys
import pulumi

config = pulumi.Config()
pulumi.export("origins", config.get_object("origins"))
pulumi.export("flag", config.get_bool("flag"))
pulumi.export("password", config.require_secret("password"))
pulumi.export("names", [pulumi.get_stack(), pulumi.get_project(), pulumi.get_root_directory()])
print("preview" if pulumi.runtime.is_dry_run() else "deployment")
print("only a warning", file=sys.stderr)
"""

Pulumi = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tiny")
    (root / "Pulumi.yaml").write_text(PROJECT)
    (root / "Pulumi.local.yaml").write_text(CONFIGURATION)
    return root


@pytest.fixture(scope="module")
def pulumi(root: Path) -> Pulumi:
    """The CLI in a project of its own; it finds our host on PATH, beside no official one."""
    workspace = Workspace(root)
    (workspace.home / "state").mkdir(parents=True)
    path = f"{engine.LAUNCHERS}:{engine.path(workspace, engine.ensure_engine(print))}"
    environment = os.environ | workspace.environment() | {"PATH": path}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["pulumi", *arguments, "--non-interactive", "--stack", "local"]
        return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)

    run("stack", "init")
    run("config", "set", "--secret", "password", "hush-hush")
    return run


def test_a_program_gets_its_configuration(pulumi: Pulumi, root: Path):
    (root / "__main__.py").write_text(PROGRAM)
    up = pulumi("up", "--yes", "--skip-preview")
    assert up.returncode == 0 and "deployment" in up.stdout, up.stdout + up.stderr
    assert "error" not in up.stdout, "what a program prints on standard error is no error yet"
    assert json.loads(pulumi("stack", "output", "--json", "--show-secrets").stdout) == {
        "origins": ["https://a.example.org"],
        "flag": True,
        "password": "hush-hush",
        "names": ["local", "tiny", str(root)],
    }
    assert json.loads(pulumi("stack", "output", "--json").stdout)["password"] == "[secret]"


def test_a_preview_says_so_to_the_program(pulumi: Pulumi, root: Path):
    (root / "__main__.py").write_text(PROGRAM)
    assert " preview\n" in pulumi("preview").stdout


@pytest.mark.parametrize(
    ("failure", "told", "traced"),
    [
        ("pulumi.RunError('the configuration has 1 problem')", "error: the configuration has 1 problem", False),
        ("ValueError('unforeseen')", "ValueError: unforeseen", True),
    ],
)
def test_a_failure_is_told_as_its_author_meant(pulumi: Pulumi, root: Path, failure: str, told: str, traced: bool):
    (root / "__main__.py").write_text(f"import pulumi\nraise {failure}\n")
    up = pulumi("up", "--yes", "--skip-preview")
    assert up.returncode
    assert told in up.stdout
    assert ("Traceback" in up.stdout) == traced, up.stdout
    assert "ended with status" not in up.stdout
