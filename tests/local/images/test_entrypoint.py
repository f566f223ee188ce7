"""The stand-in base honours upstream's contract: what it takes, what it makes of it, what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from components.config.parse import parse
from components.database.database import DatabaseAccess
from components.service import orthanc_config
from local.base.orthanc import entrypoint
from local.base.orthanc.entrypoint import RefusalError, configuration, enabled_plugins, for_debian

USERS = {"ORTHANC__REGISTERED_USERS": '{"admin": "secret"}'}
DATABASE = {"Host": "db", "Database": "orthanc", "Username": "orthanc"}


def environment(sections: dict[str, Any] | None = None, **variables: str) -> dict[str, str]:
    return {"ORTHANC_JSON": json.dumps(sections or {}), **USERS, **variables}


def sections_on(variables: dict[str, str]) -> set[str]:
    return {plugin.section for plugin in enabled_plugins(variables, configuration(variables, {}))}


@pytest.mark.parametrize("bucket", [orthanc_config.BucketTarget("images", "eu-west-1"), None])
def test_takes_what_the_program_deploys(bucket: orthanc_config.BucketTarget | None):
    database = DatabaseAccess("db.example", 5432, "orthanc", "orthanc", "arn:secret")
    plain = orthanc_config.environment(parse({}), "dev", database, bucket)
    given = dict.fromkeys(orthanc_config.secrets(database, "arn:users"), "secret") | plain | USERS
    made = configuration(given, {})
    assert made["PostgreSQL"]["ConnectionUri"].startswith("postgresql://orthanc@db.example:5432/orthanc?")
    assert made["RegisteredUsers"] == {"admin": "secret"}
    assert ("AwsS3Storage" in sections_on(given)) == bool(bucket)
    assert {"DicomWeb", "PostgreSQL", "OHIF", "StoneWebViewer", "Wsi"} <= sections_on(given)


def test_values_of_variables_are_read_as_json_first():
    made = configuration(
        environment(ORTHANC__DICOM_PORT="4243", ORTHANC__NAME="A B", ORTHANC__SAVE_JOBS="false"), {}
    )
    assert (made["DicomPort"], made["Name"], made["SaveJobs"]) == (4243, "A B", False)


def test_files_are_merged_with_the_environment():
    made = configuration(
        environment({"DicomWeb": {"Ssl": True}}), {"/etc/orthanc/a.json": '{"DicomWeb": {"Root": "/w/"}}'}
    )
    assert made["DicomWeb"] == {"Root": "/w/", "Ssl": True, "Enable": True}


def test_a_later_source_overwrites_an_earlier_one(capsys: pytest.CaptureFixture[str]):
    """Upstream's order: files, variables, secrets; defaults fill in."""
    files = {"/etc/orthanc/a.json": '{"Name": "file", "DicomAet": "FILE", "DicomWeb": {"Root": "/w/"}}'}
    given = environment({"Name": "variable", "DicomWeb": {"Root": "/v/"}}, ORTHANC__DICOM_AET_SECRET="title")
    made = configuration(given, files, {"title": "SECRET\n", "ORTHANC__LOCALE": "C", "other": "x"})
    assert (made["Name"], made["DicomAet"], made["Locale"]) == ("variable", "SECRET", "C")
    assert made["DicomWeb"] == {"Root": "/v/", "Enable": True}
    assert "the environment overwrites DicomWeb.Root" in capsys.readouterr().out


def test_files_have_comments_and_variables():
    text = (
        '{"Name": "${SITE:-none}", /* where */ "DicomAet": "$TITLE", // who\n "OrthancPeers": {"a": ["http://b"]}}'
    )
    made = configuration(environment(TITLE="AET"), {"/etc/orthanc/a.json": text})
    assert (made["Name"], made["DicomAet"], made["OrthancPeers"]) == ("none", "AET", {"a": ["http://b"]})


def test_a_password_alone_makes_a_user():
    assert configuration({"ORTHANC_PASSWORD": "x"}, {})["RegisteredUsers"] == {"orthanc": "x"}


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"/a.json": '{"Name": "a"}', "/b.json": '{"Name": "b"}'}, "Name is set twice"),
        ({"/a.json": '{"Name": "$NOBODY"}'}, r"the variable \$NOBODY, which is not set"),
        ({"/a.json": '{"RegisteredUsers": 5}'}, "RegisteredUsers is a section in the environment"),
    ],
)
def test_refuses_files(files: dict[str, str], reason: str):
    with pytest.raises(RefusalError, match=reason):
        configuration(environment(), files)


def test_one_uri_may_name_the_database():
    uri = {"ConnectionUri": "postgresql://orthanc@db/orthanc?sslmode=verify-full"}
    assert configuration(environment({"PostgreSQL": uri}), {})["PostgreSQL"]["EnableIndex"]


def test_plugins_are_on_by_toggle_by_section_or_always_and_off_by_false():
    given = environment({"DicomWeb": {}, "OHIF": {}}, OHIF_PLUGIN_ENABLED="false", WORKLISTS_PLUGIN_ENABLED="true")
    assert sections_on(given) == {"DicomWeb", "Worklists", "Gdcm", "OrthancExplorer2"}


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"ORTHANC_JSON": "{"}, "ORTHANC_JSON is no JSON"),
        ({"ORTHANC_JSON": "[]", **USERS}, "must be a JSON object"),
        ({"ORTHANC_JSON": "{}"}, "RegisteredUsers names nobody"),
        (environment(ORTHANC__REGISTERED_USERS="{}"), "RegisteredUsers names nobody"),
        (environment({"RegisteredUsers": {"admin": "other"}}), "RegisteredUsers.admin is set twice"),
        (
            environment(
                {"PostgreSQL": {**DATABASE, "Password": {"password": "x"}}}, ORTHANC__POSTGRESQL__PASSWORD="x"
            ),
            "PostgreSQL.Password is set twice",
        ),
        (environment({"PostgreSQL": DATABASE}), "PostgreSQL.Password must be a text"),
        (
            environment({"PostgreSQL": DATABASE}, ORTHANC__POSTGRESQL__PASSWORD="123456"),
            "must be a text, but is int",
        ),
        (environment({"Postgresql": {}}), "it is PostgreSQL"),
        (environment(POSTGRESQL_PLUGIN_ENABLED="true"), "PostgreSQL.Host must be a text"),
        (environment({"PostgreSQL": {"ConnectionUri": 5}}), "PostgreSQL.ConnectionUri must be a text"),
        (
            environment({"PostgreSQL": {"ConnectionUri": "postgresql://db/orthanc", "EnableSsl": True}}),
            "nothing reads EnableSsl",
        ),
        (
            environment(
                {"PostgreSQL": {"ConnectionUri": "postgresql://db/orthanc"}}, ORTHANC__POSTGRESQL__PASSWORD="x"
            ),
            "nothing reads Password",
        ),
        (environment(AWS_S3_STORAGE_PLUGIN_ENABLED="true"), "AwsS3Storage.BucketName must be a text"),
        (environment({"AwsS3Storage": {"BucketName": "images"}}), "AwsS3Storage.Region must be a text"),
        (environment(OHIF_PLUGIN_ENABLED="true"), "OHIF reads studies by DICOMweb"),
        (environment(DICOM_WEB_PLUGIN_ENABLED="1"), "DICOM_WEB_PLUGIN_ENABLED = '1' must be"),
        (environment(DICOMWEB_PLUGIN_ENABLED="true"), "none of upstream's present variables"),
        (environment(PG_HOST="db"), "none of upstream's present variables"),
        (environment(STORAGE_BUNDLE_DEFAULTS="false"), "none of upstream's present variables"),
        (environment(HTTP_PORT="80"), "none of upstream's present variables"),
        (environment(VERBOSE_STARTUP="true"), "would print the configuration"),
    ],
)
def test_refuses(variables: dict[str, str], reason: str):
    with pytest.raises(RefusalError, match=reason.replace(".", r"\.")):
        configuration(variables, {})


@pytest.mark.parametrize(
    ("sections", "scripts"),
    [
        ({"AwsS3Storage": {"BucketName": "b", "Region": "r"}}, ["s3_storage"]),
        ({"OHIF": {}, "DicomWeb": {}}, ["ohif"]),
        ({"AwsS3Storage": {"BucketName": "b", "Region": "r"}, "OHIF": {}, "DicomWeb": {}}, ["s3_storage", "ohif"]),
        ({"DicomWeb": {}}, None),
    ],
)
def test_orthanc_of_debian_gets_what_stands_in_for_plugins(
    sections: dict[str, Any], scripts: list[str] | None, tmp_path: Path
):
    given = environment(sections)
    made = configuration(given, {})
    settings = for_debian(made, enabled_plugins(given, made), tmp_path)
    assert settings.get("StandIns") == scripts
    assert ("PythonScript" in settings) == bool(scripts), "the Python plugin refuses to start without a script"
    assert settings["Plugins"] == [str(tmp_path)]


def test_what_stands_in_is_in_the_image():
    scripts = {plugin.script for plugin in entrypoint.PLUGINS if plugin.script}
    assert all(Path(entrypoint.__file__).with_name(f"{script}.py").exists() for script in scripts)


def test_gdcm_decodes_jpeg_2000_only():
    made = configuration(environment(), {})
    restricted = made["Gdcm"]["RestrictTransferSyntaxes"]
    assert restricted[0] == "1.2.840.10008.1.2.4.90", "GDCM ends a task on other files"


def test_the_viewer_keeps_its_cache_where_it_may_write():
    viewer = environment(STONE_WEB_VIEWER_PLUGIN_ENABLED="true")
    for variables, expected in ((viewer, "/tmp/web-viewer"), (environment(), None)):  # noqa: S108
        made = configuration(variables, {})
        settings = for_debian(made, enabled_plugins(variables, made), Path("/plugins"))
        assert settings.get("WebViewer", {}).get("CachePath") == expected


def test_libraries_are_installed_where_the_file_system_is_writable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    available, mounted = tmp_path / "available", tmp_path / "mounted"
    for directory in (available, mounted):
        directory.mkdir()
    plugins = [plugin for plugin in entrypoint.PLUGINS if plugin.section == "DicomWeb"]
    (available / plugins[0].libraries[0]).write_text("library")
    monkeypatch.setattr(entrypoint, "AVAILABLE", available)
    monkeypatch.setattr(entrypoint, "PLUGIN_DIRECTORIES", (tmp_path / "missing", mounted))
    for _ in range(2):  # the container is started again
        assert entrypoint.install(plugins) == mounted
    assert (mounted / plugins[0].libraries[0]).read_text() == "library"
