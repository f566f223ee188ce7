"""An upgrade of an older Orthanc, whose start takes longer than health checks allow for otherwise.

The tests run in the order of this file. The older version is that of Debian's stable release. Its index has the
schema of the newer one. So that the start of a task takes as long as a change of the schema would, a table that it
asks is locked meanwhile. The clock of health checks goes faster.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from local.images import docker
from local.runner import clock
from tests.data.archive import Archive
from tests.data.files import new_file
from tests.embedded import Embedded

OLDER = "orthancteam/orthanc:25.10.0"
TIMES_AS_FAST = 6
# Grace period, start period and retries of the container's check, as they are without a change of the schema: no
# task that does not start lives longer.
LIMIT_SECONDS = (180 + 60 + 10 * 30) / TIMES_AS_FAST


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """A task of the older version."""
    embedded = Embedded(tmp_path_factory.mktemp("older"))
    embedded.environment[clock.VARIABLE] = str(TIMES_AS_FAST)
    try:
        embedded.local("up", f"--config=orthancImage={OLDER}")
        embedded.enter()
        yield Archive(embedded)
    finally:
        embedded.local("down")


@contextmanager
def no_task_gets_further_than_its_index(archive: Archive) -> Iterator[None]:
    """Lock the table that tells Orthanc at its start which schema the index has."""
    [database] = archive.embedded.containers("database")
    locked = "BEGIN; LOCK TABLE GlobalProperties IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(3600)"
    psql = ["exec", database["name"], "psql", "--host=/tmp", "--username=rdsadmin", "orthanc", "--command"]
    end = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted"
    with subprocess.Popen(["docker", *psql, locked], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as session:
        time.sleep(1)
        assert session.poll() is None, "the table cannot be locked"
        try:
            yield
        finally:
            docker(*psql, end)


def names(archive: Archive) -> set[str]:
    return {task["name"] for task in archive.tasks()}


def test_health_checks_end_a_task_that_does_not_start(older: Archive):
    """Otherwise they do. The next ones exit: the lock of the one that was killed is still held for a while."""
    before = names(older)
    older.embedded.configure(orthancName="Hanging")
    with no_task_gets_further_than_its_index(older):
        failed = older.embedded.pulumi("up", "--yes", "--skip-preview", check=False)
    assert failed.returncode and "failed and was rolled back" in failed.stdout + failed.stderr, failed.stdout
    runner = (older.embedded.workspace.home / "emulator.log").read_text()
    assert "Task failed container health checks" in runner or "Task failed ELB health checks" in runner
    assert names(older) == before, "the tasks of before do not go on"


def test_a_change_of_the_schema_is_waited_for(older: Archive):
    instance = older.store(new_file("CT_small.dcm"))
    assert older.get("/system").json()["Version"] < "1.13", "the upgrade is none"
    # Two tasks are wanted, of which the second could not get the lock that the first one has.
    older.embedded.configure(orthancImage=None, orthancName=None, enableMultiAz="true")
    before = names(older)
    with no_task_gets_further_than_its_index(older):
        upgrade = older.embedded.begin("up", "--yes", "--skip-preview")
        while not (alone := names(older)) or alone & before:
            assert upgrade.poll() is None, f"no task of the newer version starts:\n{upgrade.communicate()[0]}"
            time.sleep(1)
        time.sleep(LIMIT_SECONDS)
        assert upgrade.poll() is None, "`pulumi up` has not waited"
        assert names(older) == alone and len(alone) == 1, "the task was killed, or another one disturbs it"
    told, _ = upgrade.communicate()
    assert upgrade.returncode == 0, told
    assert "answers nothing until that is done" in told and "aws logs tail orthanc-" in told
    assert older.get("/system").json()["Version"] >= "1.13" and names(older) == alone
    assert older.get(f"/instances/{instance}/tags").ok, "a study is lost"


def test_another_up_brings_back_the_other_tasks(older: Archive):
    older.embedded.changes()
    older.eventually(lambda: len(names(older)) == 2, "the archive stays with one task")


def test_the_way_back_is_refused(older: Archive):
    older.embedded.configure(orthancImage=OLDER)
    refused = older.embedded.pulumi("preview", check=False)
    assert (
        refused.returncode
        and "orthancImage = 'orthancteam/orthanc:25.10.0': is older than" in refused.stdout + refused.stderr
    ), refused.stdout
