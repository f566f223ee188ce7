"""Queries are answered as a whole, and in a character set that keeps every name."""

from typing import Any, NamedTuple

import pytest
from pydicom.uid import generate_uid

from tests.data.archive import SUCCESS
from tests.data.files import made_up, parsed, written, zipped
from tests.data.modalities import Opened

# More than the 100 at which Orthanc's samples, and this deployment once, cut an answer.
MANY = 130
# What a device, a file or a query says of its names; the name.
NAMES = {
    "Cyrillic": ("ISO_IR 144", "Проба^А"),
    "kanji": (["", "ISO 2022 IR 87"], "Yamada^Hanako=山田^花子"),
    "UTF-8": ("ISO_IR 192", "山田^花子"),
    "Latin-1": ("ISO_IR 100", "Müller^Jörg"),
}
KINDS = pytest.mark.parametrize("kind", NAMES)


class Stored(NamedTuple):
    """A series of MANY instances, and a patient of MANY studies."""

    study_uid: str
    series_uid: str
    patient_id: str


@pytest.fixture(scope="module")
def stored(opened: Opened) -> Stored:
    stored = Stored(generate_uid(), generate_uid(), generate_uid()[-64:])
    series = {"StudyInstanceUID": stored.study_uid, "SeriesInstanceUID": stored.series_uid}
    instances = [made_up(InstanceNumber=number, **series) for number in range(1, MANY + 1)]
    studies = [made_up(PatientID=stored.patient_id) for _ in range(MANY)]
    _store(opened, *map(written, instances + studies))
    return stored


def _store(opened: Opened, *files: bytes) -> None:
    archive = opened.archive
    archive.session.post(f"{archive.url}/instances", data=zipped(files), timeout=300).raise_for_status()


def test_c_find_answers_every_instance_and_every_study(opened: Opened, stored: Stored):
    answers = [
        opened.found(
            level="IMAGE",
            StudyInstanceUID=stored.study_uid,
            SeriesInstanceUID=stored.series_uid,
            SOPInstanceUID="",
        ),
        opened.found(PatientID=stored.patient_id, StudyInstanceUID=""),
    ]
    found = [(len(each), status) for each, status in answers]
    assert found == [(MANY, SUCCESS)] * 2, "a workstation shows a part of the series as all of it"


@pytest.mark.parametrize("expand", [False, True])
def test_tools_find_answers_every_instance_and_every_study(opened: Opened, stored: Stored, expand: bool):
    queries = {
        "Instance": {"StudyInstanceUID": stored.study_uid},
        "Study": {"PatientID": stored.patient_id},
    }
    for level, query in queries.items():
        assert len(_tools_find(opened, level, query, Expand=expand)) == MANY


def _tools_find(opened: Opened, level: str, query: dict[str, str], **more: Any) -> list[Any]:
    archive = opened.archive
    asked = {"Level": level, "Query": query} | more
    answer = archive.session.post(f"{archive.url}/tools/find", json=asked, timeout=120)
    answer.raise_for_status()
    return answer.json()


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("", MANY), ("limit=1000", MANY), ("limit=50", 50), ("limit=50&offset=100", MANY - 100)],
)
def test_qido_answers_as_many_as_it_is_asked_for(opened: Opened, stored: Stored, asked: str, answered: int):
    for search in (f"/studies/{stored.study_uid}/instances?", f"/studies?PatientID={stored.patient_id}&"):
        assert len(opened.archive.get(f"/dicom-web{search}{asked}").json()) == answered


@pytest.fixture(scope="module")
def named(opened: Opened) -> dict[str, str]:
    """A study of each of NAMES; its Study Instance UID."""
    files = {
        kind: made_up(SpecificCharacterSet=characters, PatientName=name)
        for kind, (characters, name) in NAMES.items()
    }
    _store(opened, *map(written, files.values()))
    return {kind: file.StudyInstanceUID for kind, file in files.items()}


@KINDS
@pytest.mark.parametrize("asked_in", ["", "ISO_IR 100", "ISO_IR 192"])
def test_c_find_answers_with_the_name(opened: Opened, named: dict[str, str], kind: str, asked_in: str):
    characters = {"SpecificCharacterSet": asked_in} if asked_in else {}
    [answer], _ = opened.found(StudyInstanceUID=named[kind], PatientName="", **characters)
    assert str(answer.PatientName) == NAMES[kind][1], "the workstation's list shows a patient without a name"


@KINDS
def test_dicomweb_and_rest_answer_with_the_name(opened: Opened, named: dict[str, str], kind: str):
    [study] = opened.archive.get(f"/dicom-web/studies?StudyInstanceUID={named[kind]}").json()
    assert "=".join(study["00100010"]["Value"][0].values()) == NAMES[kind][1]
    [study] = _tools_find(opened, "Study", {"StudyInstanceUID": named[kind]}, Expand=True)
    assert study["PatientMainDicomTags"]["PatientName"] == NAMES[kind][1]


@KINDS
def test_a_name_is_found_in_its_own_character_set_and_in_utf_8(opened: Opened, named: dict[str, str], kind: str):
    characters, name = NAMES[kind]
    for asked_in in (characters, "ISO_IR 192"):
        answers, _ = opened.found(SpecificCharacterSet=asked_in, PatientName=name, StudyInstanceUID="")
        assert named[kind] in [answer.StudyInstanceUID for answer in answers], (
            f"not found when asked in {asked_in}"
        )


def test_a_file_that_does_not_declare_its_character_set_is_read_in_utf_8(opened: Opened):
    """Which its name is not: docs/reference/dicom.md says what that costs. The file itself stays as it is."""
    file = written(made_up(PatientName="M?ller", SpecificCharacterSet="ISO_IR 100"))
    dataset = parsed(file)
    del dataset.SpecificCharacterSet
    undeclared = written(dataset).replace(b"M?ller", "Müller".encode("latin-1"))
    instance = opened.archive.store(undeclared)
    [answer], _ = opened.found(StudyInstanceUID=dataset.StudyInstanceUID, PatientName="")
    assert str(answer.PatientName) == "Mller"
    assert opened.archive.get(f"/instances/{instance}/file").content == undeclared
