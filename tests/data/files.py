"""Real DICOM files, those that pydicom ships."""

import io
from pathlib import Path

import pydicom
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid


def content(name: str) -> bytes:
    """The file as it is."""
    path = get_testdata_file(name, download=False)
    assert isinstance(path, str), f"pydicom no longer ships {name}"
    return Path(path).read_bytes()


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


def new_file(name: str) -> bytes:
    """A shipped file as a new study."""
    return written(as_new_study(parsed(content(name))))
