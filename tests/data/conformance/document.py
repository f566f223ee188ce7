"""docs/reference/conformance.md, from the claims."""

from collections.abc import Iterator, Sequence

from tests.data.conformance import (
    associations,
    character_sets,
    clients,
    keys,
    matching,
    qido,
    retrieval,
    security,
    storage,
    stow,
    transfer_syntaxes,
    wado,
)
from tests.data.conformance.claims import Claim, Section
from tests.embedded import PROJECT

DOCUMENT = PROJECT / "docs/reference/conformance.md"

SECTIONS: Sequence[Section] = [
    *security.VERSIONS,
    *associations.SECTIONS,
    *storage.SECTIONS,
    *transfer_syntaxes.SECTIONS,
    *matching.SECTIONS,
    *keys.SECTIONS,
    *retrieval.SECTIONS,
    *character_sets.SECTIONS,
    *qido.SECTIONS,
    *wado.SECTIONS,
    *stow.SECTIONS,
    *clients.SECTIONS,
    *security.SECTIONS,
    security.OVER_TLS,
]

_HEAD = """# DICOM conformance statement

What the archive accepts, returns, and rejects, in DICOM's network protocol and in DICOMweb. The form follows
PS3.2.

Each row below is the result of a test on the running system, `tests/data/dicom/test_conformance.py`, which fails
if the system behaves differently. `make conformance` writes this page from the rows.

- The tests run on the emulated AWS: two tasks, index in PostgreSQL, files on S3, edge and load balancers in front
  of the tasks, and DICOM accepted (`dicomIngress` internal). Orthanc and its DICOMweb plugin have the versions of
  the pinned image. The plugins for PostgreSQL and S3 are different there ([list of
  differences](verification.md)).
- The options that the program sets are listed below. [DICOM](dicom.md) describes who may associate and how to
  change options.
- `{study}` stands for `/dicom-web/studies/` and the study's UID, `{series}` for that, `/series/` and the
  series' UID, `{instance}` for that, `/instances/` and the instance's UID. `…` stands for a value of the same
  study. Requests are made by the user `admin` and without an `Accept` header, unless the row has one. Several
  requests in a row have the same response. `5 × type` is a response of five parts, or of five objects in JSON.
- Statuses and reasons of DICOM are hexadecimal, as in PS3.4 and PS3.7.

## At a glance

- DICOM: Verification, Storage (all standard SOP classes), Query/Retrieve of both roots, Storage Commitment. No
  worklists, MPPS, print, or UPS. Relational queries work without being negotiated.
- DICOMweb: QIDO-RS, WADO-RS, WADO-URI, STOW-RS of DICOM files. No UPS-RS, `DELETE`, capabilities, byte ranges,
  STOW-RS of metadata and bulk data, single part `application/dicom`, or `HEAD`.
- Every tested client finds a study of a thousand instances and retrieves it as a whole.

Other differences from what a client may expect:

- C-MOVE and C-GET at STUDY level with an accession number ignore the Study Instance UID: every study with that
  accession number is sent. Leave the accession number out.
- C-FIND returns an empty Retrieve AE Title (0008,0054) if the query requests it, and the correct one if it does
  not.
- If a file declares several character sets, Orthanc reads the first that is not empty. Names in katakana and
  kanji (`ISO 2022 IR 13\\ISO 2022 IR 87`) are garbled in responses; the file itself keeps them.
- The wildcard `?` does not match a non-ASCII letter; `*` does. QIDO-RS ignores the case of every attribute,
  C-FIND only that of names.
- STOW-RS returns 400 if a part is not a DICOM file, although the instances before it are stored.
- `GET {instance}/frames` without numbers omits the first frame and ends prematurely. Request frames by number.
- WADO-URI declares JPEG images as `image/png`, and ignores `rows`, `columns`, and `anonymize`.
- An unsupported media type is answered with 400, not 406; QIDO-RS then responds in JSON.
"""


def claims(*sections: Section) -> Iterator[tuple[str, Claim]]:
    """The claims of these sections, each with a name of its own."""
    for section in sections:
        for claim in section.claims:
            yield f"{section.title.lstrip('# ')}: {claim.subject}", claim


def markdown() -> str:
    """The document."""
    return "\n".join([_HEAD, *map(_chapter, SECTIONS)])


def _chapter(section: Section) -> str:
    rows = [section.columns, ["---"] * len(section.columns)]
    rows += [[claim.subject, claim.states] for claim in section.claims]
    table = [f"| {' | '.join(row)} |" for row in rows]
    level = "###" if section.title.startswith("#") else "##"
    return "\n".join(
        [f"{level} {section.title.lstrip('# ')}", "", *([section.text, ""] if section.text else []), *table, ""]
    )
