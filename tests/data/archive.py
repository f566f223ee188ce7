"""A running deployment as its users meet it: URL, password and DICOM ports."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pydicom
import requests
from dicomweb_client import DICOMwebClient
from pynetdicom import AE, evt
from pynetdicom.pdu import A_ASSOCIATE_RJ
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from local.images import ImageError, docker
from tests.data import reactor
from tests.data.files import MIB, LargeFile, StowRequest
from tests.embedded import Embedded

# A task may have to be replaced, its database to come back, and health checks to notice both, while other tests
# keep the machine busy.
PATIENCE_SECONDS = 240

SUCCESS, OUT_OF_RESOURCES = 0x0000, 0xA700

reactor.mend()


def _remember(event: evt.Event) -> None:
    if isinstance(event.pdu, A_ASSOCIATE_RJ):
        event.assoc.is_rejected = True
        event.assoc.acceptor.primitive = event.pdu.to_primitive()


# Where the rejection comes before pynetdicom has noticed that it is connected, it knows of no connection any more.
REJECTIONS = (evt.EVT_PDU_RECV, _remember)


class Archive:
    """Orthanc behind the edge of one deployment."""

    def __init__(self, embedded: Embedded):
        self.embedded = embedded
        status = embedded.status()
        self.url: str = status["url"]
        self.aet: str = status["dicom"]["aet"]
        self._credentials: str = status["outputs"]["orthancCredentialsSecretName"]
        self.session = requests.Session()
        self.log_in()

    def log_in(self) -> None:
        """Take the present password of admin, which a new deployment draws anew."""
        self.session.auth = ("admin", self.embedded.outputs()["orthancAdminPassword"])

    @property
    def public_url(self) -> str:
        """The URL on AWS, of which `url` is the embedded one."""
        return self.embedded.outputs()["orthancUrl"]

    def passwords(self) -> dict[str, str]:
        """The passwords of all users, as the deployed secret has them."""
        secret = self.embedded.client("secretsmanager").get_secret_value(SecretId=self._credentials)
        return json.loads(secret["SecretString"])

    def get(self, path: str) -> requests.Response:
        """GET of Orthanc's REST API, as admin."""
        answer = self.session.get(f"{self.url}{path}", timeout=60)
        answer.raise_for_status()
        return answer

    def dicomweb(self) -> DICOMwebClient:
        """DICOMweb, as admin."""
        return DICOMwebClient(f"{self.url}/dicom-web", session=self.session)

    def store(self, file: bytes) -> str:
        """POST a DICOM file; answers Orthanc's id of the instance."""
        answer = self.session.post(f"{self.url}/instances", data=file, timeout=60)
        answer.raise_for_status()
        return answer.json()["ID"]

    def send(self, file: LargeFile, how: str) -> str:
        """Upload by "POST" or "STOW"; answers Orthanc's id of the instance."""
        if how == "STOW":
            body, path, content_type = StowRequest(file), "/dicom-web/studies", StowRequest.content_type
        else:
            body, path, content_type = file, "/instances", "application/dicom"
        # A body with a length and blocks goes out as it is made.
        answer = self.session.post(f"{self.url}{path}", data=body, headers={"Content-Type": content_type})  # type: ignore[arg-type]
        answer.raise_for_status()
        [study] = self.session.post(f"{self.url}/tools/lookup", data=file.study_uid, timeout=60).json()
        [instance] = self.get(f"/studies/{study['ID']}/instances").json()
        return instance["ID"]

    def blocks(self, path: str, *, stall_seconds: float = 0) -> Iterator[bytes]:
        """GET in blocks; the viewer stalls after the first one."""
        with self.session.get(f"{self.url}{path}", stream=True, timeout=300) as answer:
            answer.raise_for_status()
            blocks = answer.iter_content(MIB)
            yield next(blocks)
            time.sleep(stall_seconds)
            yield from blocks

    def tasks(self) -> list[dict[str, Any]]:
        """The containers of Orthanc that run, oldest first."""
        return self.embedded.containers("task")

    def deploy(self, **values: str | list[Any] | dict[str, Any] | None) -> None:
        """Configure and deploy; returns once the tasks of before, which balancers use for a while, have ended."""
        self.embedded.configure(**values)
        self.embedded.changes()
        ecs = self.embedded.client("ecs")
        [cluster] = ecs.list_clusters()["clusterArns"]
        services = ecs.list_services(cluster=cluster)["serviceArns"]
        [service] = ecs.describe_services(cluster=cluster, services=services)["services"]
        self.eventually(lambda: len(self.tasks()) == service["desiredCount"], "the tasks of before do not end")

    def dicom_ports(self) -> list[int]:
        """One port on 127.0.0.1 for each running task."""
        return [task["ports"]["4242"] for task in self.tasks()]

    def c_store(self, dataset: pydicom.Dataset, port: int) -> None:
        """Send the data set over DIMSE to the task on `port`."""
        self.c_store_all([dataset], port)

    def c_store_all(self, datasets: Sequence[pydicom.Dataset], port: int, attempts: int = 1) -> None:
        """Send data sets of one kind in one association; each again, while Orthanc is out of resources."""
        entity = AE(ae_title="MODALITY")
        entity.add_requested_context(datasets[0].SOPClassUID, datasets[0].file_meta.TransferSyntaxUID)
        association = entity.associate("127.0.0.1", port, ae_title=self.aet)
        assert association.is_established, f"nobody takes the association on port {port}"
        for dataset in datasets:
            status = pydicom.Dataset()
            for _ in range(attempts):
                status = association.send_c_store(dataset)
                if status.Status != OUT_OF_RESOURCES:
                    break
            assert status.Status == SUCCESS, f"C-STORE failed with {status}"
        association.release()

    def found_by(self, task: str, study_uid: str) -> list[str]:
        """The Study Instance UIDs that this task (its container's name) finds for `study_uid`, asked itself."""
        query = {"Level": "Study", "Query": {"StudyInstanceUID": study_uid}, "Expand": True}
        answer = self.session.post(f"{self.direct_url(task)}/tools/find", json=query, timeout=60, verify=False)
        answer.raise_for_status()
        return [study["MainDicomTags"]["StudyInstanceUID"] for study in answer.json()]

    def direct_url(self, task: str) -> str:
        """Where a task (its container's name) itself answers, past the load balancer."""
        return f"https://{self.address(task)}:8042"

    def address(self, container: str) -> str:
        """The container's IP address, as the load balancer would use it."""
        networks = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        return docker("inspect", "--format", networks, container).strip()

    def calls_itself(self, title: str, port: int) -> bool:
        """Whether the task on `port` takes an association for the called AE title `title`."""
        entity = AE(ae_title="MODALITY")
        entity.add_requested_context(Verification)
        association = entity.associate("127.0.0.1", port, ae_title=title, evt_handlers=[REJECTIONS])
        if association.is_established:
            association.release()
        return not association.is_rejected

    def kill(self, role: str) -> None:
        """kill -9 of every container of that role."""
        names = [each["name"] for each in self.embedded.containers(role)]
        assert names, f"nothing plays the role {role}"
        docker("kill", "--signal=KILL", *names)

    def eventually(self, holds: Callable[[], object], consequence: str) -> None:
        """Wait until `holds()` is true; an answer that is not there yet counts as false."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                if holds():
                    return
            except (OSError, ImageError, AssertionError, KeyError):
                pass
            assert time.monotonic() < deadline, consequence
            time.sleep(0.5)
