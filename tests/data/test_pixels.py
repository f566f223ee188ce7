"""Images of every kind that pydicom ships are decoded or refused, and whichever they are, no task ends."""

from tests.data.archive import Archive
from tests.data.files import as_new_study, content, parsed, shipped, written

# Some that viewers must show, and the way by which they ask.
SHOWN = {
    "rtdose_1frame.dcm": "frames/1",  # 32 bits, no NumberOfFrames
    "JPEG2000.dcm": "rendered",
    "MR_small_jp2klossless.dcm": "rendered",
    "GDCMJ2K_TextGBR.dcm": "rendered",  # JPEG 2000 in color
    "MR_small_jpeg_ls_lossless.dcm": "rendered",
    "SC_rgb_jpeg_dcmtk.dcm": "rendered",
}
# What the edge answers when the task that was asked has ended.
GONE = (502, 503, 504)


def prepared(name: str) -> bytes:
    """The file as a new study; as it is where pydicom cannot write it again."""
    try:
        return written(as_new_study(parsed(content(name))))
    except (AttributeError, ValueError, TypeError):
        return content(name)


def statuses(archive: Archive, name: str) -> dict[str, int]:
    """What the archive answers to each way of asking for the pixels of the file, which may not even be stored."""

    def status(path: str, data: bytes | None = None) -> int:
        method = "GET" if data is None else "POST"
        return archive.session.request(method, f"{archive.url}{path}", data=data, timeout=120).status_code

    file = prepared(name)
    if (stored := status("/instances", file)) != 200:
        return {"stored": stored}
    dataset = parsed(file)
    uids = dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID
    wado = "/dicom-web/studies/{}/series/{}/instances/{}".format(*uids)
    [found] = archive.session.post(f"{archive.url}/tools/lookup", data=dataset.SOPInstanceUID, timeout=60).json()
    own = {way: status(f"{found['Path']}/{way}") for way in ("preview", "frames/0/image-uint16")}
    return own | {way: status(f"{wado}/{way}") for way in ("frames/1", "rendered")}


def test_no_image_ends_a_task(on_s3: Archive):
    before = {task["name"] for task in on_s3.tasks()}
    # Dose grids of 32 bits, JPEG 2000, JPEG-LS, RLE, color in every form, and files that break rules of DICOM.
    answered = {name: statuses(on_s3, name) for name in shipped()}
    gone = {name: ways for name, ways in answered.items() if set(ways.values()) & set(GONE)}
    assert not gone, "an image ends the task that decodes it, and every other request of that task"
    assert {task["name"] for task in on_s3.tasks()} == before
    assert {name: answered[name].get(way) for name, way in SHOWN.items()} == dict.fromkeys(SHOWN, 200)
