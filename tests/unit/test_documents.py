"""Orthanc's configuration and container definitions: pure functions."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from moto.elbv2.ssl_policies import SSL_POLICIES

from components.config.credentials import ADMIN_USER
from components.config.parse import parse
from components.database.database import DatabaseAccess
from components.service import image, orthanc_config, task_definition
from components.service.orthanc_config import BucketTarget
from local.base.orthanc import entrypoint

DATABASE = DatabaseAccess("db.example", 5432, "orthanc", "orthanc", "arn:database")
BUCKET = BucketTarget("images", "eu-west-1")
MODES = pytest.mark.parametrize("bucket", [BUCKET, None], ids=["s3", "efs"])

# What the start-up script and Orthanc write.
WRITABLE = ["/tmp", "/run/orthanc/plugins"]  # noqa: S108 - the container's own
DOCKERFILE = Path("docker/Dockerfile")


def environment(bucket: BucketTarget | None, **settings: str) -> dict[str, str]:
    return orthanc_config.environment(parse(settings), "test", DATABASE, bucket)


def sections(bucket: BucketTarget | None = BUCKET, **settings: str) -> dict[str, Any]:
    return json.loads(environment(bucket, **settings)["ORTHANC_JSON"])


def definition(bucket: BucketTarget | None = BUCKET, *, with_exec: bool = False) -> str:
    secrets = orthanc_config.secrets(DATABASE, "arn:users")
    logs = task_definition.Logs("group", "eu-west-1")
    return task_definition.container_definitions(
        "image",
        environment(bucket),
        secrets,
        logs,
        files_on_efs=bucket is None,
        credentials_version=1,
        with_exec=with_exec,
    )


@MODES
def test_upstreams_start_up_takes_what_a_task_is_given(bucket: BucketTarget | None):
    """In place of upstream's script, the stand-in base's, which refuses what upstream would take wrongly."""
    password = "p" + "1" * 32  # the worst that can be drawn
    injected = {
        "ORTHANC__REGISTERED_USERS": json.dumps({ADMIN_USER: password}),
        "PGPASSWORD": password,
    }
    assert set(orthanc_config.secrets(DATABASE, "arn:users")) == set(injected)
    given = environment(bucket) | injected
    made = entrypoint.configuration(given, {})
    assert made["RegisteredUsers"] == {"admin": password}
    assert password not in json.dumps(made["PostgreSQL"]), "libpq has it from PGPASSWORD"
    on = {plugin.section for plugin in entrypoint.enabled_plugins(given, made)}
    assert {"DicomWeb", "OHIF", "PostgreSQL", "StoneWebViewer", "Wsi"} <= on
    assert ("AwsS3Storage" in on) is bool(bucket), "without a bucket the plugin would invent one"
    assert "VERBOSE_STARTUP" not in given, "it prints the secrets"
    assert given["TCP_NODELAY"] == "1", "C-GET takes a minute for a thousand instances"


def test_the_database_is_verified_whatever_its_names_are():
    odd = DatabaseAccess("db.example", 5433, "the index", "o'hara@x/y", "arn:database")
    uri = urlsplit(orthanc_config.connection_uri(odd))
    assert (uri.hostname, uri.port, uri.password) == ("db.example", 5433, None)
    assert (unquote(uri.username or ""), unquote(uri.path)) == ("o'hara@x/y", "/the index")
    parameters = parse_qs(uri.query)
    assert parameters["sslmode"] == ["verify-full"], "whoever answers gets the password"
    bundle = Path(parameters["sslrootcert"][0])
    installed = rf"^COPY .*\b{bundle.name} .*{bundle.parent}/$"
    assert re.search(installed, DOCKERFILE.read_text(), re.MULTILINE), "tasks cannot verify the database"


def test_the_load_balancer_and_a_task_have_ciphers_in_common():
    # What balancers speak to their targets behind a listener of HTTP, or of HTTPS with TLS 1.3.
    for policy in ("ELBSecurityPolicy-2016-08", "ELBSecurityPolicy-TLS13-1-0-2021-06"):
        offered = SSL_POLICIES[policy]["ciphers"]
        assert set(sections()["SslCiphersAccepted"]) <= set(offered), "every health check fails"
    assert sections()["SslMinimumProtocolVersion"] == 4, "in CivetWeb's numbers TLS 1.2"


@pytest.mark.parametrize(
    ("image", "expected"),
    [("orthancteam/orthanc:26.8.0", "IfChanged"), ("orthancteam/orthanc:26.7.0", True), ("mine:1", "IfChanged")],
)
def test_an_older_image_gets_what_it_understands(image: str, expected: str | bool):
    assert sections(orthancImage=image)["OverwriteInstances"] == expected, "Orthanc before 1.13 does not start"


def test_requests_find_a_thread_beside_the_connections_that_load_balancers_hold_open():
    # Two viewers load a study at a time, through a load balancer with a node in each of two zones.
    assert sections()["HttpThreadsCount"] > 2 * 2 * 200, "the health check is not answered, and the task is killed"


def test_a_database_that_has_gone_is_noticed_before_a_viewer_gives_up():
    given = parse_qs(urlsplit(orthanc_config.connection_uri(DATABASE)).query)
    seconds = {key: int(values[0]) for key, [*values] in given.items() if not key.startswith("ssl")}
    idle, interval, count = (seconds[f"keepalives_{part}"] for part in ("idle", "interval", "count"))
    assert idle + interval * count <= 30, "requests that wait for an answer hang"
    assert 0 < seconds["tcp_user_timeout"] <= 30_000, "in milliseconds: requests that are being sent hang"
    assert 2 <= seconds["connect_timeout"] <= 30, "libpq takes less than 2 s for 2, and 0 for ever"


@pytest.mark.parametrize("largest", ["64", "320"])
def test_orthanc_takes_what_the_settings_promise(largest: str):
    made = sections(largestStudyMib=largest)
    assert made["MaximumRequestBodySizeMB"] == made["MaximumFileSizeInArchiveMB"] == int(largest)
    assert made["HttpRequestTimeout"] > int(largest) * 2**23 / 25e6, "over TLS a slow viewer's file is cut off"


def test_several_tasks_can_share_the_database():
    made = sections()
    assert made["PostgreSQL"]["Lock"] is False and made["SaveJobs"] is False
    assert made["DatabaseServerIdentifier"] == "orthanc-test", "each task would be another server to the database"
    assert made["DicomWeb"]["Ssl"] is True, "the links in DICOMweb answers would be http://"


def test_bypasses_of_the_api_are_disabled():
    ways = ("ExecuteLuaEnabled", "RestApiWriteToFileSystemEnabled", "WebDavEnabled")
    assert not any(sections()[way] for way in ways), "a read-only user could run code, or change files"


@MODES
def test_the_container_can_write_where_it_must_and_nowhere_else(bucket: BucketTarget | None):
    [container] = json.loads(definition(bucket))
    assert container["linuxParameters"]["initProcessEnabled"], "processes that Orthanc starts stay as zombies"
    written = {mount["containerPath"] for mount in container["mountPoints"]}
    files = {sections(bucket)["StorageDirectory"]} if bucket is None else set()
    assert written == set(WRITABLE) | files
    # On Fargate an empty volume belongs to root unless the image declares it.
    assert f"VOLUME {json.dumps(WRITABLE)}" in DOCKERFILE.read_text(), "Orthanc does not start"


@MODES
def test_container_definitions_are_canonical(bucket: BucketTarget | None):
    text = definition(bucket)
    assert text == definition(bucket) == json.dumps(json.loads(text), sort_keys=True)
    [container] = json.loads(text)
    for key, by in {"environment": "name", "secrets": "name", "mountPoints": "sourceVolume"}.items():
        assert container[key] == sorted(container[key], key=lambda item: item[by])
    assert all(port["hostPort"] == port["containerPort"] for port in container["portMappings"])
    assert container["volumesFrom"] == container["systemControls"] == []


def test_the_health_check_outlasts_a_failover_of_the_database():
    [container] = json.loads(definition())
    check = container["healthCheck"]
    # Two minutes (RDS User Guide), until old connections are given up, and an error for each. The first check may
    # fail at once.
    assert check["interval"] * (check["retries"] - 1) >= 120 + 25 + 20


def test_the_tag_tells_what_is_built():
    tags = {
        image.tag(digest, platform, {"A": value})
        for digest in ("0", "1")
        for platform in image.PLATFORMS.values()
        for value in ("1", "2")
    }
    assert len(tags) == 8, "two images that differ would take each other's tag"
    assert all(re.fullmatch("[0-9a-f]{16}", tag) for tag in tags)


def test_no_image_expires_that_a_service_may_run():
    [rule] = json.loads(image.lifecycle())["rules"]
    selection = rule["selection"]
    assert selection["countType"] == "imageCountMoreThan", (
        "ECR knows when an image was pushed, not whether it runs: one that serves for a month would expire"
    )
    assert selection["tagStatus"] == "any" and selection["countNumber"] >= 100, (
        "a series of failed updates would expire the image to which ECS rolls back"
    )
