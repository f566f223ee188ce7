"""Orthanc's configuration as upstream's startup script expects it: JSON, environment, and secrets.

Pure functions, without resources or Outputs. Plain values are in ORTHANC_JSON, environment variables enable
plugins, and ECS reads secrets from Secrets Manager into variables. Options that are not listed keep Orthanc's
default.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from components.config import Settings, connections, ports, schema_versions, transfers
from components.config.modalities import Modality, by_title, named
from components.config.stack_name import with_stack
from components.database.database import DatabaseAccess
from components.service import reading

# The mount path of the EFS access point, and Orthanc's own directory for files.
STORAGE_DIRECTORY = "/var/lib/orthanc/db"

# docker/Dockerfile copies the files there.
RDS_CERTIFICATES = "/usr/share/orthanc/rds-global-bundle.pem"
_PREPARE_TASK = "/usr/share/orthanc/prepare-task.sh"
_READ_ONLY_USERS = "/usr/share/orthanc/read-only-users.lua"

# The key and certificate for the task's HTTPS, generated when it starts. The volume is deleted with the task.
CERTIFICATE = "/tmp/https.pem"  # noqa: S108 - the container's own
# The task's own host ID: in docker/Dockerfile, /etc/hostid is a link to it.
_HOST_ID = "/tmp/hostid"  # noqa: S108 - the container's own

# TLS 1.2 and newer, as numbered by CivetWeb ("ssl_protocol_version"). For TLS 1.2, only cipher suites with forward
# secrecy and authenticated encryption. Load balancers offer both suites to their targets
# (ELBSecurityPolicy-2016-08).
_TLS_1_2 = 4
_TLS_1_2_CIPHERS = ["ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256"]

# When libpq gives up a connection whose other end disappeared without closing it, as in a failover to a standby
# (PostgreSQL, "Database Connection Control Functions", and tcp(7)). By default, Linux waits a quarter of an hour
# for a response, and two hours on an idle connection. Meanwhile, requests hang, including the task's own health
# check, until ECS kills the task. The plugin closes a failed connection and connects again with the next request.
# In seconds, except tcp_user_timeout.
_DATABASE_TIMEOUTS = {
    "connect_timeout": 5,
    # How long sent data may stay unacknowledged, in milliseconds.
    "tcp_user_timeout": 15_000,
    # Probes of an idle connection: after 10 s, then every 5 s. After three unanswered probes, it is given up.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}

# The permissions of a modality, by their names in the settings and in Orthanc's DicomModalities.
_RIGHTS = {
    "echo": "AllowEcho",
    "find": "AllowFind",
    "get": "AllowGet",
    "move": "AllowMove",
    "store": "AllowStore",
    "storageCommitment": "AllowStorageCommitment",
}
# What Orthanc can allow to every caller. The first allows nothing: no plugin has a worklist.
_WORKLISTS, *_COMMANDS = [
    f"DicomAlwaysAllow{command}" for command in ("FindWorklist", "Echo", "Find", "Get", "Move", "Store")
]


# The size of the column that holds it in the index: Orthanc's PostgreSQL plugin, table ServerProperties.
_LONGEST_SERVER_IDENTIFIER = 64


@dataclass(frozen=True)
class BucketTarget:
    """The S3 bucket that stores DICOM files."""

    bucket_name: str
    region: str


def configuration(
    settings: Settings, stack: str, database: DatabaseAccess, bucket: BucketTarget | None
) -> dict[str, Any]:
    """Returns Orthanc's JSON configuration without secrets. Without `bucket`, files are in STORAGE_DIRECTORY."""
    sections: dict[str, Any] = {
        "Name": settings.orthanc_name,
        # Otherwise Orthanc derives it from its network interface, which differs in every task.
        "DatabaseServerIdentifier": with_stack("orthanc", stack, longest=_LONGEST_SERVER_IDENTIFIER),
        **_dicom(settings),
        **_web_server(settings),
        **_requests(settings),
        **reading.options(settings),
        **_viewers(settings),
        **_index(settings, database),
        **_files(settings, bucket),
    }
    _add(settings.own_options, sections)
    if settings.read_only_users:
        # Lists the users who may make changes. The script denies changes to all others, even to unknown users.
        sections["LuaScripts"] = [_READ_ONLY_USERS]
        sections["UsersWithFullAccess"] = list(settings.full_users)
    return sections


def _web_server(settings: Settings) -> dict[str, Any]:
    return {
        # Reachable only through the load balancer, and never without a password.
        "RemoteAccessAllowed": True,
        "AuthenticationEnabled": True,
        "HttpPort": ports.ORTHANC_HTTP,
        "SslEnabled": True,
        "SslCertificate": CERTIFICATE,
        "SslMinimumProtocolVersion": _TLS_1_2,
        "SslCiphersAccepted": _TLS_1_2_CIPHERS,
        "HttpThreadsCount": transfers.HTTP_THREADS,
        # Longer than the load balancer keeps an idle connection. With the default, 1 s, the load balancer would
        # sometimes send a request on a connection that Orthanc is closing, and return 502.
        "KeepAliveTimeout": settings.keep_alive_seconds,
        "HttpRequestTimeout": settings.transfer_seconds,
        # Compression would hold a whole response in memory and delay the viewer, although DICOM files hardly
        # shrink.
        "HttpCompressionEnabled": False,
        # These bypass the API's own rules: scripts sent for execution, files written on the server, WebDAV drives.
        "ExecuteLuaEnabled": False,
        "RestApiWriteToFileSystemEnabled": False,
        "WebDavEnabled": False,
    }


def _requests(settings: Settings) -> dict[str, Any]:
    """Returns the options for what a request may store and find."""
    return {
        # Orthanc's defaults, 8 and 4 GB, exceed the memory of the task. The second limit applies to each file of
        # an uploaded ZIP.
        "MaximumRequestBodySizeMB": settings.largest_study_mib,
        "MaximumFileSizeInArchiveMB": settings.largest_study_mib,
        # Several tasks share one index. Jobs belong to one task and must not be stored where other tasks find
        # them.
        "SaveJobs": False,
        # An instance that is sent again is not an error and is not written again; a corrected instance replaces
        # the old one. With Orthanc's default, Never, Orthanc reports Success for a corrected instance and discards
        # it.
        "OverwriteInstances": schema_versions.overwrite_instances(settings.orthanc_image),
        # Queries must use the index only: opening files on S3 for them takes minutes.
        "StorageAccessOnFind": "Never",
        # No limit. With the index in PostgreSQL, Orthanc truncates longer results of C-FIND, of /tools/find and of
        # QIDO-RS with a higher `limit`, and reports success. The caller would mistake a part of a series for all
        # of it.
        "LimitFindResults": 0,
        "LimitFindInstances": 0,
        # 0 also means no limit. To stay below a limit, Orthanc deletes the patients that were stored first. With
        # MaximumStorageMode Reject, it still does so when something is attached to a stored resource.
        "MaximumStorageSize": 0,
        "MaximumPatientCount": 0,
    }


def _viewers(settings: Settings) -> dict[str, Any]:
    return {
        "DicomWeb": {
            # Viewers use HTTPS to CloudFront, which Orthanc cannot detect. Without this option, the links in its
            # responses are http://.
            "Ssl": True,
            "WadoRsLoaderThreadsCount": reading.loaders(settings),
        },
        "OHIF": {"DataSource": "dicom-web"},
        # The viewer for whole-slide images. All users share its annotations under one name, and each task keeps
        # its own copy, so one task overwrites what another task saved. Its IIIF manifests link to
        # http://localhost:8042.
        "WholeSlideImaging": {"EnableAnnotations": False, "EnableIIIF": False},
    }


def _index(settings: Settings, database: DatabaseAccess) -> dict[str, Any]:
    return {
        "PostgreSQL": {
            "EnableIndex": True,
            "EnableStorage": False,
            # Passed to libpq unchanged. With it, the plugin reads no other key for the location of the database.
            "ConnectionUri": connection_uri(database),
            # The lock is for a single writer, but several tasks write.
            "Lock": False,
            "IndexConnectionsCount": connections.of_one_task(settings),
        },
    }


def _files(settings: Settings, bucket: BucketTarget | None) -> dict[str, Any]:
    if bucket is None:
        return {"StorageDirectory": STORAGE_DIRECTORY}
    return {
        # No access keys: the plugin's SDK uses the task role.
        "AwsS3Storage": {
            "BucketName": bucket.bucket_name,
            "Region": bucket.region,
            "MaxConnections": reading.connections(settings),
        }
    }


def _add(own: Mapping[str, Any], sections: dict[str, Any]) -> None:
    """Adds the stack's own options, none of which `sections` contains. A section is extended, not replaced."""
    for key, value in own.items():
        if isinstance(value, dict) and key in sections:
            _add(value, sections[key])
        else:
            sections[key] = value


def _dicom(settings: Settings) -> dict[str, Any]:
    """Returns the options of the DICOM server and, with ingress, of its modalities."""
    server: dict[str, Any] = {
        "DicomAet": settings.dicom_aet,
        "DicomPort": ports.ORTHANC_DICOM,
        "DicomCheckCalledAet": True,
        # The encoding of C-FIND responses, so that they keep every name. Orthanc also uses it to read files that
        # do not specify an encoding.
        "DefaultEncoding": settings.dicom_default_encoding,
    }
    if settings.dicom_ingress == "off":
        return server
    # If none of them is allowed to everybody, Orthanc rejects associations with an unknown calling AE title.
    server |= dict.fromkeys(_COMMANDS, False)
    # An AE title is not a secret. It is valid only from its modality's address, which the load balancer preserves.
    server["DicomCheckModalityHost"] = True
    strict = settings.strict_titles
    # If an AE title is used at several addresses, Orthanc checks only the first address when it decides on an
    # association (OrthancConfiguration::IsKnownAETitle). It accepts all associations if any command is allowed to
    # everybody. For each command, it compares the title and the address with all modalities.
    server[_WORKLISTS] = any(len(group) > 1 for group in by_title(settings.dicom_modalities, strict=strict))
    server["DicomModalities"] = {
        name: _modality(modality) for name, modality in named(settings.dicom_modalities, strict=strict).items()
    }
    return server


def _modality(modality: Modality) -> dict[str, Any]:
    return {
        "AET": modality.aet,
        "Host": modality.host,
        "Port": modality.port,
        "Manufacturer": modality.manufacturer,
        # Orthanc allows every command that is not denied. There is no worklist to find.
        "AllowFindWorklist": False,
    } | {key: right in modality.allow for right, key in _RIGHTS.items()}


def environment(
    settings: Settings, stack: str, database: DatabaseAccess, bucket: BucketTarget | None
) -> dict[str, str]:
    """Returns the container's plain environment variables."""
    plugins = ["DICOM_WEB", "OHIF", "POSTGRESQL", "STONE_WEB_VIEWER", "WSI"]
    if bucket:
        # Only with a bucket: without one, the plugin would use an invented bucket.
        plugins.append("AWS_S3_STORAGE")
    return {
        "ORTHANC_JSON": json.dumps(configuration(settings, stack, database, bucket), sort_keys=True),
        # Read by DCMTK. Without it, an instance that C-GET or C-MOVE sends waits for an acknowledgment, which the
        # receiver delays by 40 ms (RFC 9293, 3.7.4, Nagle's algorithm).
        "TCP_NODELAY": "1",
        # Upstream's own host ID has only 16 random bits, because upstream writes digits where the C library reads
        # a number.
        "GENERATE_HOST_ID_IF_MISSING": "false",
        "BEFORE_ORTHANC_STARTUP_SCRIPT": f"{_PREPARE_TASK} {CERTIFICATE} {_HOST_ID}",
    } | {f"{plugin}_PLUGIN_ENABLED": "true" for plugin in plugins}


def secrets(database: DatabaseAccess, credentials_secret_arn: str) -> dict[str, str]:
    """Returns the container's secret environment variables as Secrets Manager references (ECS `valueFrom`)."""
    return {
        "ORTHANC__REGISTERED_USERS": credentials_secret_arn,
        # Read by libpq, so the password is not in a configuration file or connection string.
        "PGPASSWORD": f"{database.secret_arn}:password::",
    }


def connection_uri(database: DatabaseAccess) -> str:
    """Returns the connection URI for libpq: over TLS with verified authority and host name, without a password."""
    user, host, name = (quote(part, safe="") for part in (database.user, database.host, database.name))
    verified = {"sslmode": "verify-full", "sslrootcert": RDS_CERTIFICATES}
    parameters = urlencode(verified | _DATABASE_TIMEOUTS, safe="/")
    return f"postgresql://{user}@{host}:{database.port}/{name}?{parameters}"
