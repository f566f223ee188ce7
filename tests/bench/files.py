"""What people wait for when they store and open images, on one task."""

import random
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pydicom
import requests
from pydicom.uid import CTImageStorage, generate_uid
from pynetdicom import AE, build_role, evt
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelGet  # type: ignore[attr-defined]

from components.config import Settings
from components.config.transfers import UPLOADS_AT_ONCE
from tests.bench.memory import peak_mib
from tests.bench.table import Rows, seconds
from tests.data.archive import SUCCESS, Archive
from tests.data.files import LargeFile, as_new_study, made_up, written

SENDERS, VIEWERS = 8, 20
SENT, SENT_SIDE = 400, 316  # instances; pixels a side of an image of 16 bits: 0.2 MB
STUDY, STUDY_SIDE = 500, 500  # 0.5 MB each
RENDERED = 100
STUDIES = 8
AT_ONCE = (4, 8)
_ATTEMPTS = 10
# What POST and STOW-RS answer when a transaction in the index failed, since others were faster.
_BUSY = (requests.codes.unavailable, requests.codes.bad_request)


class Study(NamedTuple):
    """A study in the archive: its UID, Orthanc's id, and the paths of its instances in DICOMweb."""

    uid: str
    id: str
    instances: list[str]


def stored(archive: Archive) -> list[Study]:
    """New studies of `STUDY` instances of 0.5 MB, each from one sender."""
    with ThreadPoolExecutor(STUDIES) as pool:
        return list(pool.map(lambda _: _stored(archive), range(STUDIES)))


def _stored(archive: Archive) -> Study:
    paths = []
    for image in _images(STUDY, STUDY_SIDE):
        _insist(archive.store, written(image))
        series = f"/dicom-web/studies/{image.StudyInstanceUID}/series/{image.SeriesInstanceUID}"
        paths.append(f"{series}/instances/{image.SOPInstanceUID}")
    uid = paths[0].split("/")[3]
    [found] = archive.session.post(f"{archive.url}/tools/lookup", data=uid, timeout=60).json()
    return Study(uid, found["ID"], paths)


def read_whole(archive: Archive, studies: list[Study], rows: Rows, where: str = "") -> None:
    """Read three studies as a whole, each in another way; `where` ends the names of the rows."""
    zipped, retrieved, sent, *_ = studies
    for way, read in (
        ("WADO-RS", lambda: _read(archive, f"/dicom-web/studies/{retrieved.uid}")),
        ("ZIP", lambda: _read(archive, f"/studies/{zipped.id}/archive")),
        ("C-GET", lambda: _c_get(archive, sent)),
    ):
        rows.add(f"study of {STUDY} x 0.5 MB, {way}{where}", seconds(read), "s")


def measure(archive: Archive, studies: list[Study], rows: Rows) -> None:
    """Read `STUDIES` studies, none of which this task has read before."""
    read_whole(archive, studies, rows)
    framed, rendered, opened, *_ = studies[3:]
    rows.add("first image of a study, from its UID", seconds(_first_image, archive, opened), "s")
    for name, paths in (
        ("frames", [f"{each}/frames/1" for each in framed.instances]),
        ("rendered frames", [f"{each}/rendered" for each in rendered.instances[:RENDERED]]),
    ):
        rows.add(f"{name}, {VIEWERS} at once", len(paths) / seconds(_get_all, archive, paths), "/s")
    rows.add("memory at its highest", peak_mib(archive), "MiB")
    for count in AT_ONCE:
        paths = [f"/studies/{each.id}/archive" for each in studies[:count]]
        rows.add(f"{count} such studies at once, ZIP", seconds(_read_all, archive, paths), "s")
        rows.add(f"memory at its highest with {count} studies", peak_mib(archive), "MiB")
    paths = [f"/studies/{each.id}/archive" for each in studies[: AT_ONCE[0]]]
    rows.add(f"the same {AT_ONCE[0]} and the largest uploads", seconds(_read_and_upload, archive, paths), "s")
    rows.add("memory at its highest with uploads", peak_mib(archive), "MiB")


def ingest(archive: Archive, rows: Rows, where: str = "") -> None:
    """Store new small images, each sender a study; `where` ends the names of the rows."""
    [port] = archive.dicom_ports()
    web = archive.dicomweb()
    for name, send in (
        ("C-STORE", lambda images: archive.c_store_all(images, port, _ATTEMPTS)),
        ("STOW-RS", lambda images: [_insist(lambda one: web.store_instances([one]), image) for image in images]),
    ):
        series = [list(_images(SENT // SENDERS, SENT_SIDE)) for _ in range(SENDERS)]
        taken = seconds(_side_by_side, send, series)
        rows.add(f"{name}, {SENDERS} senders of instances of 0.2 MB{where}", SENT / taken, "/s")


def _images(count: int, side: int) -> Iterable[pydicom.Dataset]:
    """CT images of `side` x `side` pixels of 16 bits that do not shrink, of one new series of a new patient."""
    study, series, noise = generate_uid(), generate_uid(), random.Random(count)  # noqa: S311 - pixels
    pixels = noise.randbytes(side * side * 2)
    for number in range(count):
        image = as_new_study(made_up(PatientID=study[-16:], InstanceNumber=number + 1))
        image.StudyInstanceUID, image.SeriesInstanceUID = study, series
        image.Rows = image.Columns = side
        image.BitsAllocated = image.BitsStored = 16
        image.HighBit = 15
        image.PixelData = number.to_bytes(8, "little") + pixels[8:]
        image["PixelData"].VR = "OW"
        yield image


def _insist(send: Callable[[Any], Any], file: Any) -> None:
    """Send a file, and again while the index is busy, as senders do."""
    for _ in range(_ATTEMPTS):
        try:
            send(file)
        except requests.HTTPError as error:
            if error.response.status_code not in _BUSY:
                raise
        else:
            return
    raise AssertionError(f"not stored by {_ATTEMPTS} attempts")


def _side_by_side(do: Callable[[Any], Any], subjects: Sequence[Any], at_once: int = 0) -> None:
    with ThreadPoolExecutor(at_once or len(subjects)) as pool:
        list(pool.map(do, subjects))


def _c_get(archive: Archive, study: Study) -> None:
    [port] = archive.dicom_ports()
    caller = {"AET": "READER", "Host": "127.0.0.1", "Port": 104, "AllowGet": True}
    archive.session.put(f"{archive.url}/modalities/reader", json=caller, timeout=60).raise_for_status()
    query = pydicom.Dataset()
    query.QueryRetrieveLevel, query.StudyInstanceUID = "STUDY", study.uid
    received = 0

    def receive(event: evt.Event) -> int:
        nonlocal received
        received += len(event.encoded_dataset(include_meta=False))
        return SUCCESS

    entity = AE(ae_title="READER")
    entity.add_requested_context(StudyRootQueryRetrieveInformationModelGet)
    entity.add_requested_context(CTImageStorage)
    association = entity.associate(
        "127.0.0.1",
        port,
        ae_title=archive.aet,
        ext_neg=[build_role(CTImageStorage, scp_role=True)],
        evt_handlers=[(evt.EVT_C_STORE, receive)],
    )
    assert association.is_established, "the archive takes no association of the reader"
    *_, (status, _) = association.send_c_get(query, StudyRootQueryRetrieveInformationModelGet)
    association.release()
    assert status.Status == SUCCESS, f"C-GET failed with {status}"
    assert received > STUDY * STUDY_SIDE**2 * 2, "C-GET lacks a part of the study"


def _read(archive: Archive, path: str) -> None:
    read = sum(map(len, archive.blocks(path)))
    assert read > STUDY * STUDY_SIDE**2 * 2, f"{path} lacks a part of the study"


def _read_all(archive: Archive, paths: list[str]) -> None:
    _side_by_side(lambda path: _read(archive, path), paths)


def _get_all(archive: Archive, paths: list[str]) -> None:
    _side_by_side(archive.get, paths, VIEWERS)


def _read_and_upload(archive: Archive, paths: list[str]) -> None:
    files = [LargeFile(Settings().largest_study_mib - 1) for _ in range(UPLOADS_AT_ONCE)]
    work = [lambda path=path: _read(archive, path) for path in paths]
    work += [lambda file=file: archive.send(file, "POST") for file in files]
    _side_by_side(lambda do: do(), work)


def _first_image(archive: Archive, study: Study) -> None:
    """What a viewer asks until it draws the first image."""
    archive.get(f"/dicom-web/studies?StudyInstanceUID={study.uid}")
    archive.get(f"/dicom-web/studies/{study.uid}/series")
    series = study.instances[0].rpartition("/instances/")[0]
    archive.get(f"{series}/metadata")
    archive.get(f"{study.instances[0]}/frames/1")
