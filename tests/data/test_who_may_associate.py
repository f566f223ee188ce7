"""DICOM through the network load balancer: who may associate with Orthanc, from where, and what each may do.

The modalities are in this process. Their addresses are this machine's ends of docker networks, which a task sees
as they are; a firewall of this machine must let containers reach them.
"""

import contextlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pydicom
import pytest
from pydicom.uid import CTImageStorage, generate_uid
from pynetdicom import AE, build_role, evt, sop_class
from pynetdicom.association import Association

from components import metrics
from local.images import docker
from local.runner import containers
from tests.certificates import imported
from tests.data.archive import REJECTIONS, SUCCESS, Archive
from tests.data.files import as_new_study, content, parsed

PENDING = 0xFF00
CERTIFIED = "dicom.hospital.example.org"
SOP: Any = sop_class  # which makes its names when they are asked for
FIND, MOVE, GET = (
    getattr(SOP, f"StudyRootQueryRetrieveInformationModel{what}") for what in ("Find", "Move", "Get")
)
# Where modalities listen, in this test; nothing is published there.
SCANNER_PORT, PACS_PORT, UNLISTED_PORT = 11114, 11113, 11115


class Network(NamedTuple):
    """This machine's addresses: `near` is scanner's and PACS's, `far` a third modality's, `outside` nobody's."""

    near: str
    far: str
    outside: str


class Opened(NamedTuple):
    """The deployment with DICOM let in."""

    archive: Archive
    network: Network

    def associate(
        self,
        title: str,
        *contexts: Any,
        called: str = "",
        address: str = "",
        tls: ssl.SSLContext | None = None,
        keep: Callable[[evt.Event], int] | None = None,
        patience: float = 30,
    ) -> Association:
        """An association as `title`, which may be refused; `keep` takes what C-GET brings."""
        entity = AE(ae_title=title)
        entity.acse_timeout = entity.dimse_timeout = patience
        for context in contexts or (SOP.Verification,):
            entity.add_requested_context(context)
        roles = [build_role(CTImageStorage, scp_role=True)] if GET in contexts else []
        dicom = self.archive.embedded.status()["dicom"]
        return entity.associate(
            dicom["host"],
            dicom["port"],
            ae_title=called or dicom["aet"],
            bind_address=(address or self.network.near, 0),
            tls_args=(tls, CERTIFIED) if tls else None,  # type: ignore[arg-type]
            ext_neg=roles,
            evt_handlers=[REJECTIONS, *([(evt.EVT_C_STORE, keep)] if keep else [])],
        )

    def is_let_in(self, title: str, **more: Any) -> bool:
        """Whether C-ECHO succeeds."""
        association = self.associate(title, **more)
        if not association.is_established:
            return False
        status = association.send_c_echo()
        association.release()
        return status.get("Status") == SUCCESS

    def store(self, dataset: pydicom.Dataset, title: str = "SCANNER", **more: Any) -> int | None:
        """C-STORE; its status, None where Orthanc gives none."""
        association = self.associate(title, CTImageStorage, **more)
        assert association.is_established
        status = association.send_c_store(dataset)
        association.release()
        return status.get("Status")


@pytest.fixture(scope="module")
def opened(on_s3: Archive) -> Iterator[Opened]:
    """DICOM let in to three modalities; it stays so, this file is the last that uses the deployment."""
    place = on_s3.embedded.place
    names = [f"{place.slug}-{name}" for name in ("far", "outside")]
    try:
        for name in names:
            # Otherwise docker puts another address in place of the sender's.
            plain = "--opt=com.docker.network.bridge.enable_ip_masquerade=false"
            docker("network", "create", f"--label=orthanc.place={place.slug}", plain, name)
        ends = [docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", n) for n in names]
        network = Network(containers.gateway(place), *ends)
        on_s3.embedded.configure(
            dicomIngress="internal",
            dicomAllowedCidrs=[f"{network.near}/32", f"{network.far}/32"],
            dicomModalities=[
                modality("SCANNER", network.near, SCANNER_PORT, "echo", "store", "storageCommitment"),
                modality("PACS", network.near, PACS_PORT, "echo", "find", "get", "move"),
                modality("THIRD", network.far, 104, "echo"),
            ],
        )
        on_s3.embedded.changes()
        yield Opened(on_s3, network)
    finally:
        for name in names:
            containers.remove("network", name)


def modality(aet: str, host: str, port: int, *allow: str) -> dict[str, Any]:
    return {"aet": aet, "host": host, "port": port, "allow": list(allow)}


@contextlib.contextmanager
def listening(
    title: str, address: tuple[str, int], *contexts: Any, **handlers: Callable[..., Any]
) -> Iterator[None]:
    """A modality that takes associations; `handlers` by the name of pynetdicom's event."""
    entity = AE(ae_title=title)
    for context in (SOP.Verification, *contexts):
        entity.add_supported_context(context, scu_role=True, scp_role=True)
    bound = [(getattr(evt, name), handler) for name, handler in handlers.items()]
    server = entity.start_server(address, block=False, evt_handlers=bound)  # type: ignore[arg-type]
    assert server
    try:
        yield
    finally:
        server.shutdown()


def new_ct() -> pydicom.Dataset:
    dataset = as_new_study(parsed(content("CT_small.dcm")))
    del dataset.DataSetTrailingPadding  # which means nothing, so that C-MOVE leaves it out
    return dataset


def keep_in(received: list[pydicom.Dataset]) -> Callable[[evt.Event], int]:
    def keep(event: evt.Event) -> int:
        received.append(event.dataset)
        return SUCCESS

    return keep


def query(dataset: pydicom.Dataset) -> pydicom.Dataset:
    identifier = pydicom.Dataset()
    identifier.QueryRetrieveLevel = "STUDY"
    identifier.StudyInstanceUID = dataset.StudyInstanceUID
    return identifier


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
    line = metrics.SILENT_CONNECTION.strip('"')

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


@pytest.fixture(scope="module")
def trusting(opened: Opened) -> ssl.SSLContext:
    """The same over TLS, and a client that trusts the place's authority."""
    embedded = opened.archive.embedded
    certificate = imported(embedded.client("acm"), CERTIFIED)
    tasks = [task["name"] for task in opened.archive.tasks()]
    embedded.configure(dicomCertificateArn=certificate)
    embedded.changes()
    assert [task["name"] for task in opened.archive.tasks()] == tasks, (
        "a certificate is none of the tasks' business"
    )
    context = ssl.create_default_context(cafile=str(embedded.place.home / "tls/ca.pem"))
    opened.archive.eventually(lambda: opened.is_let_in("SCANNER", tls=context), "the listener speaks no TLS")
    return context


def test_over_tls(opened: Opened, trusting: ssl.SSLContext):
    sent = new_ct()
    assert opened.store(sent, tls=trusting) == SUCCESS
    [back] = opened.archive.dicomweb().retrieve_study(sent.StudyInstanceUID)
    assert back == sent
    assert not opened.is_let_in("STRANGER", tls=trusting)
    assert not opened.is_let_in("SCANNER", tls=trusting, address=opened.network.far)
    assert not opened.is_let_in("SCANNER"), "a device may still speak in clear"
    assert not opened.is_let_in("SCANNER", tls=ssl.create_default_context()), "the certificate is not the place's"
