"""Workspaces never meet: ports and names belong to the directory."""

import socket
from pathlib import Path

import pytest

from local import workspace
from local.workspace import Workspace


@pytest.fixture(autouse=True)
def _nobody_elses_ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def two(tmp_path: Path) -> list[Workspace]:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    return [Workspace(tmp_path / name) for name in ("one", "two")]


@pytest.mark.parametrize("of_one_hash", [False, True])
def test_two_places_share_neither_ports_nor_names(
    two: list[Workspace], of_one_hash: bool, monkeypatch: pytest.MonkeyPatch
):
    assert two[0].slug != two[1].slug
    if of_one_hash:
        monkeypatch.setattr(Workspace, "_digest", 7)
    ports = [
        workspace.port(name)
        for workspace in two
        for name in ("aws", "registry", "edge", "nlb", "dicom0", "dicom15")
    ]
    assert len(set(ports)) == len(ports)
    assert all(20000 <= port < 32000 for port in ports)


def test_a_place_keeps_its_ports(two: list[Workspace]):
    one = two[0]
    port = one.port("aws")
    with socket.socket() as used:
        used.bind(("127.0.0.1", port))  # by the workspace itself, in another process
        workspace._block.cache_clear()
        assert one.port("aws") == port


def test_ports_of_another_program_are_left_alone(two: list[Workspace], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Workspace, "_digest", 7)
    with socket.socket() as used:
        used.bind(("127.0.0.1", 20000 + 7 * 20 + 3))
        used.listen()
        assert two[0].port("aws") == 20000 + 8 * 20


def test_a_place_is_the_same_by_every_path_to_it(tmp_path: Path):
    (tmp_path / "workspace").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "workspace")
    assert Workspace(tmp_path / "link").slug == Workspace(tmp_path / "workspace").slug


def test_the_block_of_ports_ends(tmp_path: Path):
    with pytest.raises(ValueError, match="a workspace has 16 DICOM ports"):
        Workspace(tmp_path).port("dicom16")
