"""Claims about one HTTP request: the row shows the request that its check sends."""

import io
import re
from collections.abc import Callable, Sequence
from typing import Any

import requests
from PIL import Image

from tests.data.conformance.claims import Claim
from tests.data.conformance.system import System

# What is asked for, by its name in System.
_OF = {
    "ct": "uncompressed",
    "frames": "15 frames",
    "jpeg": "JPEG Baseline",
    "many": "a thousand instances",
    "pair": "",
    "report": "structured report",
}
_STORED = re.compile(r"\{(?P<name>\w+)\.(?P<level>study|series|instance)\}")
_UID = re.compile(r"\{(?P<name>\w+)\.(?P<keyword>[A-Z]\w+)\}")

Described = Callable[[requests.Response], str]


def request(
    path: str,
    states: str,
    *,
    method: str = "GET",
    accept: str | Sequence[str] | None = None,
    data: Any = None,
    described: Described | None = None,
    **headers: str,
) -> Claim:
    """A request and its answer. `{ct.study}` in `path` is the path of a stored study of System, `{ct.PatientID}` a
    value of it. Of several values of `accept` each has the same answer.
    """
    accepts = [accept] if isinstance(accept, str) else accept or [None]

    def measure(system: System) -> str:
        there = _STORED.sub(lambda found: getattr(getattr(system, found["name"]), found["level"]), path)
        there = _UID.sub(
            lambda found: str(getattr(getattr(system, found["name"]).dataset, found["keyword"])), there
        )
        answers = [system.http(there, method, data, each, **headers) for each in accepts]
        return " / ".join(dict.fromkeys(map(described or answered, answers)))

    generic = _UID.sub("…", _STORED.sub(r"{\g<level>}", path))
    shown = f"`{method} {generic}`"
    named = _STORED.search(path)
    if named and _OF[named["name"]]:
        shown += f", {_OF[named['name']]}"
    lines = [f"`Accept: {each}`" for each in accepts if each]
    lines += [f"`{name.replace('_', '-')}: {value}`" for name, value in headers.items()]
    return Claim("<br>".join([shown, *lines]), states, measure)


def answered(answer: requests.Response) -> str:
    """Status, media type, and how much of it."""
    media_type = answer.headers.get("Content-Type", "")
    if not answer.ok or not answer.content:
        return str(answer.status_code)
    if media_type.startswith("multipart/"):
        parts, whole = multipart(answer)
        kinds = sorted({kind for kind, _ in parts})
        end = "" if whole else ", then it breaks off"
        return f"{answer.status_code}, {len(parts)} × `{'`, `'.join(kinds)}`{end}"
    if media_type.partition(";")[0].endswith("json"):
        found = answer.json()
        size = f"{len(found)} × " if isinstance(found, list) else ""
        return f"{answer.status_code}, {size}`{media_type}`"
    return f"{answer.status_code}, `{media_type}`"


def multipart(answer: requests.Response) -> tuple[list[tuple[str, bytes]], bool]:
    """The media types and contents of the parts, and whether the answer has its end."""
    boundary = answer.headers["Content-Type"].partition("boundary=")[2].split(";")[0].strip('"')
    _, *parts = answer.content.split(b"--" + boundary.encode())
    whole = bool(parts) and parts[-1].startswith(b"--")
    found = []
    for part in parts[:-1] if whole else parts:
        head, _, body = part.partition(b"\r\n\r\n")
        kinds = re.search(rb"(?i)content-type: *([^\r\n]*)", head)
        found.append((kinds[1].decode() if kinds else "", body.removesuffix(b"\r\n")))
    return found, whole


def ranged(answer: requests.Response) -> str:
    """Status, length, and the range that it is said to be."""
    part = answer.headers.get("Content-Range", "none")
    return f"{answer.status_code}, {len(answer.content) >> 10} KiB, Content-Range: {part}"


def picture(answer: requests.Response) -> str:
    """Status, media type, and the size of the image."""
    if not answer.ok or not answer.headers.get("Content-Type", "").startswith("image/"):
        return answered(answer)
    with Image.open(io.BytesIO(answer.content)) as image:
        return f"{answered(answer)}, {image.format} of {image.width} × {image.height}"
