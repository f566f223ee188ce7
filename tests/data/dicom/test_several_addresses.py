"""Titles that exist: of digits, with spaces, at several addresses, of destinations that only DNS knows.

And what vendors and regions need of Orthanc beside: private SOP classes, another default character set.
"""

import json
from collections.abc import Iterator

import pydicom
import pytest
from pydicom.uid import CTImageStorage

from local.images import docker
from local.runner import containers
from tests.data.archive import SUCCESS
from tests.data.files import made_up, parsed, written
from tests.data.modalities import (
    MOVE,
    PACS_PORT,
    PRIVATE_SOP_CLASS,
    SCANNER_PORT,
    SOP,
    Opened,
    keep_in,
    listening,
    modality,
    new_ct,
    query,
)

WARD_PORT = 11116
# A destination that only DNS knows, and an address that a modality of no test has.
BY_NAME, ELSEWHERE = "pacs.hospital.example", "10.99.0.9"
WORKLIST = SOP.ModalityWorklistInformationFind


@pytest.fixture(scope="module", autouse=True)
def _several(opened: Opened) -> Iterator[None]:
    embedded, near, far = opened.archive.embedded, opened.network.near, opened.network.far
    relay = f"{embedded.workspace.slug}-by-name"
    forward = ("socat", f"TCP-LISTEN:{PACS_PORT},fork,reuseaddr", f"TCP:{near}:{PACS_PORT}")
    alias = f"--network-alias={BY_NAME}"
    try:
        at = containers.run(embedded.workspace, "relay", relay, alias, containers.services_image(), *forward)
        opened.archive.deploy(
            dicomAllowedCidrs=[f"{address}/32" for address in (near, far, at, ELSEWHERE)],
            dicomModalities=[
                modality("SCANNER", near, SCANNER_PORT, "echo", "store"),
                modality("PACS", near, PACS_PORT, "echo", "find", "get", "move"),
                modality("Ward 7", near, WARD_PORT, "echo", "store"),
                modality("WARD 7", far, 104, "echo", "find"),
                modality("TWIN", far, 104, "echo", "store"),
                modality("TWIN", ELSEWHERE, 104, "echo", "store"),
                modality(4711, near, 104, "echo"),
                modality("BYNAME", BY_NAME, PACS_PORT),
                modality("DESTINATION", near, 104),
            ],
            dicomDefaultEncoding="Latin1",
            orthancConfiguration={"UnknownSopClassAccepted": "true", "MaximumPduLength": "65536"},
        )
        yield
    finally:
        containers.remove("container", relay)


@pytest.mark.parametrize(
    ("title", "address", "let_in"),
    [
        pytest.param("4711", "near", True, id="a title of digits"),
        pytest.param("Ward 7", "near", True, id="a title at the first of its addresses"),
        pytest.param("Ward 7", "far", True, id="a title at the second of its addresses"),
        pytest.param("ward 7", "far", True, id="a title in another case"),
        pytest.param("Ward 7", "outside", False, id="a title from an address that is not allowed"),
        pytest.param("TWIN", "far", True, id="another title at one of its addresses"),
        pytest.param("TWIN", "near", False, id="a title from an address of none of its modalities"),
        pytest.param("STRANGER", "near", False, id="an unknown title"),
        pytest.param("SCANNER", "far", False, id="a title at one address, from another modality's"),
        pytest.param("BYNAME", "near", False, id="a destination that DNS knows"),
        pytest.param("DESTINATION", "near", False, id="a destination from its address"),
    ],
)
def test_who_may_echo(opened: Opened, title: str, address: str, let_in: bool):
    assert opened.is_let_in(title, address=getattr(opened.network, address)) is let_in


def test_an_association_from_an_allowed_network_is_worth_nothing_by_itself(opened: Opened):
    """While a title is at several addresses, Orthanc takes associations of any title and refuses the commands."""
    association = opened.associate("STRANGER")
    assert association.is_established, "docs/reference/dicom.md says more than is true"
    association.release()
    assert opened.store(new_ct(), "STRANGER") != SUCCESS
    assert opened.store(new_ct(), "TWIN") != SUCCESS, "two addresses may store, so everybody may under that title"
    assert opened.found("STRANGER", PatientID="*") == ([], None)
    assert opened.associate("SCANNER", called="SOMEBODYELSE").is_rejected


def test_each_address_of_a_title_has_its_own_rights(opened: Opened):
    near, far = opened.network.near, opened.network.far
    sent = new_ct()
    assert opened.store(sent, "Ward 7", address=near) == SUCCESS
    assert opened.store(new_ct(), "Ward 7", address=far) != SUCCESS
    found = [opened.found("Ward 7", StudyInstanceUID=sent.StudyInstanceUID, address=each) for each in (far, near)]
    assert [len(answers) for answers, _ in found] == [1, 0]


def test_what_is_allowed_to_everybody_is_nothing(opened: Opened):
    """Worklists: no plugin has one. That it is allowed makes Orthanc take associations."""
    association = opened.associate("STRANGER", WORKLIST)
    asked = pydicom.Dataset()
    asked.PatientName = "*"
    answers = list(association.send_c_find(asked, WORKLIST)) if association.accepted_contexts else []
    association.abort()
    assert not [answer for _, answer in answers if answer]
    assert SUCCESS not in [status.get("Status") for status, _ in answers]


@pytest.mark.parametrize(
    ("destination", "port"),
    [
        pytest.param("Ward 7", WARD_PORT, id="the first address of a title"),
        pytest.param("BYNAME", PACS_PORT, id="a host that DNS knows"),
    ],
)
def test_a_study_is_moved_to(opened: Opened, destination: str, port: int):
    sent, received = new_ct(), []
    assert opened.store(sent) == SUCCESS
    with listening(destination, (opened.network.near, port), CTImageStorage, EVT_C_STORE=keep_in(received)):
        association = opened.associate("PACS", MOVE)
        *_, (status, _) = list(association.send_c_move(query(sent), destination, MOVE))
        association.release()
    assert status.Status == SUCCESS and [back.SOPInstanceUID for back in received] == [sent.SOPInstanceUID]


def test_modalities_have_names_that_the_api_takes(opened: Opened):
    named = opened.archive.get("/modalities?expand").json()
    assert {
        name: (each["AET"], each["Host"]) for name, each in named.items() if each["AET"].upper() == "WARD 7"
    } == {
        "Ward-7": ("Ward 7", opened.network.near),
        "Ward-7-002": ("WARD 7", opened.network.far),
        "Ward-7-nobody": ("Ward 7", "nobody.invalid"),
    }
    assert {"4711", "BYNAME"} <= named.keys()


def test_a_private_sop_class_is_stored(opened: Opened):
    sent = made_up(SOPClassUID=PRIVATE_SOP_CLASS)
    assert opened.store(sent) == SUCCESS
    [back] = opened.archive.dicomweb().retrieve_study(sent.StudyInstanceUID)
    assert back == sent


def test_the_container_has_the_stacks_own_options(opened: Opened):
    own = {"UnknownSopClassAccepted": True, "MaximumPduLength": 65536}

    for task in opened.archive.tasks():
        configured = json.loads(docker("exec", task["name"], "cat", "/tmp/orthanc.json"))  # noqa: S108 - upstream's
        assert own.items() <= configured.items()


def test_a_file_that_does_not_declare_its_character_set_is_read_in_the_default_one(opened: Opened):
    dataset = parsed(written(made_up(PatientName="M?ller", SpecificCharacterSet="ISO_IR 100")))
    del dataset.SpecificCharacterSet
    opened.archive.store(written(dataset).replace(b"M?ller", "Müller".encode("latin-1")))
    [answer], _ = opened.found(StudyInstanceUID=dataset.StudyInstanceUID, PatientName="")
    assert (answer.SpecificCharacterSet, str(answer.PatientName)) == ("ISO_IR 100", "Müller")
