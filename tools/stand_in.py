"""The pieces that replace an unavailable upstream image: a Markdown table of docs/reference/verification.md.

    python -m tools.stand_in

The pieces are those of `local/base/orthanc/entrypoint.py`. Their versions are read in the image, which is built if
necessary.
"""

import re
from pathlib import Path

from local.base.orthanc.entrypoint import PLUGINS, Plugin
from local.images import BASE, docker, ensure_stand_in

# Versions in orthancteam/orthanc:26.8.1, as far as its release notes list them. For OHIF, the viewer's version.
UPSTREAM = {
    "Orthanc": "1.13.0",
    "AwsS3Storage": "2.5.4",
    "DicomWeb": "1.24",
    "OHIF": "3.12.0",
    "OrthancExplorer2": "1.14.1",
    "PostgreSQL": "10.3",
}
# The directory of Debian's plugins. The image moved them, but dpkg still finds their packages by this path.
_DEBIANS = Path("/usr/share/orthanc/plugins")


def table(image: str) -> str:
    """Returns a Markdown table of each piece in the stand-in base `image`. Raises ImageError without the image."""
    rows = [("Orthanc", _packages(image, "/usr/sbin/Orthanc"))]
    rows += [(plugin.section, _stands(image, plugin)) for plugin in PLUGINS]
    head = ["| piece | upstream's image | stand-in base |", "|---|---|---|"]
    return "\n".join(head + [f"| {name} | {UPSTREAM.get(name, '')} | {stands} |" for name, stands in rows])


def _stands(image: str, plugin: Plugin) -> str:
    if not plugin.libraries:
        return "nothing"
    packages = _packages(image, *(str(_DEBIANS / library) for library in plugin.libraries))
    if not plugin.script:
        return packages
    shown = f"npm's @ohif/app {_ohif()}, served by " if plugin.section == "OHIF" else ""
    return f"{shown}`{plugin.script}.py` in {packages}"


def _packages(image: str, *files: str) -> str:
    """Returns the Debian packages that contain these files, with the versions of the packaged software."""
    query = 'dpkg-query --search "$@" | cut -d: -f1 | sort -u | xargs dpkg-query --show'
    found = docker("run", "--rm", "--network=none", "--entrypoint=sh", image, "-c", query, "sh", *files)
    named = (line.split("\t") for line in found.splitlines())
    return ", ".join(f"Debian's {package} {re.split('[+-]', version)[0]}" for package, version in named)


def _ohif() -> str:
    name = (BASE / "ohif/package.sha512").read_text().split()[1]
    return name.removeprefix("ohif-app-").removesuffix(".tgz")


if __name__ == "__main__":
    print(table(ensure_stand_in(lambda line: None)))
