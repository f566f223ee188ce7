"""Real DICOM files through the deployed system: what goes in comes back identical, and survives."""

import hashlib
import subprocess

import pytest
import requests

from tests.data.archive import Archive
from tests.data.files import as_new_study, content, new_file, parsed

# Of every kind that matters: uncompressed, big endian, RLE, JPEG, JPEG 2000, several frames, no pixels at all.
FILES = [
    *("CT_small.dcm", "MR_small.dcm", "MR_small_RLE.dcm", "ExplVR_BigEnd.dcm", "JPEG-lossy.dcm"),
    *("examples_jpeg2k.dcm", "examples_overlay.dcm", "SC_rgb_rle_2frame.dcm", "rtplan.dcm", "test-SR.dcm"),
]


@pytest.mark.parametrize("name", FILES)
def test_a_file_comes_back_byte_for_byte(archive: Archive, name: str):
    file = content(name)
    instance = archive.store(file)
    assert archive.get(f"/instances/{instance}/file").content == file


def test_c_store_and_back_over_dicomweb(archive: Archive):
    sent = as_new_study(parsed(content("CT_small.dcm")))
    archive.c_store(sent, archive.dicom_ports()[0])
    [back] = archive.dicomweb().retrieve_study(sent.StudyInstanceUID)
    assert back == sent
    assert back.PixelData == sent.PixelData


def test_stow_qido_wado(archive: Archive):
    client = archive.dicomweb()
    sent = [as_new_study(parsed(content(name))) for name in ("MR_small.dcm", "rtplan.dcm")]
    client.store_instances(sent)
    for dataset in sent:
        uid = dataset.StudyInstanceUID
        [study] = client.search_for_studies(search_filters={"StudyInstanceUID": uid})
        assert study["0020000D"]["Value"] == [uid]
        [back] = client.retrieve_study(uid)
        assert back == dataset
        [metadata] = client.retrieve_study_metadata(uid)
        assert metadata["00080018"]["Value"] == [dataset.SOPInstanceUID]


def test_links_are_https_under_the_public_name(archive: Archive):
    archive.store(content("CT_small.dcm"))
    studies = archive.get("/dicom-web/studies").json()
    links = [study["00081190"]["Value"][0] for study in studies]
    assert links and all(link.startswith(f"{archive.public_url}/dicom-web/studies/") for link in links)


def test_who_is_not_let_in(archive: Archive):
    for credentials in (None, ("admin", "wrong"), ("orthanc", "orthanc")):
        answer = requests.get(f"{archive.url}/studies", auth=credentials, timeout=30)
        assert answer.status_code == 401, f"{credentials} read the list of studies"


def test_an_association_needs_the_right_title(archive: Archive):
    [port, *_] = archive.dicom_ports()
    assert archive.calls_itself(archive.aet, port)
    assert not archive.calls_itself("SOMEBODYELSE", port)


def test_objects_are_in_the_deployed_bucket(on_s3: Archive):
    s3 = on_s3.embedded.client("s3")
    [bucket] = [listed["Name"] for listed in s3.list_buckets()["Buckets"]]

    def stored() -> set[str]:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return {found["Key"] for page in pages for found in page.get("Contents", [])}

    before, file = stored(), new_file("MR_small.dcm")
    on_s3.store(file)
    bodies = [s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in stored() - before]
    assert file in bodies, "the file is somewhere else than in the stack's bucket"


def test_files_are_in_the_deployed_file_system(on_efs: Archive):
    file = new_file("MR_small.dcm")
    on_efs.store(file)
    [file_system] = on_efs.embedded.client("efs").describe_file_systems()["FileSystems"]
    volume = f"{on_efs.embedded.workspace.slug}-{file_system['FileSystemId']}"
    [task] = on_efs.tasks()
    root = ["docker", "run", "--rm", "--volume", f"{volume}:/files", "--entrypoint", "sh", task["image"], "-c"]
    sizes = subprocess.run(
        [*root, "find /files -type f -size -64k -exec sha256sum {} +"], capture_output=True, text=True, check=True
    )
    assert hashlib.sha256(file).hexdigest() in sizes.stdout, (
        "the file is somewhere else than on the stack's file system"
    )


def test_two_tasks_see_each_others_studies(on_s3: Archive):
    tasks = on_s3.tasks()
    assert len(tasks) == 2
    for here, there in (tasks, tasks[::-1]):
        sent = as_new_study(parsed(content("CT_small.dcm")))
        on_s3.c_store(sent, here["ports"]["4242"])
        assert on_s3.found_by(there["name"], sent.StudyInstanceUID) == [sent.StudyInstanceUID]


def test_everything_survives_kill_9(archive: Archive):
    file = new_file("CT_small.dcm")
    instance = archive.store(file)
    before = {task["name"] for task in archive.tasks()}
    archive.kill("database")
    archive.kill("task")
    archive.eventually(
        lambda: len({task["name"] for task in archive.tasks()} - before) == len(before),
        "no new tasks took the place of those that were killed",
    )
    archive.eventually(lambda: archive.get("/changes"), "Orthanc does not answer again")
    assert archive.get(f"/instances/{instance}/file").content == file
