"""The docker stand-in: what counts as a change, what .dockerignore leaves out, where it pushes."""

from pathlib import Path
from typing import Any

import pytest

from local import images
from local.workspace import Workspace
from offline.stand_ins import image
from offline.stand_ins.image import changes, context_digest, ignored, is_loopback, with_digest

REGISTRY = "127.0.0.1:5000"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    context = tmp_path / "docker"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM scratch\n")
    (context / "data.pem").write_text("data")
    (context / ".dockerignore").write_text("# editors\n**/*~\n")
    return tmp_path


def inputs(**changed: Any) -> dict[str, Any]:
    given = {
        "imageName": f"{REGISTRY}/orthanc:1",
        "build": {"context": "docker", "dockerfile": "docker/Dockerfile"},
        "registry": {"server": f"http://{REGISTRY}", "username": "AWS", "password": "one"},
    }
    return given | changed


def digest(project: Path) -> str:
    return context_digest(project / "docker", project / "docker/Dockerfile")


@pytest.mark.parametrize(
    ("had", "platform"), [(True, "linux/arm64"), (False, "")], ids=["upstream's image", "its stand-in"]
)
def test_docker_builds_for_the_platform_that_upstreams_image_has(
    project: Path, monkeypatch: pytest.MonkeyPatch, had: bool, platform: str
):
    """Its stand-in is for this machine's processor alone."""
    calls: list[tuple[str, ...]] = []
    upstream = images.upstream()
    monkeypatch.setattr(image, "docker", lambda *call: calls.append(call) or "sha256:0")
    monkeypatch.setattr(images, "ensure_orthanc_base", lambda log, wanted: wanted if had else "stand-in")
    build = inputs()["build"] | {"platform": "linux/arm64", "args": {image.BASE_ARGUMENT: upstream}}
    made = image.build_and_push(inputs(build=build, skipPush=True), Workspace(project), project, print)
    given = dict(zip(calls[0], calls[0][1:], strict=False)).get("--platform", "")
    assert given == platform and made["platform"] == "linux/arm64"


def test_a_changed_file_is_a_change(project: Path):
    before = with_digest(inputs(), project)
    (project / "docker/data.pem").write_text("other data")
    assert changes(before, with_digest(inputs(), project)) == ["build"]


def test_file_names_modes_and_links_count(project: Path):
    seen = {digest(project)}
    (project / "docker/data.pem").rename(project / "docker/renamed.pem")
    seen.add(digest(project))
    (project / "docker/renamed.pem").chmod(0o755)
    seen.add(digest(project))
    (project / "docker/link").symlink_to("renamed.pem")
    seen.add(digest(project))
    assert len(seen) == 4


def test_what_is_ignored_is_no_change(project: Path):
    before = digest(project)
    (project / "docker/data.pem~").write_text("left by an editor")
    assert digest(project) == before


def test_new_credentials_are_no_change(project: Path):
    registry = inputs()["registry"]
    before = with_digest(inputs(), project)
    assert changes(before, with_digest(inputs(registry=registry | {"password": "two"}), project)) == []
    assert changes(before, with_digest(inputs(registry=registry | {"server": "http://localhost:1"}), project))


@pytest.mark.parametrize(
    ("name", "patterns", "out"),
    [
        ("a.pem", [], False),
        ("a.pem", ["*.pem"], True),
        ("sub/a.pem", ["*.pem"], False),
        ("sub/a.pem", ["**/*.pem"], True),
        ("a.pem", ["**/*.pem"], True),
        ("sub/a.pem", ["sub"], True),
        ("sub/a.pem", ["sub/"], True),
        ("subway/a.pem", ["sub"], False),
        ("a.pem", ["*", "!a.pem"], False),
        ("b.pem", ["*", "!a.pem"], True),
        ("ab.pem", ["a?.pem"], True),
    ],
)
def test_dockerignore(name: str, patterns: list[str], out: bool):
    assert ignored(name, patterns) is out


@pytest.mark.parametrize(
    "name", ["127.0.0.1:5000/a:1", "http://127.0.0.1:5000", "localhost/a", "http://[::1]:5000/"]
)
def test_loopback(name: str):
    assert is_loopback(name)


@pytest.mark.parametrize(
    "name",
    [
        "012345678901.dkr.ecr.eu-west-1.amazonaws.com/orthanc:1",
        "https://012345678901.dkr.ecr.eu-west-1.amazonaws.com",
        "127.0.0.1.example.org/a",
        "http://127.0.0.1@example.org",
        "orthanc",
        "10.0.0.1:5000/a",
    ],
)
def test_pushes_nowhere_else(name: str, project: Path):
    for given in (inputs(imageName=name), inputs(registry={"server": name})):
        with pytest.raises(ValueError, match="not on loopback"):
            with_digest(given, project)
    assert with_digest(inputs(imageName=name, registry=None, skipPush=True), project)


def test_what_it_cannot_build_is_refused(project: Path):
    for build, reason in (
        ({"context": "docker", "cacheFrom": {}}, "the stand-in has no cacheFrom"),
        ({"context": "elsewhere"}, "there is no"),
        ({"context": "docker", "dockerfile": "Dockerfile"}, "there is no"),
    ):
        with pytest.raises(ValueError, match=reason):
            with_digest(inputs(build=build), project)
