"""Real DICOM files, those that pydicom ships, and large ones that are made while they are sent."""

import hashlib
import io
import random
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pydicom
from pydicom.data import get_testdata_file
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    ExplicitVRLittleEndian,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    generate_uid,
)


def content(name: str) -> bytes:
    """The file as it is."""
    path = get_testdata_file(name, download=False)
    assert isinstance(path, str), f"pydicom no longer ships {name}"
    return Path(path).read_bytes()


def shipped() -> list[str]:
    """The names of all DICOM files that pydicom ships."""
    some = get_testdata_file("CT_small.dcm", download=False)
    assert isinstance(some, str), "pydicom ships no files any more"
    return sorted(path.name for path in Path(some).parent.glob("*.dcm"))


def parsed(file: bytes) -> pydicom.Dataset:
    """The data set of a DICOM file."""
    return pydicom.dcmread(io.BytesIO(file), force=True)


def written(dataset: pydicom.Dataset) -> bytes:
    """The DICOM file of a data set."""
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def as_new_study(dataset: pydicom.Dataset) -> pydicom.Dataset:
    """The same under new identifiers, so that nothing stored it before."""
    dataset.StudyInstanceUID = generate_uid()
    dataset.SeriesInstanceUID = generate_uid()
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    return dataset


def made_up(**tags: object) -> pydicom.Dataset:
    """A small CT image that `tags` describe, by keyword; a new study unless they say which."""
    dataset = pydicom.Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = CTImageStorage
    dataset.PatientID, dataset.PatientName, dataset.Modality = "MADE-UP", "MADE^UP", "CT"
    dataset.StudyDate, dataset.InstanceNumber = "20240102", 1
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows = dataset.Columns = dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation, dataset.PixelData = 7, 0, bytes(64)
    as_new_study(dataset)
    for keyword, value in tags.items():
        setattr(dataset, keyword, value)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    return dataset


def zipped(files: Iterable[bytes]) -> bytes:
    """The files in one archive, which Orthanc unpacks."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, file in enumerate(files):
            archive.writestr(f"{number}.dcm", file)
    return buffer.getvalue()


def new_file(name: str) -> bytes:
    """A shipped file as a new study."""
    return written(as_new_study(parsed(content(name))))


MIB = 1 << 20
_BOUNDARY = "part"


class LargeFile:
    """A new study: one multi-frame object of `mib` MiB that does not shrink, made block by block when iterated."""

    def __init__(self, mib: int):
        self.mib = mib
        dataset = pydicom.Dataset()
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.SOPClassUID = MultiFrameGrayscaleWordSecondaryCaptureImageStorage
        dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
        dataset.PatientID, dataset.Modality = "LARGE", "OT"
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
        dataset.Rows = dataset.Columns = 512
        dataset.NumberOfFrames = mib * 2
        dataset.BitsAllocated = dataset.BitsStored = 16
        dataset.HighBit, dataset.PixelRepresentation = 15, 0
        self.study_uid = as_new_study(dataset).StudyInstanceUID
        element = b"\xe0\x7f\x10\x00OW\0\0" + (mib * MIB).to_bytes(4, "little")  # pixel data, and its length
        self._head = written(dataset) + element
        self._block = random.Random(mib).randbytes(MIB - 8)  # noqa: S311 - pixels

    def __len__(self) -> int:
        return len(self._head) + self.mib * MIB

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        for number in range(self.mib):
            yield number.to_bytes(8, "little") + self._block


class StowRequest:
    """The body of a STOW-RS request with one file, and its content type."""

    content_type = f'multipart/related; type="application/dicom"; boundary={_BOUNDARY}'

    def __init__(self, file: LargeFile):
        self._head = f"--{_BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        self._file, self._tail = file, f"\r\n--{_BOUNDARY}--\r\n".encode()

    def __len__(self) -> int:
        return len(self._head) + len(self._file) + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        yield from self._file
        yield self._tail


def digest(blocks: Iterable[bytes]) -> str:
    """SHA-256 of a file in blocks."""
    made = hashlib.sha256()
    for block in blocks:
        made.update(block)
    return made.hexdigest()
