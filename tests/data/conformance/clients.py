"""The clients that people use read a study of a thousand instances as a whole."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom

from local.images import docker, ensure_dcmtk_image
from tests.data.conformance.claims import Check, Claim, Section
from tests.data.conformance.retrieval import ended, got, moved
from tests.data.conformance.system import MANY, System
from tests.data.files import made_up, written
from tests.data.modalities import PACS_PORT


def _found(system: System) -> str:
    uid = {"StudyInstanceUID": system.many.dataset.StudyInstanceUID}
    answers, status = system.find("IMAGE", SOPInstanceUID="", **uid)
    return f"{len({each.SOPInstanceUID for each in answers})} instances, {status:04X}H"


def _retrieved(way: Callable[..., tuple[list[Any], list[pydicom.Dataset]]]) -> Check:
    def measure(system: System) -> str:
        return ended(*way(system, "STUDY", {"StudyInstanceUID": system.many.dataset.StudyInstanceUID}))

    return measure


def _by_web(ask: Callable[[Any, str], list[Any]]) -> Check:
    def measure(system: System) -> str:
        answers = ask(system.archive.dicomweb(), system.many.dataset.StudyInstanceUID)
        return f"{len(answers)} instances"

    return measure


def _dcmtk(command: str, *options: str) -> Check:
    """A program of DCMTK's, on the machine's network, and how many files it has then written."""

    def measure(system: System) -> str:
        dicom, uid = system.archive.embedded.status()["dicom"], system.many.dataset.StudyInstanceUID
        title = "SCANNER" if command == "storescu" else "PACS"
        called = ("-aet", title, "-aec", dicom["aet"], dicom["host"], str(dicom["port"]))
        given = [option.format(uid=uid, port=PACS_PORT) for option in options]
        with tempfile.TemporaryDirectory() as directory:
            (Path(directory) / "sent.dcm").write_bytes(written(made_up()))
            user = f"--user={os.getuid()}:{os.getgid()}"  # so that the directory can be removed
            # By itself DCMTK waits for an acknowledgment before each second packet, 40 ms or more.
            at_once = "--env=TCP_NODELAY=1"
            run = (
                "run",
                "--rm",
                "--network=host",
                user,
                at_once,
                f"--volume={directory}:/files",
                "--workdir=/files",
            )
            docker(*run, ensure_dcmtk_image(print), command, *called, *given)
            files = len(list(Path(directory).iterdir())) - 1
        return f"{files} instances" if files else "succeeds"

    return measure


_STUDY = ("-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID={uid}")
_IMAGES = ("-k", "QueryRetrieveLevel=IMAGE", "-k", "StudyInstanceUID={uid}", "-k", "SOPInstanceUID")
_ALL = f"{MANY} instances"
_DONE = f"{MANY} received, 0000H"

SECTIONS = [
    Section(
        "Clients",
        ["client", "a study of a thousand instances"],
        [
            Claim("DCMTK `findscu`", _ALL, _dcmtk("findscu", "-S", "-X", *_IMAGES)),
            Claim("DCMTK `getscu`", _ALL, _dcmtk("getscu", "-S", *_STUDY)),
            Claim("DCMTK `movescu`", _ALL, _dcmtk("movescu", "-S", "+P", "{port}", *_STUDY)),
            Claim("DCMTK `echoscu`", "succeeds", _dcmtk("echoscu")),
            Claim("DCMTK `storescu`, one instance", "succeeds", _dcmtk("storescu", "sent.dcm")),
            Claim("pynetdicom, C-FIND", f"{_ALL}, 0000H", _found),
            Claim("pynetdicom, C-GET", _DONE, _retrieved(got)),
            Claim("pynetdicom, C-MOVE", _DONE, _retrieved(moved)),
            Claim("dicomweb-client, search", _ALL, _by_web(lambda client, uid: client.search_for_instances(uid))),
            Claim("dicomweb-client, instances", _ALL, _by_web(lambda client, uid: client.retrieve_study(uid))),
            Claim(
                "dicomweb-client, metadata", _ALL, _by_web(lambda client, uid: client.retrieve_study_metadata(uid))
            ),
        ],
        "What OHIF shows in a real browser is in [viewers](../how-to/viewers.md#ohif).",
    ),
]
