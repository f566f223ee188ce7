"""Transfer syntaxes: what C-STORE takes, what becomes of it, and what WADO-RS converts to."""

import re

import pydicom
import requests
from pydicom.encaps import encapsulate
from pydicom.uid import UID, AllTransferSyntaxes

from tests.data.archive import SUCCESS
from tests.data.conformance.claims import Check, Claim, Section, cells
from tests.data.conformance.requests import multipart
from tests.data.conformance.system import Stored, System, proposed
from tests.data.files import as_new_study, content, made_up, parsed

# Files in each transfer syntax, of which pydicom ships one.
_FILES = {
    "1.2.840.10008.1.2": ("MR_small_implicit.dcm", "accepted | unchanged | 200 | yes"),
    "1.2.840.10008.1.2.1": ("CT_small.dcm", "accepted | unchanged | 200 | yes"),
    "1.2.840.10008.1.2.1.99": ("image_dfl.dcm", "accepted | unchanged | 200 | yes"),
    "1.2.840.10008.1.2.2": ("MR_small_bigendian.dcm", "accepted | unchanged | 200 | yes"),
    "1.2.840.10008.1.2.4.50": ("SC_rgb_jpeg_dcmtk.dcm", "accepted | unchanged | 200 | 500"),
    "1.2.840.10008.1.2.4.51": ("JPGExtended.dcm", "accepted | unchanged | 200 | 500"),
    "1.2.840.10008.1.2.4.70": ("SC_rgb_jpeg_gdcm.dcm", "accepted | unchanged | 200 | yes"),
    "1.2.840.10008.1.2.4.80": ("MR_small_jpeg_ls_lossless.dcm", "accepted | unchanged | 200 | yes"),
    "1.2.840.10008.1.2.4.81": ("SC_rgb_jls_lossy_line.dcm", "accepted | unchanged | 200 | 500"),
    "1.2.840.10008.1.2.4.90": ("MR_small_jp2klossless.dcm", "accepted | unchanged | 200 | yes"),
    "1.2.840.10008.1.2.4.91": ("JPEG2000.dcm", "accepted | unchanged | 200 | yes"),
    "1.2.840.10008.1.2.5": ("MR_small_RLE.dcm", "accepted | unchanged | 200 | 500"),
}


def _image(syntax: UID) -> pydicom.Dataset:
    """An image in this transfer syntax; where pydicom ships none, one that nobody can decompress."""
    if syntax in _FILES:
        return as_new_study(parsed(content(_FILES[syntax][0])))
    dataset = made_up()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate([bytes(64)])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return dataset


def _syntax(syntax: UID) -> Check:
    def measure(system: System) -> str:
        dataset = _image(syntax)
        context = proposed(dataset.SOPClassUID, syntax)
        [result] = system.results(context)
        if result != "accepted":
            return cells(result, "", "", _given(system, syntax))
        association = system.associate(context, title="SCANNER")
        status = association.send_c_store(dataset)
        association.release()
        assert status.Status == SUCCESS, f"C-STORE failed with {status.Status:04X}H"
        path = Stored(dataset).instance
        asked = 'multipart/related; type="application/dicom"; transfer-syntax=*'
        [back] = _instances(system.http(path, accept=asked))
        same = back.PixelData == dataset.PixelData and back.file_meta.TransferSyntaxUID == syntax
        rendered = system.http(f"{path}/rendered").status_code if syntax in _FILES else ""
        return cells(result, "unchanged" if same else "changed", rendered, _given(system, syntax))

    return measure


# Those that only arrive and leave, by their UIDs below 1.2.840.10008.1.2.
_KINDS = {
    "JPEG Lossless, process 14 `1.2.840.10008.1.2.4.57`": (r"4\.57", "accepted | unchanged |  | yes"),
    "JPEG 2000 part 2 `…1.2.4.92`, `….93`": (r"4\.9[23]", "accepted | unchanged |  | yes"),
    "High-Throughput JPEG 2000 `…1.2.4.201` to `….203`": (r"4\.20[123]", "accepted | unchanged |  | 500"),
    "JPIP of HTJ2K `…1.2.4.204`, `….205`": (r"4\.20[45]", "refused: abstract syntax |  |  | 400"),
    "MPEG-2, H.264, H.265 `…1.2.4.100` to `….108`": (r"4\.10\d", "accepted | unchanged |  | 500"),
    "the same, fragmentable `…1.2.4.100.1` to `….106.1`": (r"4\.10\d\.1", "refused: abstract syntax |  |  | 400"),
    "SMPTE ST 2110 `…1.2.7.1` to `….3`": (r"7\.[123]", "refused: abstract syntax |  |  | 400"),
}


def _alike(pattern: str) -> Check:
    """What holds for every transfer syntax whose UID ends so."""

    def measure(system: System) -> str:
        syntaxes = [
            each for each in AllTransferSyntaxes if re.fullmatch(rf"1\.2\.840\.10008\.1\.2\.{pattern}", each)
        ]
        return " / ".join(sorted({_syntax(each)(system) for each in syntaxes}))

    return measure


def _given(system: System, syntax: UID) -> str:
    """What becomes of an uncompressed image that is asked for in this transfer syntax."""
    accept = f'multipart/related; type="application/dicom"; transfer-syntax={syntax}'
    answer = system.http(system.ct.instance, accept=accept)
    if not answer.ok:
        return str(answer.status_code)
    [given] = _instances(answer)
    return "yes" if given.file_meta.TransferSyntaxUID == syntax else f"in {given.file_meta.TransferSyntaxUID}"


def _instances(answer: requests.Response) -> list[pydicom.Dataset]:
    parts, _ = multipart(answer)
    return [parsed(part) for _, part in parts]


SECTIONS = [
    Section(
        "Transfer syntaxes",
        ["transfer syntax", "C-STORE", "kept", "rendered", "given"],
        [
            *(
                Claim(f"{UID(syntax).name} `{syntax}`", states, _syntax(UID(syntax)))
                for syntax, (_, states) in _FILES.items()
            ),
            *(Claim(kind, states, _alike(pattern)) for kind, (pattern, states) in _KINDS.items()),
        ],
        "*Kept* is what WADO-RS gives back with `transfer-syntax=*`. *Rendered* is the status of a request for "
        "the rendered image; it is empty where the tests have no such image. *Given* says whether WADO-RS gives "
        "an uncompressed image in this transfer syntax, or with which status it does not.",
    ),
]
