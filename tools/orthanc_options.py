"""The options that an image's Orthanc documents, with their defaults, in the format of the settings' table.

    python -m tools.orthanc_options IMAGE > components/config/orthanc_options.json

Orthanc prints its default configuration in two files. Options without a default are in comments there, among
examples of what objects may contain.
"""

import json
import re
import sys
from typing import Any, NamedTuple

from local.images import docker

_FILES = ("--config=-", "--advanced-config=-")

# Names in comments that are not options: parts of DicomModalities, OrthancPeers, Pkcs11, Warnings …
EXAMPLES = {
    *("AET", "AllowEcho", "AllowFind", "AllowFindWorklist", "AllowGet", "AllowMove", "AllowStorageCommitment"),
    *("AllowStore", "AllowTranscoding", "Host", "LocalAet", "Manufacturer", "Port", "RetrieveMethod", "Timeout"),
    *("UseDicomTls", "sample", "sample2", "untrusted", "vitrea"),
    *("CertificateFile", "CertificateKeyFile", "CertificateKeyPassword", "HttpHeaders", "Password", "Url"),
    *("Username", "alice", "peer", "peer2"),
    *("Module", "Pin", "Verbose"),
    *("Instance", "Patient", "ResourceModification", "Sample", "Series", "Study"),
}

# A text, which may contain what looks like a comment, or a comment.
_TEXT_OR_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_OPTION = re.compile(r'^\s*(?://)?\s*"(\w+)"\s*:', re.MULTILINE)


class Options(NamedTuple):
    """The options that Orthanc's `version` documents: `defaults` by option, and the options without a default."""

    version: str
    defaults: dict[str, Any]
    without_default: list[str]


def options(version: str, *texts: str) -> Options:
    """Returns the options of the default configuration, whose files are `texts`."""
    defaults: dict[str, Any] = {}
    for text in texts:
        defaults |= json.loads(_TEXT_OR_COMMENT.sub(lambda match: match[1] or "", text))
    inside = {name for value in defaults.values() if isinstance(value, dict) for name in value}
    named = {name for text in texts for name in _OPTION.findall(text)}
    return Options(version, defaults, sorted(named - defaults.keys() - inside - EXAMPLES))


def of_image(image: str) -> Options:
    """Returns the options of the Orthanc in a Docker image. Raises ImageError if there is none."""
    version = re.search(r"\d+(\.\d+)+", _orthanc(image, "--version"))
    return options(version[0] if version else "", *(_orthanc(image, file) for file in _FILES))


def _orthanc(image: str, argument: str) -> str:
    return docker("run", "--rm", "--network=none", "--entrypoint=Orthanc", image, argument)


if __name__ == "__main__":
    source = {"source": f"Orthanc {' and '.join(_FILES)}"}
    print(json.dumps(source | of_image(sys.argv[1])._asdict(), indent=2))
