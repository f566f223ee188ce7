"""The base images: upstream's where it can be had, else ours; built once, named by their content."""

from pathlib import Path

import pytest

from components.config.parse import parse
from local import images


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """No registry answers and docker builds nothing; the images that it would have built."""
    known: list[str] = [f"{images.PREFIX}/debian:{suite}" for suite in (images.STABLE, images.NEXT)]

    def docker(command: str, *arguments: str, **_: str) -> str:
        known.append(arguments[arguments.index("--tag") + 1])
        return ""

    monkeypatch.setattr(images, "docker", docker)
    monkeypatch.setattr(images, "exists", known.__contains__)
    monkeypatch.setattr(images, "_pulled", lambda image, log: image in known)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return known


def test_the_program_and_the_dockerfile_pin_the_same_image():
    assert images.upstream() == parse({}).orthanc_image


def test_upstream_is_itself_where_it_can_be_had(built: list[str]):
    built.append("orthancteam/orthanc:1")
    assert images.ensure_orthanc_base(print, "orthancteam/orthanc:1") == "orthancteam/orthanc:1"


def test_a_stand_in_is_built_once(built: list[str]):
    said: list[str] = []
    base = images.ensure_orthanc_base(said.append)
    assert base in built
    assert base == images.ensure_orthanc_base(said.append)
    assert len(said) == 2, "what is there is neither built nor announced"
    assert "OHIF" in said[0] and images.upstream() in said[1], "it says what is replaced, and by what"


def test_an_older_version_has_an_older_stand_in(built: list[str]):
    older, pinned = (images.ensure_orthanc_base(print, image) for image in ("orthancteam/orthanc:25.4.0", ""))
    assert older != pinned, "an upgrade would be one from a version to itself"
    assert images.ensure_orthanc_base(print, "example/orthanc@sha256:0123") == pinned


def test_another_content_is_another_image(built: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(images, "BASE", tmp_path)
    (tmp_path / "services").mkdir()
    dockerfile = tmp_path / "services/Dockerfile"
    dockerfile.write_text("one")
    first = images.ensure_services_image(print)
    dockerfile.write_text("two")
    assert images.ensure_services_image(print) != first


def test_says_what_to_install(built: list[str], monkeypatch: pytest.MonkeyPatch):
    built.clear()
    monkeypatch.setattr(images.shutil, "which", lambda name: None)
    with pytest.raises(images.ImageError, match="apt-get install debootstrap"):
        images.ensure_services_image(print)
