"""Orthanc's configuration, container definitions and policies: pure functions."""

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
from components.iam import policies
from components.service import image, orthanc_config, task_definition
from components.service.orthanc_config import BucketTarget
from local.base.orthanc import entrypoint

DATABASE = DatabaseAccess("db.example", 5432, "orthanc", "orthanc", "arn:database")
BUCKET = BucketTarget("images", "eu-west-1")
MODES = pytest.mark.parametrize("bucket", [BUCKET, None], ids=["s3", "efs"])

# Variables of the original sample that do nothing today, or harm: orthanc-facts of the upstream image.
OBSOLETE = {
    "STORAGE_BUNDLE_DEFAULTS",
    "LOCALDOMAIN",
    "LD_LIBRARY_PATH",
    "ORTHANC_WEB_VIEWER_PLUGIN_ENABLED",
    "VERBOSE_STARTUP",  # prints the secrets
}
# What the start-up script and Orthanc write.
WRITABLE = ["/tmp", "/run/orthanc/plugins"]  # noqa: S108 - the container's own


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
def test_no_secret_is_plain(bucket: BucketTarget | None):
    text = json.dumps(environment(bucket))
    assert "Password" not in text and "RegisteredUsers" not in text


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
    assert ("AwsS3Storage" in on) is bool(bucket)


@MODES
def test_nothing_obsolete_is_left(bucket: BucketTarget | None):
    assert not OBSOLETE & set(environment(bucket))


def test_a_secret_reference_selects_its_key():
    reference = orthanc_config.secrets(DATABASE, "arn:users")["PGPASSWORD"]
    assert reference == "arn:database:password::", "ECS would inject the whole secret"


def test_the_s3_plugin_is_on_with_a_bucket_only():
    assert environment(BUCKET)["AWS_S3_STORAGE_PLUGIN_ENABLED"] == "true"
    assert sections(BUCKET)["AwsS3Storage"]["BucketName"] == "images"
    assert "AWS_S3_STORAGE_PLUGIN_ENABLED" not in environment(None), "it would invent a bucket"
    assert sections(None)["StorageDirectory"] == orthanc_config.STORAGE_DIRECTORY


def test_the_database_is_verified_whatever_its_names_are():
    odd = DatabaseAccess("db.example", 5433, "the index", "o'hara@x/y", "arn:database")
    uri = urlsplit(orthanc_config.connection_uri(odd))
    assert (uri.hostname, uri.port, uri.password) == ("db.example", 5433, None)
    assert (unquote(uri.username or ""), unquote(uri.path)) == ("o'hara@x/y", "/the index")
    parameters = parse_qs(uri.query)
    assert parameters["sslmode"] == ["verify-full"], "whoever answers gets the password"
    bundle, dockerfile = Path(parameters["sslrootcert"][0]), Path("docker/Dockerfile").read_text()
    assert re.search(rf"^COPY .*\b{bundle.name} .*{bundle.parent}/$", dockerfile, re.MULTILINE), "trusts nobody"


def test_a_task_prepares_its_certificate_and_host_id_where_they_are_looked_for():
    script, certificate, host_id = environment(BUCKET)["BEFORE_ORTHANC_STARTUP_SCRIPT"].split()
    assert sections()["SslEnabled"] and sections()["SslCertificate"] == certificate
    assert {str(Path(file).parent) for file in (certificate, host_id)} <= set(WRITABLE), "Orthanc does not start"
    dockerfile = Path("docker/Dockerfile").read_text()
    assert f"ln --force --symbolic {host_id} /etc/hostid" in dockerfile, "all tasks have the same host id"
    assert re.search(rf"^COPY .*\b{Path(script).name} .*{Path(script).parent}/$", dockerfile, re.MULTILINE)
    assert f"chmod 0555 {script}" in dockerfile


def test_dicom_does_not_wait_for_acknowledgments():
    assert environment(BUCKET)["TCP_NODELAY"] == "1", "C-GET takes a minute for a thousand instances"


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


def test_who_may_change_something_is_named_to_the_script_that_refuses_the_others():
    assert not {"LuaScripts", "UsersWithFullAccess"} & set(sections()), "a script runs for nobody"
    users = json.dumps([{"name": "viewer"}, {"name": "chief", "role": "full"}])
    made = sections(orthancUsers=users)
    assert made["UsersWithFullAccess"] == ["admin", "chief"]
    [script] = map(Path, made["LuaScripts"])
    dockerfile = Path("docker/Dockerfile").read_text()
    assert re.search(rf"^COPY .*\b{script.name} .*{script.parent}/$", dockerfile, re.MULTILINE), "does not start"
    assert "UsersWithFullAccess" in (Path("docker") / script.name).read_text(), "everybody may only look"


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


@pytest.mark.parametrize("key", ["ExecuteLuaEnabled", "RestApiWriteToFileSystemEnabled", "WebDavEnabled"])
def test_ways_around_the_api_are_shut(key: str):
    assert sections()[key] is False


@MODES
def test_the_container_can_write_where_it_must_and_nowhere_else(bucket: BucketTarget | None):
    [container] = json.loads(definition(bucket))
    assert container["readonlyRootFilesystem"] and container["user"] == "999:999"
    assert container["linuxParameters"]["capabilities"] == {"add": [], "drop": ["ALL"]}
    assert container["linuxParameters"]["initProcessEnabled"]
    written = {mount["containerPath"] for mount in container["mountPoints"]}
    files = {orthanc_config.STORAGE_DIRECTORY} if bucket is None else set()
    assert written == set(WRITABLE) | files
    # On Fargate an empty volume belongs to root unless the image declares it.
    dockerfile = Path("docker/Dockerfile").read_text()
    assert f"VOLUME {json.dumps(WRITABLE)}" in dockerfile


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


POLICIES = {
    "flow logs": policies.write_flow_logs("arn:logs"),
    "execution role": policies.execution_role("arn:repository", "arn:logs", ["arn:secret-1", "arn:secret-2"]),
    "bucket": policies.use_bucket("arn:bucket", "arn:aws:kms:us-east-1:123456789012:key/files"),
    "file system": policies.use_file_system("arn:files", "arn:access-point"),
}


@pytest.mark.parametrize("name", POLICIES)
def test_a_role_holds_just_what_it_uses(name: str):
    for statement in json.loads(POLICIES[name])["Statement"]:
        assert statement["Effect"] == "Allow"
        assert not [action for action in statement["Action"] if "*" in action]
        wide = [resource for resource in statement["Resource"] if resource == "*"]
        # ECR's login is the one action that knows no resource.
        assert not wide or statement["Action"] == ["ecr:GetAuthorizationToken"]


def test_a_task_never_mounts_as_root_or_around_the_access_point():
    [statement] = json.loads(POLICIES["file system"])["Statement"]
    assert "elasticfilesystem:ClientRootAccess" not in statement["Action"]
    assert statement["Condition"] == {"StringEquals": {"elasticfilesystem:AccessPointArn": "arn:access-point"}}


def test_the_bucket_refuses_what_is_not_encrypted_on_the_way():
    statements = json.loads(policies.bucket_over_tls_only("arn:bucket"))["Statement"]
    assert all(s["Effect"] == "Deny" and s["Principal"] == "*" and s["Action"] == "s3:*" for s in statements)
    assert all(s["Resource"] == ["arn:bucket", "arn:bucket/*"] for s in statements)
    assert [s["Condition"] for s in statements] == [
        {"Bool": {"aws:SecureTransport": "false"}},
        {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
    ]


def test_the_file_system_refuses_what_is_not_encrypted_or_goes_around_the_access_point():
    statements = json.loads(policies.file_system_through_access_point_only("arn:files", "arn:point"))["Statement"]
    for statement in statements:
        assert statement["Effect"] == "Deny", "an allowance would admit every client in the network"
        assert statement["Principal"] == {"AWS": "*"} and statement["Action"] == "elasticfilesystem:Client*"
    assert [statement["Condition"] for statement in statements] == [
        {"Bool": {"aws:SecureTransport": "false"}},
        {"StringNotEquals": {"elasticfilesystem:AccessPointArn": "arn:point"}},
    ]


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
