"""Keys and levels of C-FIND: what it matches, returns and computes."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import pydicom
from pydicom.datadict import dictionary_VR
from pydicom.sequence import Sequence
from pydicom.uid import UID

from tests.data.conformance.claims import Check, Claim, Section, cells, listed
from tests.data.conformance.system import System, identifier
from tests.data.files import made_up
from tests.data.modalities import FIND, SOP

PATIENT_ROOT = SOP.PatientRootQueryRetrieveInformationModelFind

# Attributes that PS3.4 (annex C.6) has as keys and others that worklists of readers show, by level.
_KEYS = {
    "PATIENT": "PatientID PatientName PatientBirthDate PatientSex OtherPatientIDs IssuerOfPatientID "
    "PatientComments EthnicGroup PatientBirthTime",
    "STUDY": "StudyInstanceUID StudyDate StudyTime AccessionNumber StudyID StudyDescription "
    "ReferringPhysicianName InstitutionName RequestedProcedureDescription RequestingPhysician "
    "NameOfPhysiciansReadingStudy PatientAge "
    "PatientSize PatientWeight Occupation AdmittingDiagnosesDescription AdditionalPatientHistory "
    "TimezoneOffsetFromUTC IssuerOfAccessionNumberSequence",
    "SERIES": "SeriesInstanceUID Modality SeriesNumber SeriesDate SeriesTime SeriesDescription BodyPartExamined "
    "ProtocolName OperatorsName PerformingPhysicianName StationName Manufacturer ManufacturerModelName "
    "PerformedProcedureStepStartDate PerformedProcedureStepStartTime PerformedProcedureStepDescription "
    "ContrastBolusAgent SequenceName Laterality RequestAttributesSequence",
    "IMAGE": "SOPInstanceUID SOPClassUID InstanceNumber AcquisitionNumber NumberOfFrames ImageComments "
    "InstanceCreationDate InstanceCreationTime ContentDate ContentTime AcquisitionDate Rows "
    "Columns BitsAllocated",
}
_VALUES: Mapping[str, Any] = {
    **{"DA": "20230405", "TM": "060708", "IS": "7", "DS": "7", "AS": "042Y", "US": 8, "CS": "KNEE"},
    **{"PN": "KEY^NAME", "SH": "+0100", "LO": "KEY", "LT": "KEY", "ST": "KEY", "UC": "KEY"},
}

# Another value than that.
_OTHERS = {"DA": "20220405", "TM": "050708", "AS": "043Y", "CS": "M", "UI": "1.2.3", "SH": "+0200", "IS": "8"}


@lru_cache
def keyed(system: System) -> pydicom.Dataset:
    """An instance that has every key."""
    dataset = made_up()
    for keyword in " ".join(_KEYS.values()).split():
        if keyword.endswith("UID") or dictionary_VR(keyword) in ("SQ", "US"):
            continue
        setattr(dataset, keyword, _VALUES[dictionary_VR(keyword)])
    dataset.PatientSex, dataset.Modality, dataset.NumberOfFrames = "F", "CT", 1
    dataset.PatientID = dataset.SOPInstanceUID[-64:]
    issuer, request = pydicom.Dataset(), pydicom.Dataset()
    issuer.UniversalEntityID, request.ScheduledProcedureStepID = "KEY", "KEY"
    dataset.IssuerOfAccessionNumberSequence = Sequence([issuer])
    dataset.RequestAttributesSequence = Sequence([request])
    system.store(dataset)
    return dataset


def _keys(level: str) -> Check:
    """The keys of the level: by which C-FIND matches, which it returns only, which it does not know."""

    def measure(system: System) -> str:
        dataset = keyed(system)
        above = {"PatientID": dataset.PatientID}
        for name, keyword in (("SERIES", "StudyInstanceUID"), ("IMAGE", "SeriesInstanceUID")):
            if list(_KEYS).index(level) >= list(_KEYS).index(name):
                above[keyword] = getattr(dataset, keyword)
        association = system.associate(PATIENT_ROOT)

        def found(keyword: str, value: Any) -> list[pydicom.Dataset]:
            asked = identifier(level, **(above | {keyword: value}))
            return [answer for _, answer in association.send_c_find(asked, PATIENT_ROOT) if answer]

        def way(keyword: str) -> str:
            value, vr = getattr(dataset, keyword), dictionary_VR(keyword)
            returned = any(answer.get(keyword) not in (None, "", []) for answer in found(keyword, None))
            if isinstance(value, Sequence):
                return "returned" if returned else "unknown"
            other = value + 1 if vr == "US" else _OTHERS.get(vr, "OTHER")
            matched = len(found(keyword, value)) == 1 and not found(keyword, other)
            return "matched" if returned and matched else "returned" if returned else "unknown"

        ways = {keyword: way(keyword) for keyword in _KEYS[level].split()}
        association.release()
        alike = [
            [key for key, is_so in ways.items() if is_so == kind] for kind in ("matched", "returned", "unknown")
        ]
        return cells(*map(listed, alike), _counted(system, level))

    return measure


_COUNTED = {
    "PATIENT": "NumberOfPatientRelatedStudies NumberOfPatientRelatedSeries NumberOfPatientRelatedInstances",
    "STUDY": "NumberOfStudyRelatedSeries NumberOfStudyRelatedInstances ModalitiesInStudy SOPClassesInStudy",
    "SERIES": "NumberOfSeriesRelatedInstances",
    "IMAGE": "InstanceAvailability",
}


def _counted(system: System, level: str) -> str:
    """What C-FIND computes, at this level, for a study of two series of two instances each."""
    dataset = system.pair.dataset
    keys = dict.fromkeys(_COUNTED[level].split(), "")
    unique = {"StudyInstanceUID": dataset.StudyInstanceUID, "SeriesInstanceUID": dataset.SeriesInstanceUID}
    above = {
        "PATIENT": {"PatientID": dataset.PatientID},
        "STUDY": {"StudyInstanceUID": unique["StudyInstanceUID"]},
    }
    answers, _ = system.find(level, PATIENT_ROOT, **(above.get(level, unique) | keys))
    first = answers[0]
    given = [f"{each} {value}" for each in keys if (value := first.get(each)) not in (None, "")]
    return listed(given)


def _status(level: str | None, model: UID = FIND, **keys: str) -> Check:
    """Results and status of C-FIND at a level."""

    def measure(system: System) -> str:
        dataset = system.pair.dataset
        asked = {
            keyword: getattr(dataset, keyword) if value == "its" else value for keyword, value in keys.items()
        }
        answers, status = system.find(level, model, **dict[str, Any](asked))
        return f"{len(answers)} results, {status:04X}H"

    return measure


def _retrieve_title(**keys: Any) -> Check:
    def measure(system: System) -> str:
        [answer], _ = system.find(StudyInstanceUID=system.pair.dataset.StudyInstanceUID, **keys)
        return (
            f"Retrieve AE Title {answer.RetrieveAETitle}" if answer.RetrieveAETitle else "Retrieve AE Title empty"
        )

    return measure


_STATES: Mapping[str, str] = {
    "PATIENT": (
        "PatientID, PatientName, PatientBirthDate, PatientSex, OtherPatientIDs | none | "
        "IssuerOfPatientID, PatientComments, EthnicGroup, PatientBirthTime | "
        "NumberOfPatientRelatedStudies 1, NumberOfPatientRelatedSeries 2, "
        "NumberOfPatientRelatedInstances 4"
    ),
    "STUDY": (
        "StudyInstanceUID, StudyDate, StudyTime, AccessionNumber, StudyID, StudyDescription, "
        "ReferringPhysicianName, InstitutionName, RequestedProcedureDescription, "
        "RequestingPhysician | TimezoneOffsetFromUTC | NameOfPhysiciansReadingStudy, PatientAge, "
        "PatientSize, PatientWeight, Occupation, AdmittingDiagnosesDescription, "
        "AdditionalPatientHistory, IssuerOfAccessionNumberSequence | NumberOfStudyRelatedSeries 2, "
        "NumberOfStudyRelatedInstances 4, ModalitiesInStudy CT, SOPClassesInStudy "
        "1.2.840.10008.5.1.4.1.1.2"
    ),
    "SERIES": (
        "SeriesInstanceUID, Modality, SeriesNumber, SeriesDate, SeriesTime, SeriesDescription, "
        "BodyPartExamined, ProtocolName, OperatorsName, StationName, Manufacturer, "
        "PerformedProcedureStepStartDate, PerformedProcedureStepStartTime, "
        "PerformedProcedureStepDescription, ContrastBolusAgent, SequenceName | none | "
        "PerformingPhysicianName, ManufacturerModelName, Laterality, RequestAttributesSequence | "
        "NumberOfSeriesRelatedInstances 2"
    ),
    "IMAGE": (
        "SOPInstanceUID, SOPClassUID, InstanceNumber, AcquisitionNumber, NumberOfFrames, "
        "ImageComments, InstanceCreationDate, InstanceCreationTime | none | ContentDate, "
        "ContentTime, AcquisitionDate, Rows, Columns, BitsAllocated | InstanceAvailability ONLINE"
    ),
}

SECTIONS = [
    Section(
        "# Keys of C-FIND",
        ["level", "matches and returns", "returns", "returns empty, finds nothing by", "computes"],
        [Claim(level, _STATES[level], _keys(level)) for level in _KEYS],
    ),
    Section(
        "# Levels of C-FIND",
        ["identifier", "answer"],
        [
            Claim("patient root, PATIENT", "1 results, 0000H", _status("PATIENT", PATIENT_ROOT, PatientID="its")),
            Claim(
                "patient root, STUDY", "1 results, 0000H", _status("STUDY", PATIENT_ROOT, StudyInstanceUID="its")
            ),
            Claim(
                "study root, PATIENT, which the model lacks",
                "1 results, 0000H",
                _status("PATIENT", PatientID="its"),
            ),
            Claim("study root, STUDY", "1 results, 0000H", _status("STUDY", StudyInstanceUID="its")),
            Claim(
                "study root, SERIES",
                "2 results, 0000H",
                _status("SERIES", StudyInstanceUID="its", SeriesInstanceUID=""),
            ),
            Claim(
                "study root, IMAGE",
                "2 results, 0000H",
                _status("IMAGE", SeriesInstanceUID="its", StudyInstanceUID="its"),
            ),
            Claim(
                "study root, IMAGE, without the study's and the series' UIDs (a relational query)",
                "1 results, 0000H",
                _status("IMAGE", SOPInstanceUID="its"),
            ),
            Claim(
                "study root, STUDY, Retrieve AE Title (0008,0054) not asked for",
                "Retrieve AE Title ORTHANC",
                _retrieve_title(),
            ),
            Claim(
                "study root, STUDY, Retrieve AE Title asked for",
                "Retrieve AE Title empty",
                _retrieve_title(RetrieveAETitle=""),
            ),
            Claim("without a level", "0 results, C000H", _status(None, StudyInstanceUID="its")),
            Claim("an unknown level", "0 results, C000H", _status("FRAME", StudyInstanceUID="its")),
        ],
    ),
]
