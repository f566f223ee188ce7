"""Store (STOW-RS), and the transactions of DICOMweb that Orthanc has not, or has in its own way."""

from collections.abc import Callable, Sequence
from typing import Any

import pydicom
import requests
from pydicom.uid import UID, generate_uid

from tests.data.conformance.claims import Check, Claim, Section, listed
from tests.data.conformance.requests import request
from tests.data.conformance.system import System
from tests.data.files import made_up, written
from tests.data.modalities import PRIVATE_SOP_CLASS

_BOUNDARY = "conformance"
_DICOM = f'multipart/related; type="application/dicom"; boundary={_BOUNDARY}'

Files = Callable[[System], Sequence[bytes]]


def _stored(
    files: Files,
    part: str = "application/dicom",
    content_type: str = _DICOM,
    path: str = "/dicom-web/studies",
    accept: str | None = None,
) -> Check:
    """The answer to STOW-RS: its status, and what it says of each instance."""

    def measure(system: System) -> str:
        head = f"--{_BOUNDARY}\r\nContent-Type: {part}\r\n\r\n".encode()
        body = b"".join(head + file + b"\r\n" for file in files(system)) + f"--{_BOUNDARY}--\r\n".encode()
        given = {"Content_Type": content_type} if content_type else {}
        return _outcome(system.http(path, "POST", body, accept, **given))

    return measure


def _outcome(answer: requests.Response) -> str:
    media_type = answer.headers.get("Content-Type", "")
    if not answer.content or "dicom+json" not in media_type:
        return f"{answer.status_code}" + (f", `{media_type}`" if answer.ok and answer.content else "")
    found = answer.json()
    found = found[0] if isinstance(found, list) else found
    kept = _items(found, "00081199")
    failed = [f"{_first(item, '00081197'):04X}H" for item in _items(found, "00081198")]
    warned = [f"{code:04X}H" for item in kept if (code := _first(item, "00081196")) is not None]
    linked = sum("00081190" in item for item in kept)
    parts = [f"{answer.status_code}, {len(kept)} referenced, {linked} with a URL"]
    parts += [f"failure reason {reason}" for reason in failed] + [f"warning reason {reason}" for reason in warned]
    return ", ".join(parts)


def _items(found: dict[str, Any], tag: str) -> list[dict[str, Any]]:
    return found.get(tag, {}).get("Value", [])


def _first(item: dict[str, Any], tag: str) -> Any:
    return item.get(tag, {}).get("Value", [None])[0]


def _new(number: int = 1, **tags: Any) -> Files:
    return lambda system: [written(made_up(**tags)) for _ in range(number)]


def _without(keyword: str) -> Files:
    def files(system: System) -> list[bytes]:
        dataset = made_up()
        delattr(dataset, keyword)
        return [written(dataset)]

    return files


def _again(system: System) -> list[bytes]:
    dataset = made_up()
    system.store(dataset)
    return [written(dataset)]


def _mixed(system: System) -> list[bytes]:
    return [written(made_up()), b"no DICOM file"]


def _deleted(path: Callable[[System, pydicom.Dataset], str]) -> Check:
    """The status of DELETE, and whether the study is still found."""

    def measure(system: System) -> str:
        dataset = made_up()
        system.store(dataset)
        answer = system.http(path(system, dataset), "DELETE")
        left = system.http(f"/dicom-web/studies?StudyInstanceUID={dataset.StudyInstanceUID}").json()
        return f"{answer.status_code}, the study is {'kept' if left else 'gone'}"

    return measure


def _by_rest(system: System, dataset: pydicom.Dataset) -> str:
    url = f"{system.archive.url}/tools/lookup"
    found = system.archive.session.post(url, data=dataset.StudyInstanceUID, timeout=60).json()
    return next(each["Path"] for each in found if each["Type"] == "Study")


# UPS-RS, capabilities, storage of other than patients' objects.
_ABSENT = (
    ("GET", "/dicom-web/workitems"),
    ("POST", "/dicom-web/workitems"),
    ("GET", "/dicom-web/workitems/1.2.3"),
    ("GET", "/dicom-web/subscribers"),
    ("OPTIONS", "/dicom-web/"),
    ("OPTIONS", "/dicom-web/studies"),
    ("GET", "/dicom-web/"),
    ("GET", "/dicom-web/capabilities"),
    ("GET", "/dicom-web/color-palettes"),
    ("GET", "/dicom-web/hanging-protocols"),
)


def _absent(system: System) -> str:
    return listed(sorted({str(system.http(path, method).status_code) for method, path in _ABSENT}))


SECTIONS = [
    Section(
        "Store: STOW-RS",
        ["`POST /dicom-web/studies`", "answer"],
        [
            Claim("two new instances", "200, 2 referenced, 2 with a URL", _stored(_new(2))),
            Claim("an instance that is stored already", "200, 1 referenced, 1 with a URL", _stored(_again)),
            Claim(
                "an instance of a private SOP class",
                "200, 1 referenced, 1 with a URL",
                _stored(_new(SOPClassUID=UID(PRIVATE_SOP_CLASS))),
            ),
            Claim(
                "an instance and a part that is no DICOM file", "400, 1 referenced, 1 with a URL", _stored(_mixed)
            ),
            Claim(
                "a part that is no DICOM file",
                "400, 0 referenced, 0 with a URL",
                _stored(lambda _: [b"no DICOM file"]),
            ),
            Claim("no part", "200, 0 referenced, 0 with a URL", _stored(lambda _: [])),
            Claim(
                "an instance without Study Instance UID",
                "400, 0 referenced, 0 with a URL, failure reason C000H",
                _stored(_without("StudyInstanceUID")),
            ),
            Claim(
                "an instance without Patient ID", "200, 1 referenced, 1 with a URL", _stored(_without("PatientID"))
            ),
            Claim(
                "an instance of another study than the one in the path",
                "409, 0 referenced, 0 with a URL, failure reason 0110H",
                _stored(_new(), path=f"/dicom-web/studies/{generate_uid()}"),
            ),
            Claim(
                "metadata as JSON, bulk data apart",
                "415",
                _stored(
                    lambda _: [b"[]"],
                    "application/dicom+json",
                    f'multipart/related; type="application/dicom+json"; boundary={_BOUNDARY}',
                ),
            ),
            Claim(
                "metadata as XML, bulk data apart",
                "415",
                _stored(
                    lambda _: [b"<NativeDicomModel/>"],
                    "application/dicom+xml",
                    f'multipart/related; type="application/dicom+xml"; boundary={_BOUNDARY}',
                ),
            ),
            Claim(
                "a file by itself, `Content-Type: application/dicom`",
                "415",
                _stored(_new(), content_type="application/dicom"),
            ),
            Claim(
                "an answer as XML, `Accept: application/dicom+xml`",
                "200, `application/dicom+xml`",
                _stored(_new(), accept="application/dicom+xml"),
            ),
        ],
    ),
    Section(
        "Other transactions",
        ["request", "answer"],
        [
            Claim(
                "`DELETE /dicom-web/studies/{study}`",
                "405, the study is kept",
                _deleted(lambda _, dataset: f"/dicom-web/studies/{dataset.StudyInstanceUID}"),
            ),
            Claim("`DELETE /studies/{id}`, of Orthanc's REST API", "200, the study is gone", _deleted(_by_rest)),
            Claim(", ".join(f"`{method} {path}`" for method, path in _ABSENT), "404", _absent),
            request("/dicom-web/info", "200, `application/json`"),
            request("/dicom-web/servers", "200, 0 × `application/json`"),
        ],
    ),
]
