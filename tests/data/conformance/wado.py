"""Retrieve (WADO-RS, WADO-URI): resources, media types, parameters, limits."""

from functools import partial

import requests

from tests.data.conformance.claims import Section
from tests.data.conformance.requests import multipart, picture, ranged, request
from tests.data.files import parsed

_DICOM = 'multipart/related; type="application/dicom"'
_OCTETS = 'multipart/related; type="application/octet-stream"'
_pictured = partial(request, described=picture)
_URI = "/wado?requestType=WADO&objectUID={ct.SOPInstanceUID}"


def _numbers(answer: requests.Response) -> str:
    """Which frames came, of those that are filled with their number less one."""
    parts, whole = multipart(answer)
    numbers = [body[0] + 1 for _, body in parts]
    assert numbers == list(range(numbers[0], numbers[-1] + 1)), f"some are missing between: {numbers}"
    end = "" if whole else ", then it breaks off"
    return f"{answer.status_code}, frames {numbers[0]} to {numbers[-1]}{end}"


def _named(answer: requests.Response) -> str:
    return f"{answer.status_code}, Patient's Name {parsed(answer.content).get('PatientName', 'removed')}"


SECTIONS = [
    Section(
        "Retrieve: WADO-RS",
        ["request", "answer"],
        [
            request("{pair.study}", "200, 4 × `application/dicom`"),
            request("{pair.series}", "200, 2 × `application/dicom`"),
            request("{pair.instance}", "200, 1 × `application/dicom`"),
            request("/dicom-web/studies/1.2.3", "404"),
            request("{pair.study}/series/1.2.3", "404"),
            request("{pair.instance}", "200, 1 × `application/dicom`", accept=[_DICOM, "*/*"]),
            request(
                "{pair.instance}", "400", accept=["application/dicom", "application/zip", _OCTETS, "text/html"]
            ),
            request("{jpeg.instance}", "200, 1 × `application/dicom`", accept=f"{_DICOM}; transfer-syntax=*"),
            request("{jpeg.instance}", "400", accept=f"{_DICOM}; transfer-syntax=1.2.3"),
            request("{pair.instance}", "404", method="HEAD"),
        ],
    ),
    Section(
        "# Metadata",
        ["request", "answer"],
        [
            request("{pair.study}/metadata", "200, 4 × `application/dicom+json`"),
            request("{pair.series}/metadata", "200, 2 × `application/dicom+json`"),
            request("{pair.instance}/metadata", "200, 1 × `application/dicom+json`"),
            request("{many.study}/metadata", "200, 1000 × `application/dicom+json`"),
            request(
                "{pair.study}/metadata",
                "200, 4 × `application/dicom+xml`",
                accept='multipart/related; type="application/dicom+xml"',
            ),
            request("{pair.study}/metadata", "400", accept="text/html"),
        ],
    ),
    Section(
        "# Frames and bulk data",
        ["request", "answer"],
        [
            request(
                "{frames.instance}/frames/1",
                "200, 1 × `application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1`",
            ),
            request(
                "{frames.instance}/frames/1,3,15",
                "200, 3 × `application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1`",
            ),
            request("{frames.instance}/frames/16", "400"),
            request("{frames.instance}/frames", "200, frames 2 to 15, then it breaks off", described=_numbers),
            request("{report.instance}/frames/1", "400"),
            request("{ct.instance}/frames/1", "400", accept="application/octet-stream"),
            request(
                "{ct.instance}/frames/1",
                "200, 1 × `image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.70`",
                accept='multipart/related; type="image/jpeg"',
            ),
            request(
                "{ct.instance}/frames/1",
                "200, 1 × `image/jp2; transfer-syntax=1.2.840.10008.1.2.4.90`",
                accept='multipart/related; type="image/jp2"; transfer-syntax=1.2.840.10008.1.2.4.90',
            ),
            request(
                "{jpeg.instance}/frames/1",
                "200, 1 × `application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1`",
            ),
            request(
                "{jpeg.instance}/frames/1",
                "200, 1 × `image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.50`",
                accept=f"{_OCTETS}; transfer-syntax=*",
            ),
            request(
                "{jpeg.instance}/frames/1",
                "200, 1 × `image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.70`",
                accept='multipart/related; type="image/jpeg"',
            ),
            request(
                "{jpeg.instance}/frames/1",
                "200, 1 × `image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.50`",
                accept='multipart/related; type="image/jpeg"; transfer-syntax=1.2.840.10008.1.2.4.50',
            ),
            request("{ct.instance}/bulk/7fe00010", "200, 1 × `application/octet-stream`"),
            request("{jpeg.instance}/bulk/7fe00010", "200, 2 × `application/octet-stream`"),
            request("{ct.instance}/bulk/7fe00010", "400", accept="application/octet-stream"),
            request(
                "{ct.instance}/bulk/7fe00010",
                "200, 32 KiB, Content-Range: none",
                Range="bytes=0-9",
                described=ranged,
            ),
            request(
                "{ct.instance}/frames/1", "200, 32 KiB, Content-Range: none", Range="bytes=0-9", described=ranged
            ),
            request("{ct.instance}/bulkdata", "404"),
            request("{ct.instance}/pixeldata", "404"),
        ],
    ),
    Section(
        "# Rendered, thumbnails",
        ["request", "answer"],
        [
            _pictured("{ct.instance}/rendered", "200, `image/jpeg`, JPEG of 128 × 128"),
            _pictured("{frames.instance}/frames/2/rendered", "200, `image/jpeg`, JPEG of 8 × 8"),
            request("{pair.series}/rendered", "200, `image/jpeg`"),
            request("{pair.study}/rendered", "200, `image/jpeg`"),
            _pictured("{ct.instance}/rendered", "200, `image/png`, PNG of 128 × 128", accept="image/png"),
            _pictured("{ct.instance}/rendered", "400", accept=["image/gif", "image/jp2", "video/mp4"]),
            request("{report.instance}/rendered", "400"),
            _pictured("{ct.instance}/rendered?viewport=64,64", "200, `image/jpeg`, JPEG of 64 × 64"),
            _pictured("{ct.instance}/rendered?window=40,400,linear", "200, `image/jpeg`, JPEG of 128 × 128"),
            _pictured("{ct.instance}/rendered?window=40,400,bent", "400"),
            _pictured("{ct.instance}/rendered?quality=200", "400"),
            _pictured("{ct.instance}/rendered?annotation=patient", "200, `image/jpeg`, JPEG of 128 × 128"),
            _pictured("{ct.instance}/thumbnail", "200, `image/jpeg`, JPEG of 128 × 128"),
            _pictured("{frames.instance}/frames/2/thumbnail", "200, `image/jpeg`, JPEG of 8 × 8"),
            _pictured("{pair.series}/thumbnail", "200, `image/jpeg`, JPEG of 8 × 8"),
            _pictured("{pair.study}/thumbnail", "200, `image/jpeg`, JPEG of 8 × 8"),
        ],
    ),
    Section(
        "# WADO-URI",
        ["request", "answer"],
        [
            _pictured(_URI, "200, `image/png`, JPEG of 128 × 128"),
            _pictured(f"{_URI}&contentType=application/dicom", "200, `application/dicom`"),
            _pictured(f"{_URI}&contentType=image/jpeg", "200, `image/png`, JPEG of 128 × 128"),
            _pictured(f"{_URI}&contentType=image/png", "200, `image/png`, PNG of 128 × 128"),
            _pictured(f"{_URI}&contentType=video/mpeg", "400"),
            _pictured(f"{_URI}&contentType=image/jpeg&rows=64&columns=64", "200, `image/png`, JPEG of 128 × 128"),
            request(
                f"{_URI}&contentType=application/dicom&anonymize=yes",
                "200, Patient's Name CompressedSamples^CT1",
                described=_named,
            ),
            request("/wado?requestType=WADO&objectUID=1.2.3", "404"),
        ],
    ),
]
