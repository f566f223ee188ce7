"""Which engine and which plugins a workspace uses."""

import os
from importlib import metadata
from pathlib import Path

import pytest

from local.workspace import Workspace
from offline import engine

NAMES = {"aws", "awsx", "docker", "random"}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """One on a machine with nothing of Pulumi on PATH."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr(engine, "PLUGINS", tmp_path / "plugins")
    workspace = Workspace(tmp_path / "checkout")
    workspace.home.mkdir(parents=True)
    return workspace


def executable(path: Path, prints: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{prints}'\n")
    path.chmod(0o755)


def install_plugins() -> None:
    for name in NAMES:
        (engine.PLUGINS / f"resource-{name}-v{metadata.version(f'pulumi-{name}')}").mkdir(parents=True)


def stand_ins(workspace: Workspace, directory: Path) -> set[str]:
    """The plugins that the engine in `directory` finds as stand-ins, before any others."""
    path = engine.path(workspace, directory).split(os.pathsep)
    own = workspace.home / "stand-ins"
    assert path.index(str(own)) < path.index(str(directory))
    assert path.count(str(own)) == 1
    return {link.name.split("-")[-1] for link in own.iterdir()}


def test_what_is_installed_changes_nothing(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    beside = workspace.root / "bin"
    executable(beside / "pulumi-resource-random")
    install_plugins()
    for _ in range(2):
        assert stand_ins(workspace, beside) == NAMES | {"python"}, "make up runs what the tests did not run on"
        # The second time, the shell is one that works on the workspace already.
        monkeypatch.setenv("PATH", engine.path(workspace, beside))


def test_the_engines_own_language_host_is_used(workspace: Workspace):
    beside = workspace.root / "bin"
    executable(beside / "pulumi-language-python")
    assert stand_ins(workspace, beside) == NAMES


def test_official_plugins_are_used_when_asked_for(workspace: Workspace):
    with pytest.raises(engine.EngineError, match=r"aws [\d.]+, awsx .* && pulumi plugin install resource awsx"):
        engine.choose(workspace, engine.OFFICIAL)
    install_plugins()
    engine.choose(workspace, engine.OFFICIAL)
    assert stand_ins(workspace, workspace.root / "bin") == {"python"}
    engine.choose(workspace, engine.STAND_INS)
    assert stand_ins(workspace, workspace.root / "bin") == NAMES | {"python"}


@pytest.mark.parametrize(("installed", "is_used"), [("0.9.0", False), ("{}", True), ("999.0.0-alpha.1", True)])
def test_an_older_engine_is_reported_and_not_used(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, installed: str, is_used: bool
):
    own = workspace.root / "bin"
    executable(own / "pulumi", "v" + installed.format(engine.pinned_version()))
    monkeypatch.setenv("PATH", f"{own}:/usr/bin:/bin")
    monkeypatch.setattr(engine, "_install", lambda directory, version: True)
    told: list[str] = []
    assert (engine.ensure_engine(told.append) == own) == is_used
    assert bool(told) != is_used
    assert is_used or f"is Pulumi 0.9.0, older than {engine.pinned_version()}" in told[0]
