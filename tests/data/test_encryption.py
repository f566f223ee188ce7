"""Each hop behind the edge is encrypted, and nobody but the right one is talked to."""

import socket
import ssl
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from components.service.orthanc_config import CERTIFICATE
from local.images import ImageError, docker
from local.runner import certificates
from local.workspace import Workspace
from tests.data.archive import Archive

PORT = 8042


def certificate(archive: Archive, task: dict[str, Any]) -> str:
    """What the task shows who connects."""
    return ssl.get_server_certificate((archive.address(task["name"]), PORT), timeout=10)


def test_a_tasks_key_is_where_nobody_else_reads_it(on_efs: Archive):
    [task] = on_efs.tasks()
    listed = docker("exec", task["name"], "stat", "--format=%a %u:%g %m", CERTIFICATE)
    assert listed == "600 999:999 /tmp", "others read the key, or it is on a file system that outlives the task"
    [key] = docker("exec", task["name"], "sed", "-n", "2p", CERTIFICATE).splitlines()
    for workspace in (("inspect", task["name"]), ("logs", task["name"]), ("history", "--no-trunc", task["image"])):
        assert key not in docker(*workspace), f"docker {workspace[0]} shows the key"
    with pytest.raises(ImageError, match="No such file"):
        docker("run", "--rm", "--entrypoint=cat", task["image"], CERTIFICATE)


def test_each_start_of_a_task_makes_a_key_of_its_own(on_s3: Archive):
    shown = {certificate(on_s3, task) for task in on_s3.tasks()}
    assert len(shown) == 2
    on_s3.kill("task")
    on_s3.eventually(
        lambda: len({certificate(on_s3, task) for task in on_s3.tasks()} - shown) == 2,
        "tasks start with a key that was there before",
    )
    on_s3.eventually(lambda: on_s3.get("/system"), "the new tasks get no requests")


def test_a_task_serves_nobody_in_clear(on_efs: Archive):
    [task] = on_efs.tasks()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://{on_efs.address(task['name'])}:{PORT}/system", timeout=10)


@pytest.mark.parametrize(
    ("version", "served"),
    [(ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)],
)
def test_a_task_speaks_tls_1_2_and_newer(on_efs: Archive, version: ssl.TLSVersion, served: bool):
    [task] = on_efs.tasks()
    context = ssl._create_unverified_context()  # noqa: S323 - as a load balancer
    context.set_ciphers("DEFAULT@SECLEVEL=0")  # or this side would not even ask
    with warnings.catch_warnings(action="ignore"):
        context.minimum_version = context.maximum_version = version
    with socket.create_connection((on_efs.address(task["name"]), PORT), timeout=10) as plain:
        if served:
            assert context.wrap_socket(plain).version() == version.name.replace("_", ".")
        else:
            with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
                context.wrap_socket(plain)


def test_the_database_refuses_who_does_not_encrypt(on_efs: Archive):
    [database] = on_efs.embedded.containers("database")
    host = on_efs.embedded.client("rds").describe_db_instances()["DBInstances"][0]["Endpoint"]["Address"]
    with pytest.raises(ImageError, match="no encryption"):
        docker("exec", database["name"], "psql", f"host={host} user=orthanc dbname=orthanc sslmode=disable")


def test_a_task_talks_to_no_impostor_of_its_database(on_efs: Archive, tmp_path: Path):
    """Whoever holds the database's address but not its name, or its name from another authority."""
    home = on_efs.embedded.workspace.home
    host = on_efs.embedded.client("rds").describe_db_instances()["DBInstances"][0]["Endpoint"]["Address"]
    files = home / "tls" / f"{host}.pem", home / "tls" / f"{host}.key"
    genuine = [file.read_bytes() for file in files]
    elsewhere = Workspace(tmp_path)
    elsewhere.home.mkdir()
    impostors = {
        "does not match host name": certificates.certificate(on_efs.embedded.workspace, "impostor.example"),
        "certificate verify failed": certificates.certificate(elsewhere, host),
    }

    def serve(contents: list[bytes]) -> None:
        """Have the database serve this certificate, to tasks that must connect anew."""
        for file, content in zip(files, contents, strict=True):
            file.write_bytes(content)
        on_efs.kill("database")

    def logged(text: str) -> Callable[[], bool]:
        return lambda: any(text in file.read_text() for file in (home / "logs").glob("*.log"))

    try:
        for refusal, impostor in impostors.items():
            serve([file.read_bytes() for file in impostor])
            on_efs.kill("task")
            on_efs.eventually(logged(refusal), "the password and the index go to whoever answers")
    finally:
        serve(genuine)
    on_efs.eventually(lambda: on_efs.get("/changes"), "the genuine database is not found again")


def test_a_task_mounts_the_files_as_its_role_or_not_at_all(on_efs: Archive):
    """A deployment without IAM for its volume fails, and is rolled back."""
    ecs = on_efs.embedded.client("ecs")
    [cluster] = ecs.list_clusters()["clusterArns"]
    [service] = ecs.list_services(cluster=cluster)["serviceArns"]

    def described() -> dict[str, Any]:
        return ecs.describe_services(cluster=cluster, services=[service])["services"][0]

    before = described()["taskDefinition"]
    definition = ecs.describe_task_definition(taskDefinition=before)["taskDefinition"]
    for volume in definition["volumes"]:
        if mounted := volume.get("efsVolumeConfiguration"):
            mounted["authorizationConfig"]["iam"] = "DISABLED"
    given = ecs.meta.service_model.operation_model("RegisterTaskDefinition").input_shape.members
    changed = ecs.register_task_definition(**{key: definition[key] for key in given if key in definition})
    arn = changed["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster=cluster, service=service, taskDefinition=arn)

    def refused() -> bool:
        return any("access denied by server" in event["message"] for event in described()["events"])

    on_efs.eventually(refused, "anybody in the network mounts the file system")
    on_efs.eventually(lambda: described()["taskDefinition"] == before, "the deployment is not rolled back")
    assert on_efs.get("/system")
