"""Orthanc's own options: what is open, who owns the rest, and that the tables are complete."""

import contextvars
import json
from typing import Any

import pulumi
import pytest

from components.config import Problem, Settings
from components.config.orthanc_options import OrthancConfiguration, defaults, without_default
from components.config.orthanc_reserved import OWNED, REFUSED
from components.config.orthanc_settable import SETTABLE
from components.config.parse import ConfigurationError, parse
from components.database.database import DatabaseAccess
from components.preflight.load import load
from components.service import orthanc_config
from tests.unit.program import INTERNAL, NAME, REGION, deployed

DATABASE = DatabaseAccess(host="db", port=5432, name="orthanc", user="orthanc", secret_arn="arn")

# Value, and what Orthanc's JSON gets of it.
GOOD: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"UnknownSopClassAccepted": True}, {"UnknownSopClassAccepted": True}),
    ({"UnknownSopClassAccepted": "false"}, {"UnknownSopClassAccepted": False}),
    ({"AcceptedSopClasses": ["1.2.840.*", "1.3.12.2.1107.5.9.1"]}, {}),
    ({"MaximumPduLength": "65536"}, {"MaximumPduLength": 65536}),
    ({"DeidentifyLogsDicomVersion": 2008}, {"DeidentifyLogsDicomVersion": "2008"}),
    ({"DefaultPrivateCreator": 4711}, {"DefaultPrivateCreator": "4711"}),
    ({"DicomScuPreferredTransferSyntax": "1.2.840.10008.1.2.4.201"}, {}),
    ({"IngestTranscoding": "1.2.840.10008.1.2.4.80"}, {}),
    ({"ExtraMainDicomTags": {"Study": ["ProtocolName", "0018,1030"]}}, {}),
    ({"Dictionary": {"0014,1020": ["DA", "ValidationExpiryDate", 1, 1], "00e1,c2": ["UI", "X"]}}, {}),
    ({"UserMetadata": {"checked": 1024}}, {}),
    ({"UserContentType": {"report": 1025, "other": [1026, "application/pdf"]}}, {}),
    ({"Warnings": {"W007_MissingRequestedTagsNotReadFromDisk": False}}, {}),
    ({"JobsEngineThreadsCount": {"ResourceModification": 4}}, {}),
    ({"OrthancExplorer2": {"UiOptions": {"DefaultLanguage": "fr", "DateFormat": "dd/MM/yyyy"}}}, {}),
]

# Value, the path to what is wrong with it, and the rule.
BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"UnknownSopClassAccepted": "yes"}, "UnknownSopClassAccepted", "true or false"),
    ({"UnknownSopClassAccepted": 1}, "UnknownSopClassAccepted", "true or false"),
    ({"AcceptedSopClasses": ["CTImageStorage"]}, "AcceptedSopClasses[0]", "must be a UID"),
    ({"StableAge": True}, "StableAge", "valid integer"),
    ({"IngestTranscoding": "1.2.840.10008.1.2.4.50"}, "IngestTranscoding", "'1.2.840.10008.1.2.4.90'"),
    ({"DicomScuPreferredTransferSyntax": "1.2.3"}, "DicomScuPreferredTransferSyntax", "that Orthanc knows"),
    ({"DefaultPrivateCreator": "${PGPASSWORD}"}, "DefaultPrivateCreator", "must not contain ${"),
    ({"ExtraMainDicomTags": {"Study": ["a b"]}}, "ExtraMainDicomTags.Study[0]", "must be a DICOM tag"),
    ({"Dictionary": {"14,1020": ["DA", "X"]}}, 'Dictionary["14,1020"]', "must be a tag"),
    ({"Dictionary": {"0014,1020": ["DA"]}}, 'Dictionary["0014,1020"]', "must be a VR and a name"),
    ({"Dictionary": {"0014,1020": ["DA", "${PGPASSWORD}"]}}, 'Dictionary["0014,1020"]', "must not contain ${"),
    ({"UserContentType": {"report": ["pdf"]}}, "UserContentType.report", "must be a number from 1024"),
    ({"Warnings": {"W001": True}}, "Warnings.W001", "did you mean Warnings.W001_TagsBeingReadFromStorage?"),
    ({"Warnings": True}, "Warnings", "must be an object of Orthanc's options"),
    ({"unknownSopClassAccepted": True}, "unknownSopClassAccepted", "did you mean UnknownSopClassAccepted?"),
    ({"DicomWeb": {"StudyMetadata": "Full"}}, "DicomWeb.StudyMetadata", "did you mean DicomWeb.StudiesMetadata?"),
    ({"Whatever": 1}, "Whatever", "is no option that can be set here"),
    ({"Name": "Archive"}, "Name", "is set by orthancName"),
    ({"DefaultEncoding": "Latin1"}, "DefaultEncoding", "is set by dicomDefaultEncoding"),
    ({"LimitFindResults": 100}, "LimitFindResults", "would cut longer answers and report success"),
    ({"RegisteredUsers": {"a": "b"}}, "RegisteredUsers", "is set by orthancUsers; passwords are in"),
    ({"DicomWeb": {"Ssl": False}}, "DicomWeb.Ssl", "links must be https"),
    ({"PostgreSQL": {"Password": "x"}}, "PostgreSQL", "passwords are in Secrets Manager"),
    ({"OrthancPeers": {}}, "OrthancPeers", "it holds passwords"),
    ({"DicomTlsEnabled": True}, "DicomTlsEnabled", "ends at the balancer (dicomCertificateArn)"),
    ({"RejectSopClasses": []}, "RejectSopClasses", "it is RejectedSopClasses now"),
]


@pytest.mark.parametrize(("value", "made"), GOOD, ids=str)
def test_what_is_open_reaches_orthanc(value: dict[str, Any], made: dict[str, Any]):
    assert (made or value).items() <= deployed(orthancConfiguration=json.dumps(value)).orthanc().items()


def test_an_option_of_a_section_stands_beside_the_programs_own():
    settings = parse({"orthancConfiguration": {"DicomWeb": {"StudiesMetadata": "MainDicomTags"}}})
    made = orthanc_config.configuration(settings, "prod", DATABASE, None)
    own = {"Ssl": True, "WadoRsLoaderThreadsCount": 32}
    assert made["DicomWeb"] == own | {"StudiesMetadata": "MainDicomTags"}


def problems_of(value: Any) -> list[Problem]:
    with pytest.raises(ConfigurationError) as refused:
        parse({"orthancConfiguration": value})
    return refused.value.problems


@pytest.mark.parametrize(("value", "path", "rule"), BAD, ids=str)
def test_what_is_not_open_is_refused_by_its_path(value: dict[str, Any], path: str, rule: str):
    [problem] = problems_of(json.dumps(value))
    assert problem.key == f"orthancConfiguration.{path}" and rule in problem.rule
    assert problem.remedy.startswith("pulumi config rm --path 'orthancConfiguration.")


@pytest.mark.parametrize("value", ["UnknownSopClassAccepted", "[]", "true"])
def test_what_is_no_object_is_refused(value: str):
    [problem] = problems_of(value)
    assert problem.remedy == "pulumi config rm orthancConfiguration" and "must be an object" in problem.rule


def test_every_bad_option_is_told_at_once_with_orthancs_default():
    problems = problems_of({"Name": "x", "StableAge": 0, "CaseSensitivePN": "no"})
    remedies = {problem.key.partition(".")[2]: problem.remedy for problem in problems}
    assert remedies.keys() == {"Name", "StableAge", "CaseSensitivePN"}
    assert remedies["StableAge"].endswith("(Orthanc's default: 60)")


def test_every_option_that_orthanc_documents_is_in_one_table():
    documented = {*defaults(), *without_default()}
    tables = [SETTABLE.keys(), OWNED.keys(), REFUSED.keys()]
    assert documented <= set().union(*tables), "nobody has decided on an option"
    assert len(set().union(*tables)) == sum(map(len, tables)), "an option has two owners"


def test_orthancs_defaults_are_of_the_types_and_ranges():
    """What cannot be set back to the default has the wrong type. An empty list, text or object is none."""
    open_ = {key: value for key, value in defaults().items() if key in SETTABLE and value not in ([], {})}
    assert OrthancConfiguration.model_validate(open_).given() == open_


def test_what_the_program_sets_has_an_owner():
    users = {"orthancUsers": [{"name": "viewer"}]}
    bucket = orthanc_config.BucketTarget("images", "us-east-1")
    for settings in (Settings(), parse(users), parse(INTERNAL), parse(INTERNAL | users)):
        for target in (bucket, None):
            made = orthanc_config.configuration(settings, "prod", DATABASE, target)
            names = {f"DicomWeb.{key}" for key in made.pop("DicomWeb")} | made.keys()
            assert names <= OWNED.keys(), "a stack's own option would take the place of the program's"


def test_what_is_stored_as_a_secret_is_refused(monkeypatch: pytest.MonkeyPatch):
    key = f"{NAME}:orthancConfiguration"
    monkeypatch.setattr(pulumi, "get_project", lambda: NAME)

    def settings() -> None:
        pulumi.runtime.set_all_config(REGION | {key: '{"DefaultPrivateCreator": "hidden"}'}, [key])
        load()

    with pytest.raises(ConfigurationError) as refused:
        contextvars.copy_context().run(settings)
    assert "in clear text in the task definition" in str(refused.value) and "hidden" not in str(refused.value)
