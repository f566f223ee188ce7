"""Tasks are replaced while viewers go on: one by one, not at all where the new ones are broken, or stopped first.

The tests run in the order of this file, and leave behind a newer version, whose tasks let no transfers end.
"""

import time

import pytest
import requests

from tests.data.archive import Archive
from tests.data.files import LargeFile
from tests.data.load import Load, Watch
from tests.embedded import summary

# More than what stands in the buffers between task and viewer.
MIB = 96
# Its schema of the index is not known.
NEWER = "orthancteam/orthanc:26.9.1"


def told(what: str, load: Load, began: float) -> None:
    """The figures, for who runs the tests with -s."""
    print(f"{what}: {load.sent} requests, {len(load.failed)} failed, {time.monotonic() - began:.0f} s")


def names(archive: Archive) -> set[str]:
    return {task["name"] for task in archive.tasks()}


def test_an_update_and_fewer_tasks_fail_no_request_and_what_load_added_stays(on_s3: Archive):
    ecs = on_s3.embedded.client("ecs")
    [cluster] = ecs.list_clusters()["clusterArns"]
    [service] = ecs.list_services(cluster=cluster)["serviceArns"]
    # As Application Auto Scaling does.
    ecs.update_service(cluster=cluster, service=service, desiredCount=3)
    on_s3.eventually(lambda: len(on_s3.tasks()) == 3, "no task was added")
    on_s3.embedded.configure(orthancName="Updated")
    before, began = names(on_s3), time.monotonic()
    with Load(on_s3) as load:
        on_s3.embedded.changes()
        on_s3.eventually(lambda: not before & names(on_s3), "old tasks stay")
        assert len(on_s3.tasks()) == 3, "the update took away what load had added"
        ecs.update_service(cluster=cluster, service=service, desiredCount=2)
        on_s3.eventually(lambda: len(on_s3.tasks()) == 2, "no task is taken away")
    told("rolling update", load, began)
    assert load.sent > 100 and not load.failed, "viewers notice the update, or that a task goes"
    assert on_s3.get("/system").json()["Name"] == "Updated"


def test_a_broken_image_is_rolled_back_and_reported_and_fails_no_request(on_s3: Archive):
    before, began = names(on_s3), time.monotonic()
    dockerfile = on_s3.embedded.workspace.root / "docker/Dockerfile"
    whole = dockerfile.read_text()
    dockerfile.write_text(f'{whole}\nENTRYPOINT ["false"]\n')
    with Load(on_s3) as load:
        failed = on_s3.embedded.pulumi("up", "--yes", "--skip-preview", check=False)
    dockerfile.write_text(whole)
    told("broken image", load, began)
    assert failed.returncode and "failed and was rolled back" in failed.stdout + failed.stderr
    assert load.sent > 100 and not load.failed, "viewers notice the broken image"
    assert before == names(on_s3), "the tasks of before do not go on"


def test_an_upgrade_that_may_change_the_schema_never_runs_old_and_new_side_by_side(on_s3: Archive):
    instance = on_s3.send(LargeFile(MIB), "POST")
    on_s3.embedded.configure(orthancImage=NEWER)
    old, began = names(on_s3), time.monotonic()
    # A transfer that is under way must not keep an old task beside the new ones.
    transfer = on_s3.blocks(f"/instances/{instance}/file")
    next(transfer)
    with Watch(on_s3) as watch:
        done = summary(on_s3.embedded.changes())
    seconds = time.monotonic() - began
    with pytest.raises(requests.RequestException):
        list(transfer)
    down = sum(not seen for seen in watch.seen)
    print(f"stop first: {len(watch.seen)} looks, {down} with no task, {seconds:.0f} s")
    assert done["update", "Parameter"] == 1 and done["update", "TargetGroup"] == 1
    assert watch.seen[0] == old and not watch.seen[-1] & old and down, "nothing stopped before something started"
    assert not [seen for seen in watch.seen if seen & old and seen - old], "two versions work on one schema"
    assert on_s3.get(f"/instances/{instance}/simplified-tags").ok


def test_the_version_of_before_is_refused_on_the_newer_schema(on_s3: Archive):
    on_s3.embedded.configure(orthancImage=None)
    refused = on_s3.embedded.pulumi("preview", check=False)
    text = refused.stdout + refused.stderr
    assert refused.returncode and f"is older than {NEWER}, which runs" in text, text
    on_s3.embedded.configure(orthancImage=NEWER)
