"""The image's bill of materials, which is made in it at its build."""

import json
import runpy
import shutil
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
SCRIPT = runpy.run_path(str(PROJECT / "docker/list-contents.py"))

# As dpkg-query prints them: a package that is its own source, and one of another source with another version.
LISTED = (
    "orthanc\t1.10.1+dfsg-2\tamd64\torthanc\t1.10.1+dfsg-2\nlibstdc++6\t12.2.0-14\tamd64\tgcc-12\t1:12.2.0-14\n"
)


def test_a_package_is_named_as_scanners_look_it_up():
    own, other = SCRIPT["packages"](LISTED, "debian", "debian-12")
    assert own["purl"] == "pkg:deb/debian/orthanc@1.10.1%2Bdfsg-2?arch=amd64&distro=debian-12"
    assert other["purl"].startswith("pkg:deb/debian/libstdc%2B%2B6@12.2.0-14?"), "a + in a purl is a space to some"
    assert "upstream=gcc-12%401%3A12.2.0-14" in other["purl"], "Debian's advisories are about sources"


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ({"ID": "debian", "VERSION_ID": "13", "VERSION_CODENAME": "trixie"}, ("debian", "debian-13")),
        ({"ID": "debian", "VERSION_CODENAME": "forky"}, ("debian", "debian-forky")),
        ({"ID": "ubuntu", "VERSION_ID": "24.04"}, ("ubuntu", "ubuntu-24.04")),
        ({"ID": "debian"}, ("debian", "debian")),
    ],
)
def test_the_distribution_is_the_image_s_own(release: dict[str, str], expected: tuple[str, str]):
    assert SCRIPT["distribution"](release) == expected, "a scanner would look up another distribution's advisories"


def test_files_are_listed_by_their_content(tmp_path: Path):
    plugin = tmp_path / "plugin.so"
    plugin.write_bytes(b"one")
    [first] = SCRIPT["files"]([plugin])
    plugin.write_bytes(b"two")
    [second] = SCRIPT["files"]([plugin])
    assert first["hashes"] != second["hashes"] and first["name"] == second["name"]


def test_an_image_without_the_server_is_not_built():
    """On a machine without Orthanc, such as this one's test environment."""
    if shutil.which("Orthanc"):
        assert Path(SCRIPT["installed"]()[0]).name == "Orthanc"
    else:
        with pytest.raises(FileNotFoundError, match="no Orthanc"):
            SCRIPT["installed"]()


def test_the_same_contents_make_the_same_document():
    """Without a time or a random serial number: what is unchanged is the same layer."""
    packages = list(SCRIPT["packages"](LISTED, "debian", "debian-12"))
    bills = [SCRIPT["bill"]("orthancteam/orthanc:1", packages + list(SCRIPT["python"]())) for _ in range(2)]
    assert json.dumps(bills[0]) == json.dumps(bills[1])
    references = [component["bom-ref"] for component in bills[0]["components"]]
    assert len(references) == len(set(references)) > 2, "CycloneDX wants each reference once"


def test_the_build_makes_it():
    dockerfile = (PROJECT / "docker/Dockerfile").read_text()
    assert "list-contents.py" in dockerfile and ">/usr/share/orthanc/sbom.cdx.json" in dockerfile
