"""Users of a running Orthanc: who may look changes nothing, and new passwords are the only ones that open."""

import json
import threading
from typing import Any, NamedTuple

import pytest
import requests

from local.images import ImageError, docker
from tests.data.archive import Archive
from tests.data.conftest import CHIEF, VIEWER
from tests.data.files import LargeFile, StowRequest, new_file, parsed

FIND = '{"Level": "Study", "Query": {}}'
BOUNDARY = {"Content-Type": StowRequest.content_type}
FORM = {"Content-Type": "multipart/form-data; boundary=part"}


class Stored(NamedTuple):
    """A study that is there: what its paths are made of."""

    file: bytes
    instance: str
    study: str
    series: str
    uid: str


@pytest.fixture(scope="module")
def stored(on_efs: Archive) -> Stored:
    file = new_file("CT_small.dcm")
    instance = on_efs.store(file)
    study, series = (on_efs.get(f"/instances/{instance}/{level}").json()["ID"] for level in ("study", "series"))
    return Stored(file, instance, study, series, parsed(file).StudyInstanceUID)


def ask(archive: Archive, user: str, method: str, path: str, stored: Stored, **more: Any) -> requests.Response:
    prepared = requests.Request(
        method, f"{archive.url}/", auth=(user, archive.passwords()[user]), **more
    ).prepare()
    prepared.url = f"{archive.url}{path.format(**stored._asdict())}"  # as it is, odd spellings too
    return requests.Session().send(prepared, timeout=60)


# What viewers ask: Orthanc Explorer's searches and downloads, QIDO-RS and WADO-RS of Stone and OHIF, WADO-URI.
LOOKS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "/app/explorer.html", {}),
    ("GET", "/ohif/viewer", {}),
    ("GET", "/wsi/app/viewer.html", {}),
    ("GET", "/system", {}),
    ("GET", "/studies/{study}", {}),
    ("GET", "/instances/{instance}/file", {}),
    ("GET", "/instances/{instance}/preview", {}),
    ("GET", "/series/{series}/ordered-slices", {}),
    ("GET", "/studies/{study}/archive", {}),
    ("GET", "/dicom-web/studies?StudyInstanceUID={uid}", {}),
    ("GET", "/dicom-web/studies/{uid}", {}),
    ("GET", "/dicom-web/studies/{uid}/metadata", {}),
    ("POST", "/tools/find", {"data": FIND}),
    ("POST", "/tools/lookup", {"data": "1.2.3"}),
    ("POST", "/tools/bulk-content", {"data": '{{"Resources": []}}'}),
    ("POST", "/tools/create-archive", {"data": '["{study}"]'}),
    ("POST", "/studies/{study}/archive", {"data": "{{}}"}),
    ("POST", "/series/{series}/media", {"data": "{{}}"}),
]

# What changes the archive, its configuration or what others do, and ways to spell it as if it did not.
CHANGES: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/instances", {"data": "file"}),
    ("POST", "/dicom-web/studies", {"data": "file", "headers": BOUNDARY}),
    ("POST", "/dicom-web/studies/{uid}", {"data": "file", "headers": BOUNDARY}),
    ("POST", "/dicom-web/studies", {"data": StowRequest(LargeFile(1)), "headers": BOUNDARY}),
    ("PUT", "/dicom-web/servers/elsewhere", {"data": '{{"Url": "http://elsewhere/"}}'}),
    ("POST", "/dicom-web/servers/elsewhere/stow", {"data": "{{}}"}),
    ("POST", "/studies/{study}/modify", {"data": '{{"Replace": {{"PatientName": "x"}}}}'}),
    ("POST", "/studies/{study}/anonymize", {"data": "{{}}"}),
    ("POST", "/studies/{study}/reconstruct", {}),
    ("DELETE", "/studies/{study}", {}),
    ("DELETE", "/instances/{instance}", {}),
    ("PUT", "/instances/{instance}/metadata/1024", {"data": "x"}),
    ("PUT", "/modalities/elsewhere", {"data": '["X", "localhost", 104]'}),
    ("POST", "/modalities/elsewhere/store", {"data": "{instance}"}),
    ("DELETE", "/changes", {}),
    ("POST", "/jobs/one/cancel", {}),
    ("POST", "/tools/bulk-delete", {"data": '{{"Resources": ["{study}"]}}'}),
    ("POST", "/tools/create-dicom", {"data": "{{}}"}),
    ("POST", "/tools/execute-script", {"data": "x"}),
    ("POST", "/tools/reset", {}),
    ("POST", "/tools/shutdown", {}),
    ("POST", "/tools/what-a-new-version-brings", {}),
    ("GET", "/instances/{instance}?_method=DELETE", {}),
    ("POST", "/studies/{study}", {"headers": {"X-HTTP-Method-Override": "DELETE"}}),
    ("POST", "/%69nstances", {"data": "file"}),
    ("POST", "//instances", {"data": "file"}),
    ("POST", "/tools/find/../../instances", {"data": "file"}),
    ("POST", "/tools/find%00/../../instances", {"data": "file"}),
    ("POST", "/studies/{study}/../../instances/archive", {"data": "file"}),
    ("POST", "/instances?/tools/find", {"data": "file", "headers": FORM}),
]


def given(more: dict[str, Any], stored: Stored) -> dict[str, Any]:
    """The request's body, with what is stored; "file" is a file that is not."""
    data = more.get("data")
    if data == "file":
        return more | {"data": new_file("MR_small.dcm")}
    return more | {"data": data.format(**stored._asdict())} if isinstance(data, str) and data != FIND else more


@pytest.mark.parametrize(("method", "path", "more"), LOOKS, ids=[f"{m} {p}" for m, p, _ in LOOKS])
def test_who_may_look_sees_what_the_administrator_sees(
    on_efs: Archive, stored: Stored, method: str, path: str, more: dict[str, Any]
):
    seen = [ask(on_efs, user, method, path, stored, **given(more, stored)) for user in ("admin", VIEWER)]
    assert [answer.status_code for answer in seen] == [200, 200], seen[1].text


@pytest.mark.parametrize(("method", "path", "more"), CHANGES, ids=[f"{m} {p}" for m, p, _ in CHANGES])
def test_who_may_look_changes_nothing(
    on_efs: Archive, stored: Stored, method: str, path: str, more: dict[str, Any]
):
    before = on_efs.get("/statistics").json(), on_efs.get("/changes?last").json()["Last"]
    answer = ask(on_efs, VIEWER, method, path, stored, **given(more, stored))
    assert answer.status_code in (400, 403, 404), "a user who may only look is let through"
    assert (on_efs.get("/statistics").json(), on_efs.get("/changes?last").json()["Last"]) == before
    assert on_efs.get(f"/instances/{stored.instance}/file").content == stored.file


def test_plugins_are_asked_for_too(on_efs: Archive, stored: Stored):
    """What a plugin would answer itself is refused before it gets the request, and by the filter."""
    for path in ("/dicom-web/studies", "/dicom-web/servers/elsewhere/stow", "/wado"):
        assert ask(on_efs, VIEWER, "POST", path, stored, headers=BOUNDARY).status_code == 403
        assert ask(on_efs, "admin", "POST", path, stored, headers=BOUNDARY).status_code != 403


@pytest.mark.parametrize("user", ["admin", CHIEF])
def test_who_may_do_everything_still_does(on_efs: Archive, stored: Stored, user: str):
    made = ask(on_efs, user, "POST", "/instances", stored, data=new_file("MR_small.dcm"))
    assert made.status_code == 200
    file = StowRequest(LargeFile(1))
    assert ask(on_efs, user, "POST", "/dicom-web/studies", stored, data=file, headers=BOUNDARY).status_code == 200
    assert ask(on_efs, user, "DELETE", f"/instances/{made.json()['ID']}", stored).status_code == 200


def test_a_users_password_is_his_own(on_efs: Archive):
    passwords = on_efs.passwords()
    assert set(passwords) == {"admin", VIEWER, CHIEF} and len(set(passwords.values())) == 3
    for user, password in ((VIEWER, passwords[CHIEF]), (CHIEF, passwords["admin"]), ("admin", passwords[VIEWER])):
        assert requests.get(f"{on_efs.url}/system", auth=(user, password), timeout=30).status_code == 401


def test_new_passwords_are_drawn_at_once_and_nobody_notices_but_by_his_password(on_efs: Archive, stored: Stored):
    embedded = on_efs.embedded
    old, old_tasks = on_efs.passwords(), {task["name"] for task in on_efs.tasks()}
    [database] = embedded.containers("database")
    old_to_database = database_password(on_efs)
    statuses: set[int] = set()
    over = threading.Event()

    def look() -> None:
        """As somebody who knows the old password: he is let in, or told that it is the wrong one."""
        while not over.wait(0.1):
            # It asks the index.
            asked = requests.get(f"{on_efs.url}/changes?limit=1", auth=("admin", old["admin"]), timeout=30)
            statuses.add(asked.status_code)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        embedded.configure(credentialsVersion="2")
        steps = {(step.operation, step.name) for step in embedded.changes()}
    finally:
        over.set()
        thread.join()
    new = on_efs.passwords()
    on_efs.session.auth = ("admin", new["admin"])
    assert statuses <= {200, 401}, "requests failed while the passwords changed"
    assert ("update", "orthanc-database") in steps and ("update", "orthanc") in steps
    # The deployment is steady before the last of the old tasks has drained and stopped, as on ECS.
    on_efs.eventually(
        lambda: not old_tasks & {task["name"] for task in on_efs.tasks()},
        "a task with the old passwords runs on",
    )
    assert not set(old.values()) & set(new.values()) and old_to_database != database_password(on_efs)
    for user in new:
        asked = [
            requests.get(f"{on_efs.url}/changes", auth=(user, password), timeout=30).status_code
            for password in [new[user]] * 10 + [old[user]]
        ]
        assert asked == [200] * 10 + [401], f"{user} fails to log in, or still does with the old password"
    assert on_efs.get(f"/instances/{stored.instance}/file").content == stored.file
    host = embedded.client("rds").describe_db_instances()["DBInstances"][0]["Endpoint"]["Address"]
    psql = ("psql", f"host={host} user=orthanc dbname=orthanc sslmode=require", "--command=SELECT 1")
    connect = ("exec", "--env=PGPASSWORD", database["name"], *psql)
    with pytest.raises(ImageError, match="password authentication failed"):
        docker(*connect, PGPASSWORD=old_to_database)
    assert docker(*connect, PGPASSWORD=database_password(on_efs))


def test_rds_draws_a_password_on_its_own_and_the_tasks_come_to_know_it(on_s3: Archive):
    """From the event to the last task, with nothing of ours in between; then nobody keeps it, and back."""
    embedded, file = on_s3.embedded, new_file("CT_small.dcm")
    instance = on_s3.store(file)
    embedded.configure(databasePasswordRotation="managed")
    embedded.pulumi("preview")
    embedded.changes()
    assert not embedded.changes(), "RDS's secret is seen as drift"
    rds, secrets = embedded.client("rds"), embedded.client("secretsmanager")
    secret = rds.describe_db_instances()["DBInstances"][0]["MasterUserSecret"]["SecretArn"]
    tasks, password = {task["name"] for task in on_s3.tasks()}, database_password(on_s3)
    assert len(tasks) == 2

    secrets.rotate_secret(SecretId=secret)  # which Secrets Manager does by itself when the schedule says so
    on_s3.eventually(
        lambda: len({task["name"] for task in on_s3.tasks()} - tasks) == 2 and len(on_s3.tasks()) == 2,
        "tasks that know the old password run on",
    )
    assert database_password(on_s3) != password
    assert (
        database_password(on_s3)
        == json.loads(secrets.get_secret_value(SecretId=secret)["SecretString"])["password"]
    )
    assert on_s3.get(f"/instances/{instance}/file").content == file
    assert not embedded.changes("refresh"), "a rotation is seen as drift"

    embedded.configure(databasePasswordRotation=None)
    embedded.changes()
    assert on_s3.get(f"/instances/{instance}/file").content == file
    assert "MasterUserSecret" not in rds.describe_db_instances()["DBInstances"][0]


def database_password(archive: Archive) -> str:
    """The password that the running task was given for the database."""
    [task, *_] = archive.tasks()
    variables = docker("inspect", "--format={{range .Config.Env}}{{println .}}{{end}}", task["name"]).splitlines()
    [password] = [name for name in variables if name.startswith("PGPASSWORD=")]
    return password.partition("=")[2]
