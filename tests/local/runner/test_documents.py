"""From a task definition, the program's own, to the options of docker."""

import json
from typing import Any

import pytest

from components.config.parse import parse
from components.database.database import DatabaseAccess
from components.service import orthanc_config, task_definition
from local.runner import documents
from local.runner.documents import TaskError

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:database-AbCdEf"
EFS = {"name": "files", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}


@pytest.fixture
def definition() -> dict[str, Any]:
    """What the program registers for files on EFS."""
    logs = task_definition.Logs("orthanc", "us-east-1")
    containers = task_definition.container_definitions(
        "image@sha256:0", {"A": "1"}, {}, logs, files_on_efs=True, credentials_version=1, with_exec=False
    )
    volumes = [*({"name": name} for name in task_definition.empty_volumes(with_exec=False)), EFS]
    return {"cpu": "2048", "memory": "4096", "volumes": volumes, "containerDefinitions": json.loads(containers)}


def test_the_container_is_confined_as_deployed(definition: dict[str, Any]):
    assert list(documents.options(definition, definition["containerDefinitions"][0])) == [
        "--user=999:999",
        "--stop-timeout=120",
        "--memory=4096m",
        "--cpu-shares=2048",
        "--read-only=true",
        "--init=true",
        "--cap-drop=ALL",
    ]


def test_what_is_not_deployed_is_not_asked_for():
    bare = {"cpu": "256", "memory": "512", "volumes": []}
    assert list(documents.options(bare, {})) == ["--stop-timeout=30", "--memory=512m", "--cpu-shares=256"]
    assert documents.health_check({}) == ["--no-healthcheck"], "ECS does not read the image's health check"


def test_health_checks(definition: dict[str, Any]):
    assert documents.health_check(definition["containerDefinitions"][0]) == [
        "--health-cmd=/probes/test-aliveness.py",
        "--health-retries=10",
        "--health-timeout=10s",
        "--health-interval=30s",
        "--health-start-period=60s",
    ]
    words = {"healthCheck": {"command": ["CMD", "curl", "a b"]}}
    assert documents.health_command(words) == "curl 'a b'"
    line = {"healthCheck": {"command": ["CMD-SHELL", "curl a || exit 1"]}}
    assert documents.health_command(line) == "curl a || exit 1"


def test_mounts(definition: dict[str, Any]):
    container = definition["containerDefinitions"][0]
    declared = {"/tmp": {}}  # noqa: S108 - the container's own
    assert sorted(documents.mounts(definition, container, declared, {"files": "place-fs-1"})) == [
        "--mount=type=volume,source=place-fs-1,target=/var/lib/orthanc/db,volume-nocopy",
        "--mount=type=volume,target=/tmp",
        "--tmpfs=/run/orthanc/plugins:exec,mode=0755",  # root's, since this image does not declare it
    ]
    definition["volumes"] = [EFS]
    with pytest.raises(TaskError, match="names the volume plugins"):
        list(documents.mounts(definition, container, declared, {}))


@pytest.mark.parametrize(
    ("value_from", "expected"),
    [(ARN, (ARN, "")), (f"{ARN}:password::", (ARN, "password"))],
)
def test_references_to_secrets(value_from: str, expected: tuple[str, str]):
    assert documents.secret_reference(value_from) == expected


@pytest.mark.parametrize(
    "value_from", ["database", f"{ARN}:password", f"{ARN}:password:AWSPREVIOUS:", "a:b:ssm:c"]
)
def test_references_that_name_no_secret(value_from: str):
    with pytest.raises(TaskError, match="invalid reference"):
        documents.secret_reference(value_from)


def test_which_authorities_libpq_trusts():
    database = DatabaseAccess("db.example", 5432, "orthanc", "orthanc", ARN)
    variables = orthanc_config.environment(parse({}), "dev", database, None)
    assert documents.root_certificates(variables) == {orthanc_config.RDS_CERTIFICATES}
    assert documents.root_certificates({"A": "postgresql://db?sslrootcert=%2Fa%20b&x=1", "B": "c"}) == {"/a b"}


@pytest.mark.parametrize(
    ("matcher", "status", "expected"),
    [("200,401", 401, True), ("200,401", 302, False), ("200-299", 204, True), ("200-299,404", 300, False)],
)
def test_matchers(matcher: str, status: int, expected: bool):
    assert documents.matches(matcher, status) is expected
