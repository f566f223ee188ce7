"""The pictures of docs/tutorial.md, taken of the running system: `python -m tests.tour` takes all of them anew."""

import math
import tempfile
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pydicom
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from tests.browser import Browser
from tests.data.archive import Archive
from tests.data.files import written
from tests.embedded import PROJECT, Embedded

IMAGES = PROJECT / "docs/images"
PATIENT, STUDY, SERIES = "PHANTOM^TOUR", "Chest without contrast", "Axial 5 mm"
SIZE, SLICES = 256, 6
# In Hounsfield units, and the window with which they are shown.
TISSUES = {"body": 40, "lungs": -750, "heart": 120, "spine": 650}
WINDOW_CENTER, WINDOW_WIDTH = 0, 1600
# … and as grey levels of a picture.
GREYS = {
    tissue: round(255 * (density - WINDOW_CENTER + WINDOW_WIDTH / 2) / WINDOW_WIDTH)
    for tissue, density in TISSUES.items()
}


class Stored(NamedTuple):
    """The phantom in the archive: Orthanc's id of the study, and DICOM's."""

    study: str
    study_uid: str


class Picture(NamedTuple):
    """A page: its path, the JavaScript that is true once it is there, and the buttons that close what hides it."""

    path: Callable[[Stored], str]
    ready: str
    buttons: tuple[str, ...] = ()


def reads(*texts: str) -> str:
    """JavaScript that is true when the page has these texts."""
    return " && ".join(f"document.body && document.body.innerText.includes({text!r})" for text in texts)


# OHIF's canvas is black until the image is there.
DRAWN = (
    "[...document.querySelectorAll('canvas')].some(canvas => canvas.width > 100 && "
    "canvas.getContext('2d').getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data[0] > 10)"
)

# With which OHIF greets everybody.
GREETINGS = ("Skip all", "Confirm and hide")

PICTURES = {
    "patients": Picture(lambda stored: "/app/explorer.html#find-patients", reads(PATIENT)),
    "study": Picture(
        lambda stored: f"/app/explorer.html#study?uuid={stored.study}", reads(STUDY, SERIES, "Open OHIF viewer")
    ),
    "viewer": Picture(
        lambda stored: f"/ohif/viewer?StudyInstanceUIDs={stored.study_uid}",
        f"{reads(SERIES)} && {DRAWN}",
        GREETINGS,
    ),
}


def phantom() -> Iterator[bytes]:
    """A made-up CT of a made-up patient: body, lungs and spine as ellipses, in Hounsfield units."""
    study, series = generate_uid(), generate_uid()
    for number in range(SLICES):
        dataset = pydicom.Dataset()
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = CTImageStorage
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study, series
        dataset.PatientName, dataset.PatientID, dataset.PatientSex = PATIENT, "TOUR-1", "O"
        dataset.PatientBirthDate, dataset.StudyDate, dataset.StudyTime = "19700101", "20261126", "120000"
        dataset.StudyDescription, dataset.SeriesDescription, dataset.Modality = STUDY, SERIES, "CT"
        dataset.AccessionNumber, dataset.StudyID, dataset.SeriesNumber = "A1", "1", 1
        dataset.InstanceNumber = number + 1
        dataset.ImagePositionPatient = [0, 0, 5 * number]
        dataset.ImageOrientationPatient, dataset.PixelSpacing = [1, 0, 0, 0, 1, 0], [1.5, 1.5]
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
        dataset.Rows = dataset.Columns = SIZE
        dataset.BitsAllocated = dataset.BitsStored = 16
        dataset.HighBit, dataset.PixelRepresentation = 15, 1
        dataset.RescaleIntercept, dataset.RescaleSlope = 0, 1
        dataset.WindowCenter, dataset.WindowWidth = WINDOW_CENTER, WINDOW_WIDTH
        dataset.PixelData = array("h", _slice(number)).tobytes()
        yield written(dataset)


def _slice(number: int) -> Iterator[int]:
    wider = 0.02 * number
    # Centre, half axes (of half the image), Hounsfield units; the last that holds a pixel counts.
    ellipses = (
        (0, 0, 0.9, 0.65, TISSUES["body"]),
        (-0.42, -0.05, 0.25 + wider, 0.42, TISSUES["lungs"]),
        (0.42, -0.05, 0.25 + wider, 0.42, TISSUES["lungs"]),
        (0.08, -0.1, 0.2, 0.24, TISSUES["heart"]),
        (0, 0.42, 0.11, 0.12, TISSUES["spine"]),
    )
    for row in range(SIZE):
        y = 2 * row / SIZE - 1
        for column in range(SIZE):
            x = 2 * column / SIZE - 1
            found = -1000
            for left, top, wide, high, density in ellipses:
                if math.hypot((x - left) / wide, (y - top) / high) <= 1:
                    found = density
            yield found


def store(archive: Archive) -> Stored:
    """Store the phantom."""
    instance = [archive.store(file) for file in phantom()][-1]
    study = archive.get(f"/instances/{instance}/study").json()
    return Stored(study["ID"], study["MainDicomTags"]["StudyInstanceUID"])


def take(browser: Browser, name: str, stored: Stored) -> tuple[bytes, str]:
    """The picture `name` of the tour as PNG, and what can be read on it. The browser must know the password."""
    picture = PICTURES[name]
    browser.open(picture.path(stored))
    browser.wait_for(picture.ready)
    for button in picture.buttons:
        browser.press(button)
    return browser.picture(), browser.text()


def main() -> None:
    """Deploy in a workspace of its own, take the pictures, destroy."""
    with tempfile.TemporaryDirectory(prefix="orthanc-tour-") as directory:
        embedded = Embedded(Path(directory))
        try:
            embedded.local("up")
            embedded.enter()
            archive = Archive(embedded)
            stored = store(archive)
            with Browser(archive) as browser:
                browser.remember()
                for name in PICTURES:
                    picture, _ = take(browser, name, stored)
                    (IMAGES / f"tour-{name}.png").write_bytes(picture)
                    print(f"{name}: {len(picture) // 1024} KiB", flush=True)
        finally:
            embedded.local("down")


if __name__ == "__main__":
    main()
