"""Storage: SOP classes, statuses, transfer syntaxes, storage commitment."""

import threading
from collections.abc import Callable

import pydicom
from pydicom.uid import (
    UID,
    CTImageStorage,
    MRImageStorage,
    generate_uid,
)
from pynetdicom import evt, sop_class

from tests.data.archive import SUCCESS
from tests.data.conformance.claims import Check, Claim, Section, listed
from tests.data.conformance.system import System, proposed
from tests.data.files import made_up
from tests.data.modalities import PRIVATE_SOP_CLASS, SCANNER_PORT, SOP, listening

STORAGE = sorted(UID(each) for each in sop_class._STORAGE_CLASSES.values())


def _shown(sop_class: UID) -> str:
    return f"{sop_class.name.removesuffix(' Storage')} `{sop_class}`"


def _storage(accepted: bool) -> Check:
    def measure(system: System) -> str:
        results = system.results(*map(proposed, STORAGE))
        alike = [each for each, result in zip(STORAGE, results, strict=True) if (result == "accepted") is accepted]
        return listed(list(map(_shown, alike)))

    return measure


def _c_store(change: Callable[[pydicom.Dataset], object], title: str = "SCANNER", again: bool = False) -> Check:
    """The status of C-STORE for a CT image with a change that is made after the association has been accepted."""

    def measure(system: System) -> str:
        dataset = made_up()
        association = system.associate(proposed(CTImageStorage), proposed(MRImageStorage), title=title)
        if again:
            association.send_c_store(dataset)
        change(dataset)
        status = association.send_c_store(dataset)
        association.abort()
        return f"{status.Status:04X}H" if "Status" in status else "aborted"

    return measure


def _committed(*changes: Callable[[pydicom.Dataset], object]) -> Check:
    """The status of N-ACTION, and what is then reported, for a stored CT image after changes of its reference."""

    def measure(system: System) -> str:
        sent, item, action = made_up(), pydicom.Dataset(), pydicom.Dataset()
        system.store(sent)
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sent.SOPClassUID, sent.SOPInstanceUID
        for change in changes:
            change(item)
        action.TransactionUID, action.ReferencedSOPSequence = generate_uid(), [item]
        reports: list[str] = []
        reported = threading.Event()

        def report(event: evt.Event) -> tuple[int, None]:
            failed = event.event_information.get("FailedSOPSequence", [])
            reasons = "".join(f", failure reason {each.FailureReason:04X}H" for each in failed)
            reports.append(f"event type {event.event_type}{reasons}")
            reported.set()
            return SUCCESS, None

        push, where = SOP.StorageCommitmentPushModel, (system.opened.network.near, SCANNER_PORT)
        with listening("SCANNER", where, push, EVT_N_EVENT_REPORT=report):
            association = system.associate(proposed(push), title="SCANNER")
            status, _ = association.send_n_action(action, 1, push, SOP.StorageCommitmentPushModelInstance)
            association.release()
            assert reported.wait(60), "nothing is reported"
        return f"{status.Status:04X}H, {reports[0]}"

    return measure


def _private(system: System) -> str:
    return system.results(proposed(UID(PRIVATE_SOP_CLASS)))[0]


def _nothing(dataset: pydicom.Dataset) -> None:
    pass


def _set(**values: object) -> Callable[[pydicom.Dataset], None]:
    def change(dataset: pydicom.Dataset) -> None:
        for keyword, value in values.items():
            if value is None:
                delattr(dataset, keyword)
            else:
                setattr(dataset, keyword, value)

    return change


SECTIONS = [
    Section(
        "Storage",
        ["SOP classes", "which"],
        [
            Claim("accepted", listed(list(map(_shown, STORAGE))), _storage(True)),
            Claim("refused: abstract syntax", "none", _storage(False)),
            Claim("private, such as `1.3.12.2.1107.5.9.1`", "refused: abstract syntax", _private),
        ],
        "These are all storage SOP classes that pynetdicom knows.",
    ),
    Section(
        "# Statuses of C-STORE",
        ["instance", "status"],
        [
            Claim("new", "0000H", _c_store(_nothing)),
            Claim("stored before, unchanged", "0000H", _c_store(_nothing, again=True)),
            Claim("stored before, corrected", "0000H", _c_store(_set(PatientName="CORRECTED"), again=True)),
            Claim("without Patient ID", "0000H", _c_store(_set(PatientID=None))),
            Claim("without Study Instance UID", "A700H", _c_store(_set(StudyInstanceUID=None))),
            Claim("from a modality that may not store", "aborted", _c_store(_nothing, title="PACS")),
        ],
    ),
    Section(
        "# Storage commitment",
        ["reference", "N-ACTION, N-EVENT-REPORT"],
        [
            Claim("a stored instance", "0000H, event type 1", _committed()),
            Claim(
                "an instance that is not stored",
                "0000H, event type 2, failure reason 0112H",
                _committed(_set(ReferencedSOPInstanceUID=generate_uid())),
            ),
            Claim(
                "a stored instance under another SOP class",
                "0000H, event type 2, failure reason 0119H",
                _committed(_set(ReferencedSOPClassUID=MRImageStorage)),
            ),
        ],
    ),
]
