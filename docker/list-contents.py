#!/usr/bin/env python3
"""Prints the image's bill of materials (SBOM) as CycloneDX 1.6: Debian's packages, Python's, Orthanc's plugins.

Runs in the image, at its build, with the standard library only. Its argument is the image that it is built on.
Plugins are in no package of upstream's image: they are listed as files with their SHA-256.
"""

import hashlib
import json
import platform
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from urllib.parse import quote

Component = dict[str, Any]

# Where upstream's image keeps what it does not install as packages.
PLUGINS = Path("/usr/share/orthanc/plugins-available")


def debian(listed: str, distribution: str) -> Iterator[Component]:
    """The packages of `dpkg-query`, a line each: name, version, architecture, source and its version, by tabs."""
    for line in listed.splitlines():
        name, version, architecture, source, source_version = line.split("\t")
        qualifiers = f"arch={architecture}&distro={distribution}"
        if (source, source_version) != (name, version):
            qualifiers += f"&upstream={quote(f'{source}@{source_version}', safe='')}"
        purl = f"pkg:deb/debian/{quote(name)}@{quote(version)}?{qualifiers}"
        yield {"type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl}


def python() -> Iterator[Component]:
    """The distributions that this Python finds; those of Debian are among its packages, too."""
    found = {(each.metadata["Name"], each.version) for each in distributions()}
    for name, version in sorted(found):
        purl = f"pkg:pypi/{name.lower().replace('_', '-')}@{quote(version)}"
        yield {"type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl}


def files(directory: Path) -> Iterator[Component]:
    """The files of a directory by their content."""
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
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
    """Ask dpkg, look around, print."""
    fields = ("Package", "Version", "Architecture", "source:Package", "source:Version")
    query = ["dpkg-query", "--show", "--showformat", "\\t".join(f"${{{field}}}" for field in fields) + "\\n"]
    listed = subprocess.run(query, check=True, capture_output=True, text=True).stdout  # noqa: S603
    release = platform.freedesktop_os_release()
    distribution = f"{release['ID']}-{release['VERSION_ID']}"
    components = [*debian(listed, distribution), *python(), *files(PLUGINS)]
    json.dump(bill(sys.argv[1], components), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
