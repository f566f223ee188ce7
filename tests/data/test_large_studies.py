"""Large studies pass whole: up, down, as an archive, to a viewer that stalls, and while tasks are replaced."""

import io
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from components.config import transfers
from local.images import docker
from tests.data.archive import Archive
from tests.data.files import LargeFile, digest

# More than what stands in the buffers between viewer and task, so that a viewer that stalls stalls the task, too.
MIB = 96
# Longer than the 30 s that Orthanc by itself leaves a file.
STALL_SECONDS = 33


@pytest.mark.parametrize("how", ["POST", "STOW"])
def test_a_large_file_goes_in_and_out_as_it_is(on_s3: Archive, how: str):
    file = LargeFile(MIB)
    instance = on_s3.send(file, how)
    assert digest(on_s3.blocks(f"/instances/{instance}/file")) == digest(file)
    study = on_s3.get(f"/instances/{instance}/study").json()["ID"]
    with zipfile.ZipFile(io.BytesIO(b"".join(on_s3.blocks(f"/studies/{study}/archive")))) as archive:
        [name] = archive.namelist()
        with archive.open(name) as member:
            assert digest(iter(lambda: member.read(1 << 20), b"")) == digest(file)


def test_a_transfer_outlives_its_viewers_stall_and_the_replacement_of_its_task(on_s3: Archive):
    file = LargeFile(MIB)
    instance = on_s3.send(file, "POST")
    before = {task["name"] for task in on_s3.tasks()}
    with ThreadPoolExecutor(1) as pool:
        received = pool.submit(digest, on_s3.blocks(f"/instances/{instance}/file", stall_seconds=STALL_SECONDS))
        ecs = on_s3.embedded.client("ecs")
        [cluster] = ecs.list_clusters()["clusterArns"]
        [service] = ecs.list_services(cluster=cluster)["serviceArns"]
        ecs.update_service(cluster=cluster, service=service, forceNewDeployment=True)
        assert received.result() == digest(file)
    on_s3.eventually(
        lambda: len(on_s3.tasks()) == 2 and not before & {task["name"] for task in on_s3.tasks()},
        "the tasks were not replaced",
    )


def test_uploads_at_once_need_no_more_memory_than_the_settings_allow_for(on_s3: Archive):
    """To one of the tasks that have just begun, whose memory nothing larger was in."""
    task = on_s3.tasks()[0]["name"]
    before = most_mib(task)

    def upload(file: LargeFile) -> int:
        url, headers = f"{on_s3.direct_url(task)}/instances", {"Content-Type": "application/dicom"}
        answer = on_s3.session.post(url, data=file, headers=headers, verify=False, timeout=600)  # type: ignore[arg-type]
        return answer.status_code

    files = [LargeFile(MIB) for _ in range(transfers.UPLOADS_AT_ONCE)]
    with ThreadPoolExecutor(len(files)) as pool:
        assert list(pool.map(upload, files)) == [200] * len(files)
    assert MIB < most_mib(task) - before <= transfers.COPIES_IN_MEMORY * MIB, (
        "at the largest size the task is killed"
    )


def most_mib(task: str) -> int:
    """The most memory that the largest process of the container has had, Orthanc."""
    lines = docker("exec", task, "sh", "-c", "grep --no-filename VmHWM /proc/[0-9]*/status").splitlines()
    return max(int(line.split()[1]) for line in lines) // 1024
