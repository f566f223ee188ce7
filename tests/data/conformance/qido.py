"""Search (QIDO-RS): resources, parameters, media types."""

from collections.abc import Mapping

import requests
from pydicom.datadict import keyword_for_tag

from tests.data.conformance.claims import Check, Claim, Section, listed
from tests.data.conformance.keys import keyed
from tests.data.conformance.requests import answered, request
from tests.data.conformance.system import MANY, Stored, System

JSON = "application/dicom+json"
_ONE = "/dicom-web/studies?StudyInstanceUID={pair.StudyInstanceUID}"
_MANY = "{many.series}/instances"


def _warned(answer: requests.Response) -> str:
    return f"{answered(answer)}, Warning: {answer.headers.get('Warning', 'none')}"


def _has(tag: str, name: str) -> object:
    def described(answer: requests.Response) -> str:
        if not answer.ok:
            return str(answer.status_code)
        first = answer.json()[0]
        values = first.get(tag, {}).get("Value")
        return f"{answer.status_code}, {name} {'returned' if values else 'not returned'}"

    return described


def _included(parameters: str, tag: str, name: str, states: str) -> Claim:
    return request(f"{_ONE}&{parameters}", states, described=_has(tag, name))  # type: ignore[arg-type]


_RETURNED: Mapping[str, str] = {
    "/dicom-web/studies": (
        "AccessionNumber, ModalitiesInStudy, NumberOfStudyRelatedInstances, "
        "NumberOfStudyRelatedSeries, PatientBirthDate, PatientID, PatientName, PatientSex, "
        "ReferringPhysicianName, RetrieveURL, SpecificCharacterSet, StudyDate, StudyID, "
        "StudyInstanceUID, StudyTime, TimezoneOffsetFromUTC"
    ),
    "{study}/series": (
        "AccessionNumber, Modality, NumberOfSeriesRelatedInstances, PatientBirthDate, PatientID, "
        "PatientName, PatientSex, PerformedProcedureStepStartDate, PerformedProcedureStepStartTime,"
        " ReferringPhysicianName, RequestAttributesSequence, RetrieveURL, SeriesDescription, "
        "SeriesInstanceUID, SeriesNumber, SpecificCharacterSet, StudyDate, StudyID, "
        "StudyInstanceUID, StudyTime, TimezoneOffsetFromUTC"
    ),
    "{series}/instances": (
        "AccessionNumber, InstanceAvailability, InstanceNumber, Modality, NumberOfFrames, "
        "PatientBirthDate, PatientID, PatientName, PatientSex, PerformedProcedureStepStartDate, "
        "PerformedProcedureStepStartTime, ReferringPhysicianName, RequestAttributesSequence, "
        "RetrieveURL, SOPClassUID, SOPInstanceUID, SeriesDescription, SeriesInstanceUID, "
        "SeriesNumber, SpecificCharacterSet, StudyDate, StudyID, StudyInstanceUID, StudyTime, "
        "TimezoneOffsetFromUTC"
    ),
}


def _attributes(path: str) -> Check:
    """The attributes that QIDO-RS returns when it is not asked for any."""

    def measure(system: System) -> str:
        dataset = keyed(system)
        [answer] = system.http(path.format(keyed=Stored(dataset))).json()
        return listed(sorted(keyword_for_tag(tag) for tag in answer))

    return measure


SECTIONS = [
    Section(
        "Search: QIDO-RS",
        ["request", "answer"],
        [
            request(_ONE, "200, 1 × `application/dicom+json`"),
            request("{pair.study}/series", "200, 2 × `application/dicom+json`"),
            request("{pair.study}/instances", "200, 4 × `application/dicom+json`"),
            request("{pair.series}/instances", "200, 2 × `application/dicom+json`"),
            request(
                "/dicom-web/series?SeriesInstanceUID={pair.SeriesInstanceUID}", "200, 1 × `application/dicom+json`"
            ),
            request(
                "/dicom-web/instances?SOPInstanceUID={pair.SOPInstanceUID}", "200, 1 × `application/dicom+json`"
            ),
            request("/dicom-web/patients", "404"),
            request("/dicom-web/studies?StudyInstanceUID=1.2.3", "200, 0 × `application/dicom+json`"),
            request(_ONE, "404", method="HEAD"),
            request(_ONE, "405", method="PUT"),
        ],
        "The study has two series of two instances each.",
    ),
    Section(
        "# Parameters of QIDO-RS",
        ["request", "answer"],
        [
            request(_MANY, "200, 1000 × `application/dicom+json`, Warning: none", described=_warned),
            request(f"{_MANY}?limit=10", "200, 10 × `application/dicom+json`, Warning: none", described=_warned),
            request(f"{_MANY}?limit=10&offset={MANY - 4}", "200, 4 × `application/dicom+json`"),
            request(f"{_MANY}?limit=all", "400"),
            request(f"{_MANY}?limit=-1", "200, 1000 × `application/dicom+json`"),
            _included("includefield=00081030", "00081030", "Study Description", "200, Study Description returned"),
            _included("includefield=all", "00081010", "Station Name", "200, Station Name not returned"),
            request(f"{_ONE}&fuzzymatching=true", "200, 1 × `application/dicom+json`"),
            request(f"{_ONE}&fuzzymatching=perhaps", "400"),
            request(f"{_ONE}&00100020={{pair.PatientID}}", "200, 1 × `application/dicom+json`"),
            request(f"{_ONE}&NoSuchAttribute=1", "200, 1 × `application/dicom+json`"),
            request(
                "{pair.study}/series?RequestAttributesSequence.ScheduledProcedureStepID=1",
                "200, 2 × `application/dicom+json`",
            ),
        ],
        "A parameter that Orthanc does not know is ignored, and so is a query for an attribute of a sequence.",
    ),
    Section(
        "# Media types of QIDO-RS",
        ["request", "answer"],
        [
            request(
                _ONE,
                "200, 1 × `application/dicom+json`",
                accept=[JSON, "application/json", "*/*", f"{JSON}, application/json"],
            ),
            request(
                _ONE,
                "200, 1 × `application/dicom+xml`",
                accept=['multipart/related; type="application/dicom+xml"', "application/dicom+xml"],
            ),
            request(_ONE, "200, 1 × `application/dicom+json`", accept="text/html"),
        ],
    ),
    Section(
        "# Attributes that QIDO-RS returns",
        ["request", "attributes"],
        [
            Claim(f"`GET {shown}`", _RETURNED[shown], _attributes(path))
            for shown, path in (
                ("/dicom-web/studies", "/dicom-web/studies?StudyInstanceUID={keyed.dataset.StudyInstanceUID}"),
                ("{study}/series", "{keyed.study}/series"),
                ("{series}/instances", "{keyed.series}/instances"),
            )
        ],
    ),
]
