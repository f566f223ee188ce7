#!/usr/bin/env python3
"""Prints the image's bill of materials (SBOM) as CycloneDX 1.6: the packages of Debian and Python, and Orthanc.

Runs in the image, at its build, with the standard library only. Its argument is the image that it is built on.
Upstream's image installs Orthanc and its plugins without a package: they are listed as files with their SHA-256.
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
    """The vendor and the release in a package URL (debian, debian-13), from /etc/os-release.

    A release that is not stable yet has no number there, only its code name.
    """
    vendor = release["ID"]
    version = release.get("VERSION_ID") or release.get("VERSION_CODENAME")
    return vendor, f"{vendor}-{version}" if version else vendor


def packages(listed: str, vendor: str, release: str) -> Iterator[Component]:
    """The packages of `dpkg-query`, a line each: name, version, architecture, source and its version, by tabs."""
    for line in listed.splitlines():
        name, version, architecture, source, source_version = line.split("\t")
        qualifiers = f"arch={architecture}&distro={release}"
        if (source, source_version) != (name, version):
            qualifiers += f"&upstream={quote(f'{source}@{source_version}', safe='')}"
        purl = f"pkg:deb/{vendor}/{quote(name)}@{quote(version)}?{qualifiers}"
        yield {"type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl}


def python() -> Iterator[Component]:
    """The distributions that this Python finds; those of Debian are among its packages, too."""
    found = {(each.metadata["Name"], each.version) for each in distributions()}
    for name, version in sorted(found):
        purl = f"pkg:pypi/{name.lower().replace('_', '-')}@{quote(version)}"
        yield {"type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl}


def installed() -> list[Path]:
    """The files of Orthanc. Raises FileNotFoundError where there is no server: the list would be worth nothing."""
    server = shutil.which(SERVER, path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin")
    if not server:
        raise FileNotFoundError(f"there is no {SERVER} on PATH")
    return [Path(server), *(path for path in PLUGINS.rglob("*") if path.is_file())]


def files(paths: Iterable[Path]) -> Iterator[Component]:
    """Files by their content."""
    for path in sorted(paths):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        hashes = [{"alg": "SHA-256", "content": digest}]
        yield {"type": "file", "name": str(path), "hashes": hashes, "bom-ref": f"file:{path}"}


def bill(base: str, components: list[Component]) -> dict[str, Any]:
    """The document; the same contents make the same text."""
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
    """Ask dpkg, look at the files, print."""
    fields = ("Package", "Version", "Architecture", "source:Package", "source:Version")
    query = ["dpkg-query", "--show", "--showformat", "\\t".join(f"${{{field}}}" for field in fields) + "\\n"]
    listed = subprocess.run(query, check=True, capture_output=True, text=True).stdout  # noqa: S603
    vendor, release = distribution(platform.freedesktop_os_release())
    components = [*packages(listed, vendor, release), *python(), *files(installed())]
    json.dump(bill(sys.argv[1], components), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
