"""Modalities as they meet the deployment: through the network load balancer, each from its own address.

They are in this process. Their addresses are this machine's ends of docker networks, which a task sees as they
are; a firewall of this machine must let containers reach them.
"""

import contextlib
import ssl
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import pydicom
from pydicom.uid import CTImageStorage
from pynetdicom import AE, build_role, evt, sop_class
from pynetdicom.association import Association

from local.images import docker
from local.runner import containers
from tests.data.archive import REJECTIONS, SUCCESS, Archive
from tests.data.files import as_new_study, content, parsed
from tests.embedded import Embedded

CERTIFIED = "dicom.hospital.example.org"
SOP: Any = sop_class  # which makes its names when they are asked for
FIND, MOVE, GET = (
    getattr(SOP, f"StudyRootQueryRetrieveInformationModel{what}") for what in ("Find", "Move", "Get")
)
# A vendor's own, which no table of storage classes has.
PRIVATE_SOP_CLASS = "1.3.12.2.1107.5.9.1"
# Where modalities listen, in the tests; nothing is published there.
SCANNER_PORT, PACS_PORT, UNLISTED_PORT = 11114, 11113, 11115


@lru_cache
def _listener(embedded: Embedded) -> dict[str, Any]:
    """Host, port and called title of the network load balancer: this workspace's own, so that they stay."""
    return embedded.status()["dicom"]


class Network(NamedTuple):
    """This machine's addresses: `near` is scanner's and PACS's, `far` a third modality's, `outside` nobody's."""

    near: str
    far: str
    outside: str


class Opened(NamedTuple):
    """The deployment with DICOM let in."""

    archive: Archive
    network: Network

    def associate(
        self,
        title: str,
        *contexts: Any,
        called: str = "",
        address: str = "",
        tls: ssl.SSLContext | None = None,
        keep: Callable[[evt.Event], int] | None = None,
        patience: float = 30,
        negotiate: Sequence[Any] = (),
    ) -> Association:
        """An association as `title`, which may be refused; `keep` takes what C-GET brings.

        A context is a SOP class, or one with its transfer syntaxes. `negotiate` has further items of the proposal.
        """
        entity = AE(ae_title=title)
        entity.acse_timeout = entity.dimse_timeout = patience
        for context in contexts or (SOP.Verification,):
            entity.add_requested_context(*context if isinstance(context, tuple) else (context,))
        roles = [build_role(CTImageStorage, scp_role=True)] if GET in contexts else []
        dicom = _listener(self.archive.embedded)
        return entity.associate(
            dicom["host"],
            dicom["port"],
            ae_title=called or dicom["aet"],
            bind_address=(address or self.network.near, 0),
            tls_args=(tls, CERTIFIED) if tls else None,  # type: ignore[arg-type]
            ext_neg=[*roles, *negotiate],
            evt_handlers=[REJECTIONS, *([(evt.EVT_C_STORE, keep)] if keep else [])],
        )

    def is_let_in(self, title: str, **more: Any) -> bool:
        """Whether C-ECHO succeeds."""
        association = self.associate(title, **more)
        if not association.is_established:
            return False
        status = association.send_c_echo()
        association.release()
        return status.get("Status") == SUCCESS

    def store(self, dataset: pydicom.Dataset, title: str = "SCANNER", **more: Any) -> int | None:
        """C-STORE; its status, None where Orthanc gives none or takes no association for this kind of object."""
        association = self.associate(title, dataset.SOPClassUID, **more)
        if not association.is_established:
            return None
        status = association.send_c_store(dataset)
        association.release()
        return status.get("Status")

    def found(
        self, title: str = "PACS", level: str = "STUDY", **more: Any
    ) -> tuple[list[pydicom.Dataset], int | None]:
        """C-FIND with the tags of `more`, from `address` if it is there; the answers and the last status."""
        address = more.pop("address", "")
        association = self.associate(title, FIND, address=address)
        assert association.is_established
        identifier = pydicom.Dataset()
        identifier.QueryRetrieveLevel = level
        for keyword, value in more.items():
            setattr(identifier, keyword, value)
        *answers, (last, _) = list(association.send_c_find(identifier, FIND))
        association.release()
        return [answer for _, answer in answers if answer], last.get("Status")


def opened(archive: Archive) -> Iterator[Opened]:
    """DICOM let in to three modalities, SCANNER, PACS and THIRD."""
    workspace = archive.embedded.workspace
    names = [f"{workspace.slug}-{name}" for name in ("far", "outside")]
    try:
        for name in names:
            # Otherwise docker puts another address in place of the sender's.
            plain = "--opt=com.docker.network.bridge.enable_ip_masquerade=false"
            docker("network", "create", f"--label=orthanc.workspace={workspace.slug}", plain, name)
        ends = [docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", n) for n in names]
        network = Network(containers.gateway(workspace), *ends)
        archive.deploy(
            dicomIngress="internal",
            dicomAllowedCidrs=[f"{network.near}/32", f"{network.far}/32"],
            dicomModalities=[
                modality("SCANNER", network.near, SCANNER_PORT, "echo", "store", "storageCommitment"),
                modality("PACS", network.near, PACS_PORT, "echo", "find", "get", "move"),
                modality("THIRD", network.far, 104, "echo"),
            ],
        )
        yield Opened(archive, network)
    finally:
        for name in names:
            containers.remove("network", name)


def modality(aet: str | int, host: str, port: int, *allow: str) -> dict[str, Any]:
    """One of dicomModalities; without `allow` a destination."""
    return {"aet": aet, "host": host, "port": port} | ({"allow": list(allow)} if allow else {})


@contextlib.contextmanager
def listening(
    title: str, address: tuple[str, int], *contexts: Any, **handlers: Callable[..., Any]
) -> Iterator[None]:
    """A modality that takes associations; `handlers` by the name of pynetdicom's event.

    A context is a SOP class, or one with its transfer syntaxes.
    """
    entity = AE(ae_title=title)
    for context in (SOP.Verification, *contexts):
        given = context if isinstance(context, tuple) else (context,)
        entity.add_supported_context(*given, scu_role=True, scp_role=True)
    bound = [(getattr(evt, name), handler) for name, handler in handlers.items()]
    server = entity.start_server(address, block=False, evt_handlers=bound)  # type: ignore[arg-type]
    assert server
    try:
        yield
    finally:
        server.shutdown()


def new_ct() -> pydicom.Dataset:
    """A CT image as a new study."""
    dataset = as_new_study(parsed(content("CT_small.dcm")))
    del dataset.DataSetTrailingPadding  # which means nothing, so that C-MOVE leaves it out
    return dataset


def keep_in(received: list[pydicom.Dataset]) -> Callable[[evt.Event], int]:
    """A handler of C-STORE."""

    def keep(event: evt.Event) -> int:
        received.append(event.dataset)
        return SUCCESS

    return keep


def query(dataset: pydicom.Dataset) -> pydicom.Dataset:
    """The identifier that finds, moves or gets the study of `dataset`."""
    identifier = pydicom.Dataset()
    identifier.QueryRetrieveLevel = "STUDY"
    identifier.StudyInstanceUID = dataset.StudyInstanceUID
    return identifier
