"""Network services and associations: what Orthanc is, accepts and proposes."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian
from pynetdicom import build_role, evt
from pynetdicom.pdu_primitives import (
    AsynchronousOperationsWindowNegotiation,
    SOPClassExtendedNegotiation,
    UserIdentityNegotiation,
)

from tests.data.archive import SUCCESS
from tests.data.conformance.claims import Check, Claim, Section, cells, listed
from tests.data.conformance.system import System, proposed
from tests.data.modalities import FIND, PACS_PORT, SOP, listening

# Associations that are open at the same time.
AT_ONCE = 20
# Orthanc counts the seconds of an association in turns with others, so that it takes longer where there are many.
_PATIENCE_SECONDS = 240


def _services(*services: UID) -> Check:
    """What becomes of these SOP classes, which are proposed to Orthanc as SCP."""
    return lambda system: " / ".join(sorted(set(system.results(*map(proposed, services)))))


def _refused(system: System) -> str:
    results = system.results(*map(proposed, _OTHERS))
    refused = [each for each, result in zip(_OTHERS, results, strict=True) if result != "accepted"]
    return listed([each.name for each in refused])


def _model(root: str) -> list[UID]:
    operations = ("Find", "Move", "Get")
    return [getattr(SOP, f"{root}QueryRetrieveInformationModel{operation}") for operation in operations]


_OTHERS: list[UID] = [
    *_model("PatientStudyOnly"),
    *(
        getattr(SOP, name)
        for name in (
            *("CompositeInstanceRootRetrieveMove", "CompositeInstanceRootRetrieveGet"),
            "CompositeInstanceRetrieveWithoutBulkDataGet",
            "ModalityWorklistInformationFind",
            *("ModalityPerformedProcedureStep", "InstanceAvailabilityNotification"),
            *("UnifiedProcedureStepPush", "UnifiedProcedureStepPull", "UnifiedProcedureStepWatch"),
            "GeneralRelevantPatientInformationQuery",
            "HangingProtocolInformationModelFind",
            *("BasicGrayscalePrintManagementMeta", "MediaCreationManagement"),
        )
    ),
]


def _of_association(measured: Callable[[Any], Any], *contexts: Any, **more: Any) -> Check:
    def measure(system: System) -> str:
        association = system.associate(*contexts, **more)
        answer = measured(association)
        association.release()
        return str(answer)

    return measure


def _rejection(**asked: Any) -> Check:
    def measure(system: System) -> str:
        association = system.opened.associate(asked.get("title", "PACS"), called=asked.get("called", ""))
        if not association.is_rejected:
            return "accepted" if association.is_established else "no connection"
        primitive: Any = association.acceptor.primitive
        return f"{primitive.result_str}, {primitive.reason_str}"

    return measure


def _at_once(system: System) -> str:
    associations = [system.associate() for _ in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answered = sum(pool.map(lambda each: each.send_c_echo().get("Status") == SUCCESS, associations))
    for each in associations:
        each.release()
    return f"{answered} of {AT_ONCE}"


def _silent(system: System) -> str:
    association, began = system.associate(), time.monotonic()
    while association.is_established and time.monotonic() < began + _PATIENCE_SECONDS:
        time.sleep(0.2)
    took = time.monotonic() - began
    association.abort()
    return "closed, after 30 s at the earliest" if 29 <= took < _PATIENCE_SECONDS else f"after {took:.0f} s"


def _negotiated(*items: Any) -> Callable[[Any], str]:
    """Whether the acceptance has an answer to the items of this kind."""

    def measured(association: Any) -> str:
        answered = [item for item in association.acceptor.user_information if isinstance(item, items)]
        return "negotiated" if answered else "no answer: the default holds"

    return measured


def _window() -> AsynchronousOperationsWindowNegotiation:
    item = AsynchronousOperationsWindowNegotiation()
    item.maximum_number_operations_invoked = item.maximum_number_operations_performed = 8
    return item


def _relational() -> SOPClassExtendedNegotiation:
    item = SOPClassExtendedNegotiation()
    item.sop_class_uid, item.service_class_application_information = FIND, b"\x01\x01\x01"
    return item


def _user() -> UserIdentityNegotiation:
    item = UserIdentityNegotiation()
    item.user_identity_type, item.primary_field, item.secondary_field = 2, b"admin", b"wrong"
    item.positive_response_requested = True
    return item


def _role(association: Any) -> str:
    [role] = [each for each in association.accepted_contexts if each.abstract_syntax == CTImageStorage]
    return f"SCU {'yes' if role.as_scu else 'no'}, SCP {'yes' if role.as_scp else 'no'}"


def _as_requestor(measured: Callable[[Any], Any]) -> Check:
    """What Orthanc proposes when it calls a modality."""

    def measure(system: System) -> str:
        seen: list[Any] = []

        def keep(event: evt.Event) -> None:
            seen.append(measured(event.assoc.requestor))

        archive = system.archive
        with listening("PACS", (system.opened.network.near, PACS_PORT), EVT_ACCEPTED=keep):
            archive.session.post(f"{archive.url}/modalities/PACS/echo", data="{}", timeout=60).raise_for_status()
        return str(seen[0])

    return measure


def _both(acceptor: str, requestor: str, measured: Callable[[Any], Any]) -> tuple[str, Check]:
    def measure(system: System) -> str:
        return cells(
            _of_association(lambda association: measured(association.acceptor))(system),
            _as_requestor(measured)(system),
        )

    return cells(acceptor, requestor), measure


SECTIONS = [
    Section(
        "Network services",
        ["SOP class", "Orthanc as SCP"],
        [
            *(
                Claim(f"{each.name} `{each}`", "accepted", _services(each))
                for each in (
                    SOP.Verification,
                    *_model("PatientRoot"),
                    *_model("StudyRoot"),
                    SOP.StorageCommitmentPushModel,
                )
            ),
            Claim("refused", listed([each.name for each in _OTHERS]), _refused),
        ],
        "Each was proposed in explicit VR little endian. Storage has [a table of its own](#storage).",
    ),
    Section(
        "Associations",
        ["", "accepts", "proposes"],
        [
            Claim(subject, *_both(acceptor, requestor, measured))
            for subject, acceptor, requestor, measured in (
                (
                    "Implementation class UID",
                    "1.2.276.0.7230010.3.0.3.7.0",
                    "1.2.276.0.7230010.3.0.3.7.0",
                    lambda user: user.implementation_class_uid,
                ),
                (
                    "Implementation version name",
                    "OFFIS_DCMTK_370",
                    "OFFIS_DCMTK_370",
                    lambda user: user.implementation_version_name,
                ),
                ("Largest PDU that it receives, bytes", "16384", "16384", lambda user: user.maximum_length),
            )
        ],
        "The application context is DICOM's, `1.2.840.10008.3.1.1.1`.",
    ),
    Section(
        "# Negotiation",
        ["proposed to Orthanc", "answer"],
        [
            Claim(f"{AT_ONCE} associations at once, each with C-ECHO", f"{AT_ONCE} of {AT_ONCE}", _at_once),
            Claim("An association without a command", "closed, after 30 s at the earliest", _silent),
            Claim(
                "Called AE title of somebody else",
                "Rejected Permanent, Called AE title not recognised",
                _rejection(called="SOMEBODYELSE"),
            ),
            Claim(
                "Calling AE title that is not listed",
                "Rejected Permanent, Calling AE title not recognised",
                _rejection(title="STRANGER"),
            ),
            Claim(
                "Asynchronous operations window of 8",
                "no answer: the default holds",
                _of_association(_negotiated(AsynchronousOperationsWindowNegotiation), negotiate=[_window()]),
            ),
            Claim(
                "Extended negotiation of C-FIND: relational queries, combined date and time, fuzzy matching",
                "no answer: the default holds",
                _of_association(
                    _negotiated(SOPClassExtendedNegotiation), proposed(FIND), negotiate=[_relational()]
                ),
            ),
            Claim(
                "User identity with a wrong password, response requested",
                "no answer: the default holds",
                _of_association(_negotiated(UserIdentityNegotiation), negotiate=[_user()]),
            ),
            Claim(
                "Role selection for a storage SOP class: SCU and SCP",
                "SCU yes, SCP yes",
                _of_association(
                    _role,
                    (CTImageStorage, [ExplicitVRLittleEndian]),
                    negotiate=[build_role(CTImageStorage, scu_role=True, scp_role=True)],
                ),
            ),
        ],
    ),
]
