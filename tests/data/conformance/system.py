"""The running system as the checks see it: associations, requests, and what they have stored in it."""

import ssl
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import pydicom
import requests
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    generate_uid,
)
from pynetdicom.association import Association

from tests.data.files import as_new_study, content, made_up, parsed, written, zipped
from tests.data.modalities import SOP, Opened

# What all studies of a check that searches have, so that it finds no others.
SCOPE = f"CONFORMANCE {generate_uid()[-16:]}"
# As many instances as a large CT has; ten times of what some archives answer at most.
MANY = 1000
FRAMES = 15

# Presentation Context Definition results, DICOM PS3.8, table 9-18.
RESULTS = {0: "accepted", 3: "refused: abstract syntax", 4: "refused: transfer syntaxes"}


class Stored(NamedTuple):
    """An instance in the archive, and the paths of DICOMweb to it."""

    dataset: pydicom.Dataset

    @property
    def study(self) -> str:
        return f"/dicom-web/studies/{self.dataset.StudyInstanceUID}"

    @property
    def series(self) -> str:
        return f"{self.study}/series/{self.dataset.SeriesInstanceUID}"

    @property
    def instance(self) -> str:
        return f"{self.series}/instances/{self.dataset.SOPInstanceUID}"


class System:
    """The deployment with DICOM let in, and the studies that checks share, stored when they are asked for."""

    def __init__(self, opened: Opened, tls: ssl.SSLContext | None = None):
        """`tls` once the DICOM listener speaks TLS: a context that trusts it."""
        self.opened, self.archive, self.tls = opened, opened.archive, tls

    # Associations

    def associate(self, *contexts: Any, title: str = "PACS", **more: Any) -> Association:
        """An association that has been accepted. A context is a SOP class, or one with its transfer syntaxes."""
        association = self.opened.associate(title, SOP.Verification, *contexts, **more)
        assert association.is_established, "the association was not accepted"
        return association

    def results(self, *contexts: tuple[UID, Sequence[UID]]) -> list[str]:
        """What becomes of each proposed presentation context, in order."""
        found: list[str] = []
        for first in range(0, len(contexts), 100):  # an association proposes 128 at most
            association = self.associate(*contexts[first : first + 100])
            answers = [*association.accepted_contexts, *association.rejected_contexts]
            by_id = {context.context_id or 0: RESULTS[context.result or 0] for context in answers}
            association.release()
            _, *proposed = sorted(by_id)  # the first one is Verification
            found += [by_id[each] for each in proposed]
        return found

    def operation(
        self, model: UID, send: Callable[..., Any], identifier: pydicom.Dataset, **more: Any
    ) -> list[tuple[pydicom.Dataset, pydicom.Dataset | None]]:
        """The responses to C-FIND, C-MOVE or C-GET: `send` takes the association, the identifier and the model."""
        association = self.associate(model, **more)
        answers = list(send(association, identifier, model))
        association.release()
        return answers

    def find(
        self, level: str | None = "STUDY", model: UID = SOP.StudyRootQueryRetrieveInformationModelFind, **keys: Any
    ) -> tuple[list[pydicom.Dataset], int]:
        """The identifiers that C-FIND answers with, and its last status."""
        *answers, (last, _) = self.operation(
            model, lambda association, *given: association.send_c_find(*given), identifier(level, **keys)
        )
        return [answer for _, answer in answers if answer], last.Status

    # Requests

    def http(
        self, path: str, method: str = "GET", data: Any = None, accept: str | None = None, **headers: str
    ) -> requests.Response:
        """A request of the archive, as admin."""
        given: Any = {"Accept": accept}  # None leaves out the one that requests would send
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"{self.archive.url}{path}"
        return self.archive.session.request(method, url, data=data, headers=given, timeout=120)

    # What is stored

    def store(self, *datasets: pydicom.Dataset) -> None:
        """Put data sets into the archive, by its REST API."""
        body = zipped(map(written, datasets))
        answer = self.archive.session.post(f"{self.archive.url}/instances", data=body, timeout=300)
        answer.raise_for_status()

    def _stored(self, dataset: pydicom.Dataset) -> Stored:
        self.store(dataset)
        return Stored(dataset)

    @cached_property
    def ct(self) -> Stored:
        """An uncompressed CT image."""
        return self._stored(as_new_study(parsed(content("CT_small.dcm"))))

    @cached_property
    def jpeg(self) -> Stored:
        """A color image in JPEG Baseline."""
        return self._stored(as_new_study(parsed(content("SC_rgb_jpeg_dcmtk.dcm"))))

    @cached_property
    def frames(self) -> Stored:
        """An uncompressed image of FRAMES frames."""
        pixels = b"".join(bytes([number]) * 64 for number in range(FRAMES))
        kind = MultiFrameGrayscaleByteSecondaryCaptureImageStorage
        return self._stored(made_up(SOPClassUID=kind, NumberOfFrames=FRAMES, PixelData=pixels))

    @cached_property
    def report(self) -> Stored:
        """A structured report, which has no pixels."""
        return self._stored(as_new_study(parsed(content("test-SR.dcm"))))

    @cached_property
    def pair(self) -> Stored:
        """The first of two series of one study, of two instances each."""
        shared = {"PatientID": generate_uid()[-16:], "StudyDescription": "PAIR", "StationName": "CT7"}
        first, *others = [made_up(InstanceNumber=number, **shared) for number in (1, 2, 3, 4)]
        other_series = generate_uid()
        for number, each in enumerate(others):
            each.StudyInstanceUID = first.StudyInstanceUID
            each.SeriesInstanceUID = other_series if number else first.SeriesInstanceUID
        self.store(first, *others)
        return Stored(first)

    @cached_property
    def many(self) -> Stored:
        """The first of MANY instances of one series."""
        uids = {"StudyInstanceUID": generate_uid(), "SeriesInstanceUID": generate_uid(), "PatientID": "THOUSAND"}
        datasets = [made_up(InstanceNumber=number, **uids) for number in range(1, MANY + 1)]
        self.store(*datasets)
        return Stored(datasets[0])


def identifier(level: str | None = "STUDY", **keys: Any) -> pydicom.Dataset:
    """The identifier of a query or a retrieval. Without a level it lacks one."""
    dataset = pydicom.Dataset()
    if level:
        dataset.QueryRetrieveLevel = level
    for keyword, value in keys.items():
        setattr(dataset, keyword, value)
    return dataset


def proposed(sop_class: UID, *syntaxes: UID) -> tuple[UID, Sequence[UID]]:
    """A presentation context; explicit VR little endian unless it says otherwise."""
    return sop_class, list(syntaxes or (ExplicitVRLittleEndian,))
