"""Places never meet: ports and names follow from the directory."""

from pathlib import Path

import pytest

from local.place import Place


def test_two_places_share_neither_ports_nor_names(tmp_path: Path):
    one, other = Place(tmp_path / "one"), Place(tmp_path / "two")
    assert one.slug != other.slug
    ports = [
        place.port(name) for place in (one, other) for name in ("aws", "registry", "edge", "dicom0", "dicom16")
    ]
    assert len(set(ports)) == len(ports)
    assert all(20000 <= port < 32000 for port in ports)


def test_a_place_is_the_same_by_every_path_to_it(tmp_path: Path):
    (tmp_path / "place").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "place")
    assert Place(tmp_path / "link").slug == Place(tmp_path / "place").slug


def test_the_block_of_ports_ends(tmp_path: Path):
    with pytest.raises(ValueError, match="a place has 17 DICOM ports"):
        Place(tmp_path).port("dicom17")
