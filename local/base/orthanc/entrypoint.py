#!/usr/bin/env python3
"""The stand-in base's start-up: upstream's contract, on Debian's Orthanc.

Where upstream's own start-up script would quietly do something else than was meant, this one refuses: a mistake in
the deployment's wiring is to be found here, not in the cloud. Runs in the image, with the standard library only.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

CONFIGURATION = Path("/tmp/orthanc.json")  # noqa: S108 - upstream's path
SECRETS = Path("/run/secrets")
AVAILABLE = Path("/usr/share/orthanc/plugins-available")
# Upstream's choice: the first if it is there (a read-only root file system has it mounted), else the second.
PLUGIN_DIRECTORIES = (Path("/run/orthanc/plugins"), Path("/usr/share/orthanc/plugins"))


class RefusalError(Exception):
    """The container must not start; the text says why."""


class Plugin(NamedTuple):
    """A plugin of upstream's image: how it is switched on and what there is for it here (no library: nothing)."""

    toggle: str
    section: str
    libraries: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = {}
    always: bool = False
    # A module beside this one that stands in for it, in Debian's Python plugin.
    script: str = ""


PYTHON = ("libOrthancPython.so",)

# The last numbers of JPEG 2000's transfer syntaxes.
JPEG_2000 = (90, 91, 92, 93)

PLUGINS = (
    Plugin("AUTHORIZATION_PLUGIN_ENABLED", "Authorization"),
    Plugin("AWS_S3_STORAGE_PLUGIN_ENABLED", "AwsS3Storage", PYTHON, script="s3_storage"),
    Plugin("DICOM_WEB_PLUGIN_ENABLED", "DicomWeb", ("libOrthancDicomWeb.so",), {"Enable": True}),
    # Without the restriction, upstream's own, GDCM would decode what Orthanc itself decodes better.
    Plugin(
        "GDCM_PLUGIN_ENABLED",
        "Gdcm",
        ("libOrthancGdcm.so",),
        {"Throttling": 4, "RestrictTransferSyntaxes": [f"1.2.840.10008.1.2.4.{number}" for number in JPEG_2000]},
        always=True,
    ),
    Plugin("OHIF_PLUGIN_ENABLED", "OHIF", PYTHON, script="ohif"),
    Plugin("ORTHANC_EXPLORER_2_ENABLED", "OrthancExplorer2", always=True),
    Plugin(
        "POSTGRESQL_PLUGIN_ENABLED",
        "PostgreSQL",
        ("libOrthancPostgreSQLIndex.so", "libOrthancPostgreSQLStorage.so"),
        {
            "EnableIndex": True,
            "EnableStorage": False,
            "Lock": False,
            "Host": "HOST MUST BE DEFINED",
            "Port": 5432,
            "Database": "postgres",
            "Username": "postgres",
            "Password": "postgres",
            "EnableSsl": False,
        },
    ),
    # Debian has its predecessor, which shows images as well.
    Plugin("STONE_WEB_VIEWER_PLUGIN_ENABLED", "StoneWebViewer", ("libOrthancWebViewer.so",)),
    Plugin("WORKLISTS_PLUGIN_ENABLED", "Worklists", ("libModalityWorklists.so",), {"Enable": True}),
    Plugin("WSI_PLUGIN_ENABLED", "Wsi", ("libOrthancWSI.so",)),
)
DEFAULTS = {
    "StorageDirectory": "/var/lib/orthanc/db",
    "RemoteAccessAllowed": True,
    "AuthenticationEnabled": True,
    "HttpsCACertificates": "/etc/ssl/certs/ca-certificates.crt",
}

# What must be there for a plugin to work; upstream has placeholders for it and fails later.
REQUIRED = {
    "AwsS3Storage": ("BucketName", "Region"),
    "PostgreSQL": ("Host", "Database", "Username", "Password"),
}
# What the PostgreSQL plugin does not read beside a ConnectionUri.
WITHOUT_URI = ("Host", "Port", "Database", "Username", "Password", "EnableSsl")
# Sections that ORTHANC__SECTION__KEY would spell otherwise; upstream lists them likewise.
SPELLINGS = {"Postgresql": "PostgreSQL", "Ohif": "OHIF"}
# Names of upstream's old images, which the present one refuses.
DEPRECATED = re.compile(
    r"(AC|AUTHZ|DICOM|DW|LUA|MYSQL|OWV|PG|SCHED|SERVEFOLDERS|STORAGE|TRANSFERS|WL|WSI|WVB|WVP)_\w+"
    r"|HTTP_(?!PROXY$)\w+|BUNDLE_DEBUG|EXECUTE_LUA_ENABLED|IMPORT_OVERWRITE_INSTANCES|LISTENER_LISTEN_ALL_ADDR"
    r"|LOCALE|NAME|PEERS|PLUGINS|STABLE_AGE|STORE_DICOM|USERMETADATA"
)

# A variable ORTHANC__…_SECRET names the file in /run/secrets that has the value of ORTHANC__….
_SECRET = "_SECRET"  # noqa: S105 - the end of a name
_COMMENT_OR_TEXT = re.compile(r'(?P<text>"(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_VARIABLE = re.compile(r"\$(?:\{(?P<braced>\w+)(?::?-(?P<default>[^}]*))?\}|(?P<plain>[A-Za-z_]\w*))")


def configuration(
    environment: Mapping[str, str], files: Mapping[str, str], secrets: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Any]:
    """Orthanc's configuration as upstream merges it: files, then variables, then secrets, then defaults.

    `files`: path to JSON text, with C++ comments and ${VARIABLES}. `secrets`: the names of files in /run/secrets,
    without .json, to their text. A later source overwrites an earlier one, and says so; defaults fill in what is
    left. Raises RefusalError where upstream refuses, would start something that was not asked for, or leaves to
    chance which value wins: that of two files, or of two variables.
    """
    merged: dict[str, Any] = {}
    for path, text in files.items():
        _merge(merged, _json(path, _substituted(path, text, environment)))
    variables: dict[str, Any] = {}
    if "ORTHANC_JSON" in environment:
        _merge(variables, _json("ORTHANC_JSON", environment["ORTHANC_JSON"]))
    settings = {name: value for name, value in environment.items() if name.startswith("ORTHANC__")}
    for name, value in settings.items():
        if not name.endswith(_SECRET):
            _merge(variables, _setting(name, value))
    _merge(merged, variables, "the environment")
    names = {file: name.removesuffix(_SECRET) for name, file in settings.items() if name.endswith(_SECRET)}
    for file, text in secrets.items():
        if (name := names.get(file, file)).startswith("ORTHANC__"):
            _merge(merged, _setting(name, text.rstrip("\n")), f"/run/secrets/{file}")
    if password := environment.get("ORTHANC_PASSWORD"):
        _merge(merged, {"RegisteredUsers": {"orthanc": password}}, "ORTHANC_PASSWORD")
    plugins = enabled_plugins(environment, merged)
    _check(DEFAULTS | merged, {plugin.section for plugin in plugins})
    for plugin in plugins:
        merged[plugin.section] = {**plugin.defaults, **merged.get(plugin.section, {})}
    return DEFAULTS | merged


def enabled_plugins(environment: Mapping[str, str], configured: Mapping[str, Any]) -> list[Plugin]:
    """The plugins that are on: by their toggle, by their section's being there, or always; "false" turns any off.

    Raises RefusalError for names that upstream's image does not know any more, or never did.
    """
    toggles = {plugin.toggle for plugin in PLUGINS}
    for name, value in environment.items():
        if name in toggles:
            if value not in ("true", "false"):
                raise RefusalError(f'{name} = {value!r} must be "true" or "false"')
        elif name == "VERBOSE_STARTUP":
            raise RefusalError("VERBOSE_STARTUP would print the configuration, passwords included")
        elif DEPRECATED.fullmatch(name) or name.endswith("_PLUGIN_ENABLED"):
            raise RefusalError(
                f"{name} is none of upstream's present variables, or none that this stand-in has something for"
            )
    return [
        plugin
        for plugin in PLUGINS
        if environment.get(plugin.toggle, str(plugin.always or plugin.section in configured).lower()) == "true"
    ]


def for_debian(merged: Mapping[str, Any], plugins: list[Plugin], plugin_directory: Path) -> dict[str, Any]:
    """The same for Debian's Orthanc: where its plugins are, and what stands in for some of upstream's."""
    settings = {**merged, "Plugins": [str(plugin_directory)]}
    if scripts := [plugin.script for plugin in plugins if plugin.script]:
        settings |= {"PythonScript": "/usr/share/orthanc/stand_ins.py", "StandIns": scripts}
    if any(plugin.section == "StoneWebViewer" for plugin in plugins):
        settings["WebViewer"] = {"CachePath": "/tmp/web-viewer"}  # noqa: S108 - the task's own, and writable
    return settings


def _json(source: str, text: str) -> dict[str, Any]:
    try:
        value = json.loads(_COMMENT_OR_TEXT.sub(lambda found: found["text"] or "", text))
    except ValueError as error:
        raise RefusalError(f"{source} is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise RefusalError(f"{source} must be a JSON object")
    return value


def _substituted(path: str, text: str, environment: Mapping[str, str]) -> str:
    """The text with variables in place of ${NAME}, ${NAME:-default} and $NAME."""

    def value(found: re.Match[str]) -> str:
        given = environment.get(found["braced"] or found["plain"], found["default"])
        if given is None:
            raise RefusalError(f"{path} names the variable {found[0]}, which is not set")
        return given

    return _VARIABLE.sub(value, text)


def _setting(name: str, value: str) -> dict[str, Any]:
    """ORTHANC__SECTION__SOME_KEY as {"Section": {"SomeKey": value}}; the value is read as JSON if it is any."""
    path = ["".join(word.capitalize() for word in part.split("_")) for part in name.split("__")[1:]]
    path[0] = SPELLINGS.get(path[0], path[0])
    setting: Any
    try:
        setting = json.loads(value)
    except ValueError:
        setting = value
    for key in reversed(path):
        setting = {key: setting}
    return setting


def _merge(into: dict[str, Any], values: Mapping[str, Any], winner: str = "", path: str = "") -> None:
    """Add values of a source: the `winner`, which overwrites what is there, or one that may not contradict it."""
    for key, value in values.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value, winner, f"{path}{key}.")
            continue
        if key in into:
            if not winner:
                # Upstream breaks off, or takes the one that it happens to read last.
                raise RefusalError(f"{path}{key} is set twice")
            if isinstance(value, dict):
                raise RefusalError(f"{path}{key} is a section in {winner}, and a value before")
            print(f"stand-in base: {winner} overwrites {path}{key}", flush=True)
        into[key] = value


def _check(merged: Mapping[str, Any], sections: set[str]) -> None:
    spellings = {plugin.section.lower(): plugin.section for plugin in PLUGINS}
    for key in merged:
        if spellings.get(key.lower(), key) != key:
            raise RefusalError(f"no plugin reads the section {key}: it is {spellings[key.lower()]}")
    if "OHIF" in sections and "DicomWeb" not in sections:
        raise RefusalError("OHIF reads studies by DICOMweb: DICOM_WEB_PLUGIN_ENABLED must be true, too")
    for section in sections & REQUIRED.keys():
        given = merged.get(section, {})
        # One URI may say all there is to say of the database.
        for key in ["ConnectionUri"] if "ConnectionUri" in given else REQUIRED[section]:
            if not isinstance(given.get(key), str):
                raise RefusalError(f"{section}.{key} must be a text, but is {type(given.get(key)).__name__}")
    if ignored := [key for key in WITHOUT_URI if {key, "ConnectionUri"} <= merged.get("PostgreSQL", {}).keys()]:
        raise RefusalError(f"beside PostgreSQL.ConnectionUri nothing reads {', '.join(ignored)}")
    if merged["RemoteAccessAllowed"] and merged["AuthenticationEnabled"] and not merged.get("RegisteredUsers"):
        raise RefusalError("remote access and authentication are on, and RegisteredUsers names nobody")


def install(plugins: list[Plugin]) -> Path:
    """Copy the plugins' libraries to where Orthanc loads them from, as upstream on a read-only root; that path."""
    directory = next((path for path in PLUGIN_DIRECTORIES if path.is_dir()), PLUGIN_DIRECTORIES[-1])
    for library in (library for plugin in plugins for library in plugin.libraries):
        shutil.copyfile(AVAILABLE / library, directory / library)
    return directory


def main() -> None:
    """Write Orthanc's configuration and become Orthanc; or exit 1 with a line that says why it must not start."""
    version = subprocess.run(["dpkg-query", "--show", "orthanc"], capture_output=True, text=True, check=True)
    print(f"stand-in base: Debian's {version.stdout.strip()} in place of upstream's image", flush=True)
    try:
        if os.getuid() == 0:
            raise RefusalError("the image is to run as 999:999, and runs as root")
        if os.environ.get("GENERATE_HOST_ID_IF_MISSING", "true") == "true":
            Path("/etc/hostid").write_text(os.urandom(4).hex())
        directories = (Path("/etc/orthanc"), SECRETS)
        files = {str(path): path.read_text() for each in directories for path in sorted(each.glob("*.json"))}
        secrets = {path.name: path.read_text() for path in SECRETS.glob("*") if path.is_file()}
        merged = configuration(os.environ, files, secrets)
        plugins = enabled_plugins(os.environ, merged)
        CONFIGURATION.write_text(json.dumps(for_debian(merged, plugins, install(plugins))))
        # Like upstream, in words as a shell would split them, and not without its success.
        if script := os.environ.get("BEFORE_ORTHANC_STARTUP_SCRIPT", "").split():
            subprocess.run(script, check=True)
    except (RefusalError, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"stand-in base: {error}")
    missing = [plugin.section for plugin in plugins if not plugin.libraries]
    print(f"stand-in base: without {', '.join(missing)}, which Debian does not have", flush=True)
    arguments, preloaded = ["Orthanc", *sys.argv[1:]], {"LD_PRELOAD": "/usr/local/lib/libssl.so"}  # see civetweb.c
    os.execve("/usr/sbin/Orthanc", arguments, os.environ | preloaded)  # noqa: S606 - becomes Orthanc


if __name__ == "__main__":
    main()
