"""DICOM through the network load balancer: who may associate with Orthanc, from where, and what each may do."""

import socket
import subprocess
import threading

import pydicom
import pytest
from pydicom.uid import CTImageStorage, generate_uid
from pynetdicom import evt

from components.monitoring import alarm_definitions
from tests.data.archive import SUCCESS
from tests.data.files import made_up
from tests.data.modalities import (
    FIND,
    GET,
    MOVE,
    PACS_PORT,
    PRIVATE_SOP_CLASS,
    SCANNER_PORT,
    SOP,
    UNLISTED_PORT,
    Opened,
    keep_in,
    listening,
    new_ct,
    query,
)

PENDING = 0xFF00


@pytest.mark.parametrize(
    ("title", "called", "address", "let_in"),
    [
        pytest.param("SCANNER", "", "near", True, id="a listed title from its address"),
        pytest.param("THIRD", "", "far", True, id="another listed title from its own"),
        pytest.param("STRANGER", "", "near", False, id="an unknown calling title"),
        pytest.param("SCANNER", "SOMEBODYELSE", "near", False, id="a wrong called title"),
        pytest.param("SCANNER", "", "far", False, id="a listed title from another modality's address"),
        pytest.param("SCANNER", "", "outside", False, id="an address that is not allowed"),
    ],
)
def test_who_gets_an_association(opened: Opened, title: str, called: str, address: str, let_in: bool):
    association = opened.associate(title, called=called, address=getattr(opened.network, address))
    assert association.is_established is let_in
    # Orthanc rejects titles; of an address that is not allowed it does not even hear.
    assert association.is_rejected is (not let_in and address != "outside")
    if let_in:
        assert association.send_c_echo().Status == SUCCESS
        association.release()


def test_what_is_stored_is_found_and_retrieved(opened: Opened):
    sent, received = new_ct(), []
    assert opened.store(sent) == SUCCESS
    association = opened.associate("PACS", FIND, GET, CTImageStorage, keep=keep_in(received))
    [(status, found), (last, _)] = list(association.send_c_find(query(sent), FIND))
    assert (status.Status, last.Status) == (PENDING, SUCCESS)
    assert found and found.StudyInstanceUID == sent.StudyInstanceUID
    *_, (status, _) = list(association.send_c_get(query(sent), GET))
    association.release()
    assert status.Status == SUCCESS and [back.SOPInstanceUID for back in received] == [sent.SOPInstanceUID]


def test_a_study_is_moved_to_a_listed_modality(opened: Opened):
    sent, received = new_ct(), []
    assert opened.store(sent) == SUCCESS
    where = (opened.network.near, PACS_PORT)
    with listening("PACS", where, CTImageStorage, EVT_C_STORE=keep_in(received)):
        association = opened.associate("PACS", MOVE)
        *_, (status, _) = list(association.send_c_move(query(sent), "PACS", MOVE))
        association.release()
    assert status.Status == SUCCESS, "the task does not reach the PACS; does a firewall here stop containers?"
    [back] = received
    assert back == pydicom.Dataset(sent)


@pytest.mark.parametrize("destination", ["STRANGER", "THIRD"])
def test_a_study_is_moved_nowhere_else(opened: Opened, destination: str):
    """A title that is not listed; one where nobody listens."""
    sent = new_ct()
    assert opened.store(sent) == SUCCESS
    association = opened.associate("PACS", MOVE)
    *_, (status, _) = list(association.send_c_move(query(sent), destination, MOVE))
    association.release()
    assert status.get("Status") != SUCCESS


def test_a_modality_does_only_what_it_may(opened: Opened):
    assert opened.store(new_ct(), "PACS") != SUCCESS, "the PACS may not store"
    association = opened.associate("SCANNER", FIND)
    answers = list(association.send_c_find(query(new_ct()), FIND)) if association.is_established else []
    assert SUCCESS not in [status.get("Status") for status, _ in answers], "the scanner may not search"
    assert not opened.is_let_in("SCANNER", address=opened.network.outside)


def test_a_private_sop_class_is_refused_until_a_setting_takes_it(opened: Opened):
    assert opened.store(made_up()) == SUCCESS
    assert opened.store(made_up(SOPClassUID=PRIVATE_SOP_CLASS)) is None


def test_storage_is_committed_to_the_scanner(opened: Opened):
    sent, reported = new_ct(), threading.Event()
    assert opened.store(sent) == SUCCESS
    item, action = pydicom.Dataset(), pydicom.Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sent.SOPClassUID, sent.SOPInstanceUID
    action.TransactionUID, action.ReferencedSOPSequence = generate_uid(), [item]

    def report(event: evt.Event) -> tuple[int, None]:
        committed = event.event_information.ReferencedSOPSequence
        assert [each.ReferencedSOPInstanceUID for each in committed] == [sent.SOPInstanceUID]
        reported.set()
        return SUCCESS, None

    where = (opened.network.near, SCANNER_PORT)
    with listening("SCANNER", where, SOP.StorageCommitmentPushModel, EVT_N_EVENT_REPORT=report):
        association = opened.associate("SCANNER", SOP.StorageCommitmentPushModel)
        well_known = SOP.StorageCommitmentPushModelInstance
        status, _ = association.send_n_action(action, 1, SOP.StorageCommitmentPushModel, well_known)
        association.release()
        assert status.Status == SUCCESS
        assert reported.wait(30), "a scanner that waits for it never deletes its images"


def test_a_task_calls_nobody_but_the_listed_modalities(opened: Opened):
    """Even if an administrator tells it to: the security group lets it out to the listed ports alone."""
    archive, near = opened.archive, opened.network.near
    unlisted = {"AET": "UNLISTED", "Host": near, "Port": UNLISTED_PORT}
    archive.session.put(f"{archive.url}/modalities/UNLISTED", json=unlisted, timeout=30).raise_for_status()
    with listening("PACS", (near, PACS_PORT)), listening("UNLISTED", (near, UNLISTED_PORT)):
        answers = [
            archive.session.post(f"{archive.url}/modalities/{name}/echo", json={"Timeout": 10}, timeout=60).ok
            for name in ("PACS", "UNLISTED")
        ]
    assert answers == [True, False], "images can be sent to whoever is told to a task"


def test_tasks_take_turns(opened: Opened):
    """One of two is told of a further modality: every other association of it is let in."""
    archive, [one, _] = opened.archive, opened.archive.tasks()
    modality = {"AET": "HALF", "Host": opened.network.near, "Port": 104}
    url = f"{archive.direct_url(one['name'])}/modalities/HALF"
    archive.session.put(url, json=modality, timeout=30, verify=False).raise_for_status()
    assert sorted(opened.is_let_in("HALF") for _ in range(4)) == [False, False, True, True]


def test_a_silent_connection_blocks_one_task_and_its_log_tells(opened: Opened):
    """DCMTK waits 30 s for its first word and takes no other connection meanwhile. No setting changes that."""
    tasks = [task["name"] for task in opened.archive.tasks()]
    line = alarm_definitions.SILENT_CONNECTION.strip('"')

    def told() -> int:
        return sum(logged(task).count(line) for task in tasks)

    before, port = told(), opened.archive.embedded.status()["dicom"]["port"]
    with socket.create_connection(("127.0.0.1", port), source_address=(opened.network.near, 0)):
        assert opened.is_let_in("SCANNER"), "the other task, whose turn it is, waits as well"
        assert told() == before, "it was this task's turn"
        assert opened.is_let_in("SCANNER", patience=120), "its task never takes an association again"
    assert told() == before + 1, "the alarm waits for another line than Orthanc writes"


def test_health_checks_leave_no_error_in_the_log(opened: Opened):
    """The balancers have asked for half a minute by now."""
    for task in opened.archive.tasks():
        assert "invalid AET (sanitized: )" not in logged(task["name"]), "an error for each check of the DICOM port"


def logged(task: str) -> str:
    """What the container has written so far."""
    return subprocess.run(["docker", "logs", task], capture_output=True, text=True, check=True).stderr
