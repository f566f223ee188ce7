"""Retrieval: C-MOVE and C-GET, by what they take, their statuses, and what arrives."""

from collections.abc import Callable
from typing import Any

import pydicom
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    MRImageStorage,
    generate_uid,
)
from pynetdicom import build_role

from tests.data.conformance.claims import Check, Claim, Section, cells
from tests.data.conformance.matching import studies
from tests.data.conformance.system import System, identifier, proposed
from tests.data.files import made_up
from tests.data.modalities import GET, MOVE, PACS_PORT, SOP, keep_in, listening

Keys = Callable[[System], dict[str, Any]]
PATIENT_MOVE = SOP.PatientRootQueryRetrieveInformationModelMove
PATIENT_GET = SOP.PatientRootQueryRetrieveInformationModelGet


def ended(answers: list[Any], received: list[pydicom.Dataset]) -> str:
    """What has arrived, and how the operation ended."""
    *_, (status, _) = answers
    failed = status.get("NumberOfFailedSuboperations", 0)
    end = f"{status.Status:04X}H" if "Status" in status else "aborted"
    return f"{len(received)} received, {end}" + (f", {failed} failed" if failed else "")


def moved(
    system: System,
    level: str | None,
    keys: dict[str, Any],
    model: UID = MOVE,
    destination: str = "PACS",
    accepts: Any = (CTImageStorage,),
) -> tuple[list[Any], list[pydicom.Dataset]]:
    """The responses to C-MOVE, and the data sets that the destination was sent."""
    received: list[pydicom.Dataset] = []
    with listening("PACS", (system.opened.network.near, PACS_PORT), *accepts, EVT_C_STORE=keep_in(received)):
        answers = system.operation(
            model,
            lambda association, asked, model: association.send_c_move(asked, destination, model),
            identifier(level, **keys),
        )
    return answers, received


def got(
    system: System, level: str | None, keys: dict[str, Any], model: UID = GET, takes: bool = True
) -> tuple[list[Any], list[pydicom.Dataset]]:
    """The responses to C-GET, and the data sets that came with it."""
    received: list[pydicom.Dataset] = []
    offered = (proposed(CTImageStorage),) if takes else ()
    association = system.associate(
        model,
        *offered,
        negotiate=[build_role(CTImageStorage, scp_role=True)] if takes and model != GET else [],
        keep=keep_in(received),
    )
    answers = list(association.send_c_get(identifier(level, **keys), model))
    association.release()
    return answers, received


def _both(level: str | None, keys: Keys, move: UID = MOVE, get: UID = GET) -> Check:
    def measure(system: System) -> str:
        return cells(
            ended(*moved(system, level, keys(system), move)), ended(*got(system, level, keys(system), get))
        )

    return measure


def _its(*keywords: str) -> Keys:
    """Keys of a study of two series of two instances each."""
    return lambda system: {keyword: getattr(system.pair.dataset, keyword) for keyword in keywords}


def _patient(system: System) -> dict[str, Any]:
    return {"PatientID": studies(system)["A"].dataset.PatientID}


def _two_studies(system: System) -> dict[str, Any]:
    return {"StudyInstanceUID": [studies(system)[name].dataset.StudyInstanceUID for name in "AC"]}


def _by_accession_number(shared: bool) -> Check:
    """The UID of one study, and the accession number of another, which the first one may share."""

    def measure(system: System) -> str:
        number = generate_uid()[-16:]
        one, other = made_up(AccessionNumber=number if shared else ""), made_up(AccessionNumber=number)
        system.store(one, other)
        keys = {"StudyInstanceUID": one.StudyInstanceUID, "AccessionNumber": number}
        names = {one.StudyInstanceUID: "the one of the UID", other.StudyInstanceUID: "the other"}
        ways = (moved(system, "STUDY", keys), got(system, "STUDY", keys))
        return cells(*(" and ".join(sorted(names[each.StudyInstanceUID] for each in came)) for _, came in ways))

    return measure


def _destination(title: str, accepts: UID = CTImageStorage) -> Check:
    def measure(system: System) -> str:
        keys = _its("StudyInstanceUID")(system)
        return ended(*moved(system, "STUDY", keys, destination=title, accepts=[accepts]))

    return measure


def _converted(stored: Callable[[System], Any], *syntaxes: UID) -> Check:
    """What a destination gets that takes these transfer syntaxes only."""

    def measure(system: System) -> str:
        dataset = stored(system).dataset
        answers, received = moved(
            system,
            "STUDY",
            {"StudyInstanceUID": dataset.StudyInstanceUID},
            accepts=[proposed(dataset.SOPClassUID, *syntaxes)],
        )
        return ended(answers, received)

    return measure


SECTIONS = [
    Section(
        "Retrieval",
        ["identifier", "C-MOVE", "C-GET"],
        [
            Claim(
                "PATIENT, patient root",
                "1 received, 0000H | 1 received, 0000H",
                _both("PATIENT", _patient, PATIENT_MOVE, PATIENT_GET),
            ),
            Claim("STUDY", "4 received, 0000H | 4 received, 0000H", _both("STUDY", _its("StudyInstanceUID"))),
            Claim(
                "SERIES",
                "2 received, 0000H | 2 received, 0000H",
                _both("SERIES", _its("StudyInstanceUID", "SeriesInstanceUID")),
            ),
            Claim(
                "IMAGE",
                "1 received, 0000H | 1 received, 0000H",
                _both("IMAGE", _its("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")),
            ),
            Claim(
                "STUDY, two UIDs, each of one instance",
                "2 received, 0000H | 2 received, 0000H",
                _both("STUDY", _two_studies),
            ),
            Claim(
                "STUDY, a UID that is not stored",
                "0 received, C000H | 0 received, C000H",
                _both("STUDY", lambda _: {"StudyInstanceUID": "1.2.3"}),
            ),
            Claim("STUDY, without a UID", "0 received, C000H | 0 received, C000H", _both("STUDY", lambda _: {})),
            Claim(
                "without a level", "4 received, 0000H | 0 received, C000H", _both(None, _its("StudyInstanceUID"))
            ),
            Claim(
                "STUDY, the UID of one study, the accession number of another",
                "the other | the other",
                _by_accession_number(False),
            ),
            Claim(
                "STUDY, the UID of one study, an accession number of two",
                "the one of the UID and the other | the one of the UID and the other",
                _by_accession_number(True),
            ),
        ],
        "The study has two series of two instances each.",
    ),
    Section(
        "# Destinations and transfer syntaxes of C-MOVE",
        ["destination", "answer"],
        [
            Claim("a title that is not listed", "0 received, C000H", _destination("STRANGER")),
            Claim("a listed modality that nobody answers for", "0 received, C000H", _destination("THIRD")),
            Claim(
                "takes implicit VR little endian only; the image is explicit",
                "1 received, 0000H",
                _converted(lambda system: system.ct, ImplicitVRLittleEndian),
            ),
            Claim(
                "takes explicit VR little endian only; the image is JPEG Baseline",
                "1 received, 0000H",
                _converted(lambda system: system.jpeg, ExplicitVRLittleEndian),
            ),
            Claim(
                "takes no context for the image's SOP class",
                "0 received, C000H",
                _destination("PACS", MRImageStorage),
            ),
        ],
    ),
]
