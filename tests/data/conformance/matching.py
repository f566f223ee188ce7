"""Matching: which studies C-FIND and QIDO-RS find."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from pydicom.uid import MRImageStorage

from tests.data.conformance.claims import Check, Claim, Section, cells, listed
from tests.data.conformance.system import SCOPE, Stored, System
from tests.data.files import made_up

# The studies that are searched, by what tells them apart.
_STUDIES = {
    "A": {
        "PatientID": f"{SCOPE} A",
        "PatientName": "Müller^Jörg",
        "StudyDate": "20240110",
        "StudyTime": "080000",
        "AccessionNumber": "Ab1",
    },
    "B": {
        "PatientID": f"{SCOPE} B",
        "PatientName": "MULLER^ANNA",
        "StudyDate": "20240220",
        "StudyTime": "120000",
        "AccessionNumber": "AB1",
        "Modality": "MR",
        "SOPClassUID": MRImageStorage,
    },
    "C": {
        "PatientID": f"{SCOPE} C",
        "PatientName": "Meyer^Bea",
        "StudyDate": "20240330",
        "StudyTime": "160000",
        "AccessionNumber": "",
    },
}


@lru_cache
def studies(system: System) -> Mapping[str, Stored]:
    """The searched studies, stored once."""
    stored = {
        name: made_up(StudyDescription=SCOPE, SpecificCharacterSet="ISO_IR 192", **values)
        for name, values in _STUDIES.items()
    }
    system.store(*stored.values())
    return {name: Stored(dataset) for name, dataset in stored.items()}


def _matched(**keys: str) -> Check:
    """Which of the studies C-FIND and QIDO-RS find; `{A}` in a key stands for the study's UID."""

    def measure(system: System) -> str:
        names = {stored.dataset.StudyInstanceUID: name for name, stored in studies(system).items()}
        uids = {name: uid for uid, name in names.items()}
        scoped = {"StudyDescription": SCOPE, "StudyInstanceUID": ""}
        # In the query, backslashes separate UIDs; in the URL, commas.
        dimse: dict[str, Any] = scoped | {
            keyword: value.format(**uids).replace(",", "\\") for keyword, value in keys.items()
        }
        dimse["SpecificCharacterSet"] = "ISO_IR 192"
        answers, status = system.find("STUDY", **dimse)
        by_dimse = sorted(names[each.StudyInstanceUID] for each in answers)
        web = {keyword: value.format(**uids) for keyword, value in keys.items()}
        answer = system.http(f"/dicom-web/studies?{urlencode({'StudyDescription': SCOPE} | web)}")
        if answer.ok:
            by_web = listed(sorted(names[each["0020000D"]["Value"][0]] for each in answer.json()))
        else:
            by_web = str(answer.status_code)
        return cells(listed(by_dimse) if status == 0 else f"{status:04X}H", by_web)

    return measure


_MATCHING: tuple[tuple[str, dict[str, str], str], ...] = (
    ("single value", {"PatientName": "MULLER^ANNA"}, "B | B"),
    ("single value in another case, a name", {"PatientName": "muller^anna"}, "B | B"),
    ("single value in another case, another attribute", {"AccessionNumber": "Ab1"}, "A | A, B"),
    ("single value without the accents", {"PatientName": "Muller^Jorg"}, "none | none"),
    ("single value with another letter beyond ASCII", {"PatientName": "Möller^Jörg"}, "none | none"),
    ("wildcard *", {"PatientName": "M*ller*"}, "A, B | A, B"),
    ("wildcard ?, for a letter beyond ASCII as well", {"PatientName": "M?ller^*"}, "B | B"),
    ("universal", {"PatientName": "*"}, "A, B, C | A, B, C"),
    ("no value", {"AccessionNumber": ""}, "A, B, C | A, B, C"),
    ("list of UIDs", {"StudyInstanceUID": "{A},{C}"}, "A, C | A, C"),
    ("list of other values", {"AccessionNumber": "Ab1,AB1"}, "A, B | A, B"),
    ("range of dates", {"StudyDate": "20240101-20240229"}, "A, B | A, B"),
    ("range of dates without an end", {"StudyDate": "20240220-"}, "B, C | B, C"),
    ("range of dates without a beginning", {"StudyDate": "-20240220"}, "A, B | A, B"),
    ("range of times", {"StudyTime": "1000-1700"}, "B, C | B, C"),
    ("dates and times, each by itself", {"StudyDate": "20240110-20240330", "StudyTime": "1000-1300"}, "B | B"),
    ("modalities in the study", {"ModalitiesInStudy": "MR"}, "B | B"),
    ("an attribute that is not in the index", {"PatientAge": "042Y"}, "none | none"),
)

SECTIONS = [
    Section(
        "Matching",
        ["matching", "key", "C-FIND finds", "QIDO-RS finds"],
        [
            Claim(
                f"{kind} | " + ", ".join(f"`{key}={value}`" for key, value in keys.items()),
                states,
                _matched(**keys),
            )
            for kind, keys, states in _MATCHING
        ],
        "Three studies were searched. A: Müller^Jörg, 10 January 2024, 8:00, accession number Ab1, CT. "
        "B: MULLER^ANNA, 20 February, 12:00, AB1, MR. C: Meyer^Bea, 30 March, 16:00, no accession number, CT. "
        "In C-FIND, backslashes stand for the commas.",
    ),
]
