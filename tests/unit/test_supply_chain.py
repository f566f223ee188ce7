"""What the project is made of is pinned, looked at and updated; nothing secret is committed."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).parents[2]
WORKFLOWS = sorted((PROJECT / ".github/workflows").glob("*.yml"))
LOCKS = ("requirements.txt", "requirements-dev.txt", "policy/requirements.txt")


def read(path: str) -> Any:
    return yaml.safe_load((PROJECT / path).read_text())


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_runs_pinned_actions_and_may_only_read(workflow: Path):
    text = workflow.read_text()
    used = re.findall(r"uses: (.*)", text)
    assert used
    for action in used:
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+){2}", action), f"{action} can be moved"
    content = yaml.safe_load(text)
    assert content["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in content["jobs"].values())
    assert "pull_request_target" not in content[True], "strangers' code would run with the project's rights"
    checkouts = [step for job in content["jobs"].values() for step in job["steps"] if "checkout" in str(step)]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_with_its_hashes(lock: str):
    """pip takes nothing else: what is installed is what was looked at."""
    packages = (PROJECT / lock).read_text().replace("\\\n", "").splitlines()
    assert packages
    loose = [line for line in packages if not re.match(r"\S+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)]
    assert not loose


def test_what_is_installed_is_installed_by_hash():
    makefile = (PROJECT / "Makefile").read_text()
    installed = re.findall(r"pip install.*", makefile)
    assert len(installed) == 2 and all("--require-hashes" in line for line in installed)


def test_updates_are_looked_for_where_something_is_pinned():
    updates = read(".github/dependabot.yml")["updates"]
    watched = {
        (update["package-ecosystem"], directory)
        for update in updates
        for directory in update.get("directories", [update.get("directory")])
    }
    pip = {("pip", "/" if path.parent == PROJECT else "/policy") for path in (PROJECT / lock for lock in LOCKS)}
    assert watched == pip | {("gomod", "/offline/go"), ("github-actions", "/")}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("key = '" + "AKIA" + "Q3EGUIMV5TZ7YWXB'\n", True),
        ("-----BEGIN RSA PRIVATE " + "KEY-----\n", True),
        ("url = 'https://user:" + "c0rrect-h0rse@example.org/'\n", True),
        ("password = settings.password\n", False),
    ],
)
def test_a_secret_is_not_committed(tmp_path: Path, text: str, found: bool):
    [hook] = [hook for hook in read(".pre-commit-config.yaml")["repos"][0]["hooks"] if hook["id"] == "secrets"]
    file = tmp_path / "file.py"
    file.write_text(text)
    command = [*shlex.split(hook["entry"]), str(file)]
    assert bool(subprocess.run(command, cwd=PROJECT, check=False, capture_output=True).returncode) == found
