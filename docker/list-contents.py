#!/usr/bin/env python3
"""Prints the image's bill of materials (SBOM) as CycloneDX 1.6: the packages of Debian and Python, and Orthanc.

It runs in the image, while the image is built, with the standard library only. Its argument is the base image.
Upstream's image does not install Orthanc and its plugins as packages. They are listed as files with their SHA-256.
"""

import hashlib
import json
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from urllib.parse import quote

Component = dict[str, Any]

# What upstream's image does not install as packages: the server, looked up on PATH, and its plugins.
SERVER = "Orthanc"
PLUGINS = Path("/usr/share/orthanc/plugins-available")


def distribution(release: Mapping[str, str]) -> tuple[str, str]:
    """Returns the vendor and the release for a package URL (debian, debian-13), from /etc/os-release.

    A release that is not stable yet has no number there, only its code name.
    """
    vendor = release["ID"]
    version = release.get("VERSION_ID") or release.get("VERSION_CODENAME")
    return vendor, f"{vendor}-{version}" if version else vendor


def packages(listed: str, vendor: str, release: str) -> Iterator[Component]:
    """Yields the packages that `dpkg-query` lists, one per line.

    The fields are separated by tabs: name, version, architecture, source and its version.
    """
    for line in listed.splitlines():
        name, version, architecture, source, source_version = line.split("\t")
        qualifiers = f"arch={architecture}&distro={release}"
        if (source, source_version) != (name, version):
            qualifiers += f"&upstream={quote(f'{source}@{source_version}', safe='')}"
        purl = f"pkg:deb/{vendor}/{quote(name)}@{quote(version)}?{qualifiers}"
        yield {"type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl}


def python() -> Iterator[Component]:
    """Yields the distributions that this Python finds. Debian's own are also among Debian's packages."""
    found = {(each.metadata["Name"], each.version) for each in distributions()}
    for name, version in sorted(found):
        purl = f"pkg:pypi/{name.lower().replace('_', '-')}@{quote(version)}"
        yield {"type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl}


def installed() -> list[Path]:
    """Returns the files of Orthanc.

    Raises FileNotFoundError if there is no server, because the list would be useless.
    """
    server = shutil.which(SERVER, path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin")
    if not server:
        raise FileNotFoundError(f"there is no {SERVER} on PATH")
    return [Path(server), *(path for path in PLUGINS.rglob("*") if path.is_file())]


def files(paths: Iterable[Path]) -> Iterator[Component]:
    """Yields files by their content."""
    for path in sorted(paths):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        hashes = [{"alg": "SHA-256", "content": digest}]
        yield {"type": "file", "name": str(path), "hashes": hashes, "bom-ref": f"file:{path}"}


def bill(base: str, components: list[Component]) -> dict[str, Any]:
    """Returns the document. The same contents result in the same text."""
    image = {"type": "container", "name": "orthanc-on-aws", "bom-ref": "image", "description": f"built on {base}"}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": image},
        "components": components,
    }


def main() -> None:
    """Prints the bill of materials."""
    fields = ("Package", "Version", "Architecture", "source:Package", "source:Version")
    query = ["dpkg-query", "--show", "--showformat", "\\t".join(f"${{{field}}}" for field in fields) + "\\n"]
    listed = subprocess.run(query, check=True, capture_output=True, text=True).stdout  # noqa: S603
    vendor, release = distribution(platform.freedesktop_os_release())
    components = [*packages(listed, vendor, release), *python(), *files(installed())]
    json.dump(bill(sys.argv[1], components), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
