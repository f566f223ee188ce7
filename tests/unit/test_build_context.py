"""The build context is the same in every checkout: whatever its umask, and by whatever path it is reached."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from components.service import build_context
from offline.stand_ins.image import context_digest

SCRIPT = "make-certificate.sh"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A checkout's `docker` directory under umask 022."""
    source = tmp_path / "checkout/docker"
    (source / "plugins").mkdir(parents=True)
    for name in ("Dockerfile", ".dockerignore", "plugins/list.json", SCRIPT):
        (source / name).write_text(f"{name}\n")
        (source / name).chmod(0o755 if name == SCRIPT else 0o644)
    return source


def modes(source: Path, ordinary: int, executable: int) -> None:
    for path in source.rglob("*"):
        path.chmod(executable if path.is_dir() or path.name == SCRIPT else ordinary)


SAME: dict[str, Callable[[Path], object]] = {
    "umask 002": lambda source: modes(source, 0o664, 0o775),
    "umask 077": lambda source: modes(source, 0o600, 0o700),
    "read-only files": lambda source: modes(source, 0o444, 0o555),
    "another time": lambda source: os.utime(source / "Dockerfile", (0, 0)),
}
OTHER: dict[str, Callable[[Path], object]] = {
    "an executable file": lambda source: (source / "Dockerfile").chmod(0o755),
    "a file that is executable no more": lambda source: (source / SCRIPT).chmod(0o644),
    "another content": lambda source: (source / "Dockerfile").write_text("FROM scratch\n"),
    "another name": lambda source: (source / "Dockerfile").rename(source / "Containerfile"),
    "a file in another directory": lambda source: (source / SCRIPT).rename(source / "plugins" / SCRIPT),
    "a file more": lambda source: (source / "more").touch(),
}


def seen(context: build_context.BuildContext) -> tuple[str, str]:
    """What pulumi-docker compares: the path, and a digest over names, modes and contents."""
    path = Path(context.path)
    return context.path, context_digest(path, path / "Dockerfile")


@pytest.mark.parametrize("change", SAME)
def test_another_checkout_is_no_change(source: Path, tmp_path: Path, change: str):
    before = build_context.prepared(source, tmp_path / "copies")
    seen_before = seen(before)
    SAME[change](source)
    assert build_context.prepared(source, tmp_path / "copies") == before
    fresh = build_context.prepared(source, tmp_path / "elsewhere")
    assert seen(fresh)[1] == seen_before[1], "the image is built and pushed again, and every task replaced"


@pytest.mark.parametrize("change", OTHER)
def test_another_content_is_a_change(source: Path, tmp_path: Path, change: str):
    before = build_context.prepared(source, tmp_path / "copies")
    OTHER[change](source)
    after = build_context.prepared(source, tmp_path / "copies")
    assert after.digest != before.digest and after.path != before.path, "what was changed is not deployed"
    names = {path.relative_to(source).as_posix() for path in source.rglob("*")}
    copied = Path(after.path)
    assert {path.relative_to(copied).as_posix() for path in copied.rglob("*")} == names


def test_a_path_through_a_symbolic_link_is_no_change(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    checkout = source.parent
    (tmp_path / "link").symlink_to(checkout)
    paths: set[tuple[str, str]] = set()
    for root in (checkout, tmp_path / "link"):
        monkeypatch.chdir(root)
        paths.add(seen(build_context.prepared(root / "docker", root / ".build")))
    [(path, _)] = paths
    assert not Path(path).is_absolute() and path.startswith(".build/"), "the state names a path of this machine"


def test_the_users_files_stay_as_they_are(source: Path, tmp_path: Path):
    modes(source, 0o600, 0o700)
    build_context.prepared(source, tmp_path / "copies")
    assert (source / "Dockerfile").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "copies").stat().st_mode & 0o077 == 0, "what its owner keeps private can be read"


def test_two_programs_may_prepare_it_at_once(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """As two stacks of one checkout: the slower one finds the copy made."""
    rename = Path.rename

    def late(self: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "rename", rename)
        build_context.prepared(source, tmp_path / "copies")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", late)
    made = build_context.prepared(source, tmp_path / "copies")
    assert sorted(path.name for path in (tmp_path / "copies").iterdir()) == [Path(made.path).name]
