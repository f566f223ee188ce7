"""Orthanc's configuration as upstream's start-up script expects it: JSON, environment, and secrets.

Pure: no resource, no Output. Plain values are in ORTHANC_JSON, plugins are toggles, and secrets are variables that
ECS reads from Secrets Manager. Options that are not listed keep Orthanc's default.
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

# Where the EFS access point is mounted, and Orthanc's own place for files.
STORAGE_DIRECTORY = "/var/lib/orthanc/db"

# docker/Dockerfile puts them there.
RDS_CERTIFICATES = "/usr/share/orthanc/rds-global-bundle.pem"
_PREPARE_TASK = "/usr/share/orthanc/prepare-task.sh"
_READ_ONLY_USERS = "/usr/share/orthanc/read-only-users.lua"

# Key and certificate of the task's own HTTPS, made at its start; on a volume that ends with the task.
CERTIFICATE = "/tmp/https.pem"  # noqa: S108 - the container's own
# The task's own host id: docker/Dockerfile makes /etc/hostid a link to it.
_HOST_ID = "/tmp/hostid"  # noqa: S108 - the container's own

# TLS 1.2 and newer, in civetweb's numbers ("ssl_protocol_version"); and of TLS 1.2 what is forward secret and
# authenticated. Load balancers offer both suites to their targets (ELBSecurityPolicy-2016-08).
_TLS_1_2 = 4
_TLS_1_2_CIPHERS = ["ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256"]

# When libpq gives up a connection whose other end has gone without a word, as in a failover to a standby
# (PostgreSQL, "Database Connection Control Functions", and tcp(7)). Linux by itself waits for a quarter of an hour
# for an answer, and for two hours on a silent connection; meanwhile requests hang, the task's own health check
# included, until ECS kills it. The plugin closes what has failed and connects again with the next request.
# Seconds, but for tcp_user_timeout.
_DATABASE_TIMEOUTS = {
    "connect_timeout": 5,
    # Milliseconds for which what was sent may stay unacknowledged.
    "tcp_user_timeout": 15_000,
    # A silent connection is asked after 10 s, then every 5 s, and given up after three questions.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}

# What a modality may do, by its name in the settings and in Orthanc's DicomModalities.
_RIGHTS = {
    "echo": "AllowEcho",
    "find": "AllowFind",
    "get": "AllowGet",
    "move": "AllowMove",
    "store": "AllowStore",
    "storageCommitment": "AllowStorageCommitment",
}
# What Orthanc can allow to whoever calls. The first is nothing: no plugin has a worklist.
_WORKLISTS, *_COMMANDS = [
    f"DicomAlwaysAllow{command}" for command in ("FindWorklist", "Echo", "Find", "Get", "Move", "Store")
]


# The column of the index that holds it: Orthanc's PostgreSQL plugin, table ServerProperties.
_LONGEST_SERVER_IDENTIFIER = 64


@dataclass(frozen=True)
class BucketTarget:
    """DICOM files go to this S3 bucket."""

    bucket_name: str
    region: str


def configuration(
    settings: Settings, stack: str, database: DatabaseAccess, bucket: BucketTarget | None
) -> dict[str, Any]:
    """Orthanc's JSON configuration without secrets; `bucket` None: files in STORAGE_DIRECTORY."""
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
        # The script asks who may change something, so that a user whom it does not know may not.
        sections["LuaScripts"] = [_READ_ONLY_USERS]
        sections["UsersWithFullAccess"] = list(settings.full_users)
    return sections


def _web_server(settings: Settings) -> dict[str, Any]:
    return {
        # Reached through the load balancer only, and never without a password.
        "RemoteAccessAllowed": True,
        "AuthenticationEnabled": True,
        "HttpPort": ports.ORTHANC_HTTP,
        "SslEnabled": True,
        "SslCertificate": CERTIFICATE,
        "SslMinimumProtocolVersion": _TLS_1_2,
        "SslCiphersAccepted": _TLS_1_2_CIPHERS,
        "HttpThreadsCount": transfers.HTTP_THREADS,
        # Longer than the load balancer keeps an idle connection: at the default, 1 s, it would now and then send
        # a request into a connection that Orthanc is closing, and answer 502.
        "KeepAliveTimeout": settings.keep_alive_seconds,
        "HttpRequestTimeout": settings.transfer_seconds,
        # It would hold a whole answer in memory, and the viewer waiting, for DICOM files that hardly shrink.
        "HttpCompressionEnabled": False,
        # Ways around the API's own rules: scripts sent to run, files written on the server, a mounted drive.
        "ExecuteLuaEnabled": False,
        "RestApiWriteToFileSystemEnabled": False,
        "WebDavEnabled": False,
    }


def _requests(settings: Settings) -> dict[str, Any]:
    """What a request may store and find."""
    return {
        # Orthanc's defaults, 8 and 4 GB, exceed the whole task. The second is for each file of an uploaded ZIP.
        "MaximumRequestBodySizeMB": settings.largest_study_mib,
        "MaximumFileSizeInArchiveMB": settings.largest_study_mib,
        # Several tasks share one index: jobs are a task's own and must not be stored for another to find.
        "SaveJobs": False,
        # The same instance sent again is no error and no second write; a corrected one replaces the old. Orthanc's
        # default, Never, answers Success to a corrected instance and drops it.
        "OverwriteInstances": schema_versions.overwrite_instances(settings.orthanc_image),
        # A query must be answered by the index alone: opening files on S3 for it takes minutes.
        "StorageAccessOnFind": "Never",
        # No limit: with the index in PostgreSQL, Orthanc cuts longer answers to C-FIND, to /tools/find and to QIDO
        # with a higher `limit`, and reports success. The caller would take a part of a series for all of it.
        "LimitFindResults": 0,
        "LimitFindInstances": 0,
        # 0 is no limit, too. Orthanc deletes the patients that were stored first to stay below one; even with
        # MaximumStorageMode Reject it does when something is attached to a stored resource.
        "MaximumStorageSize": 0,
        "MaximumPatientCount": 0,
    }


def _viewers(settings: Settings) -> dict[str, Any]:
    return {
        "DicomWeb": {
            # The viewer speaks HTTPS to the edge, which Orthanc cannot see: without this the links in its answers
            # are http://.
            "Ssl": True,
            "WadoRsLoaderThreadsCount": reading.loaders(settings),
        },
        "OHIF": {"DataSource": "dicom-web"},
        # The viewer of microscopic slides. Its annotations are everybody's under one name, and each task keeps its
        # own copy, so that one task overwrites what another saved. Its IIIF manifests link to http://localhost:8042.
        "WholeSlideImaging": {"EnableAnnotations": False, "EnableIIIF": False},
    }


def _index(settings: Settings, database: DatabaseAccess) -> dict[str, Any]:
    return {
        "PostgreSQL": {
            "EnableIndex": True,
            "EnableStorage": False,
            # Handed to libpq as it is; beside it the plugin reads no other key that says where the database is.
            "ConnectionUri": connection_uri(database),
            # The lock is for a single writer; several tasks are.
            "Lock": False,
            "IndexConnectionsCount": connections.of_one_task(settings),
        },
    }


def _files(settings: Settings, bucket: BucketTarget | None) -> dict[str, Any]:
    if bucket is None:
        return {"StorageDirectory": STORAGE_DIRECTORY}
    return {
        # No keys: the plugin's SDK finds the task role.
        "AwsS3Storage": {
            "BucketName": bucket.bucket_name,
            "Region": bucket.region,
            "MaxConnections": reading.connections(settings),
        }
    }


def _add(own: Mapping[str, Any], sections: dict[str, Any]) -> None:
    """Put the stack's own options in. None of them is in `sections`, but what a section lacks."""
    for key, value in own.items():
        if isinstance(value, dict) and key in sections:
            _add(value, sections[key])
        else:
            sections[key] = value


def _dicom(settings: Settings) -> dict[str, Any]:
    """The DICOM server, and with ingress its modalities."""
    server: dict[str, Any] = {
        "DicomAet": settings.dicom_aet,
        "DicomPort": ports.ORTHANC_DICOM,
        "DicomCheckCalledAet": True,
        # Answers to C-FIND are encoded in it, so that they keep every name. Files that do not say how their names
        # are encoded are read in it, too.
        "DefaultEncoding": settings.dicom_default_encoding,
    }
    if settings.dicom_ingress == "off":
        return server
    # With none of them allowed to everybody an unknown calling title does not even get its association.
    server |= dict.fromkeys(_COMMANDS, False)
    # A title is no secret: it counts from its modality's address alone, which the load balancer hands on.
    server["DicomCheckModalityHost"] = True
    strict = settings.strict_titles
    # Where a title is at several addresses, Orthanc looks at the first only when it decides on an association
    # (OrthancConfiguration::IsKnownAETitle). It accepts all associations where something is allowed to everybody.
    # At each command it compares title and address with all of them.
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
        # All are allowed that are not denied; there is no worklist to find.
        "AllowFindWorklist": False,
    } | {key: right in modality.allow for right, key in _RIGHTS.items()}


def environment(
    settings: Settings, stack: str, database: DatabaseAccess, bucket: BucketTarget | None
) -> dict[str, str]:
    """The container's plain environment."""
    plugins = ["DICOM_WEB", "OHIF", "POSTGRESQL", "STONE_WEB_VIEWER", "WSI"]
    if bucket:
        # Not in the other mode: enabled without a bucket it invents one.
        plugins.append("AWS_S3_STORAGE")
    return {
        "ORTHANC_JSON": json.dumps(configuration(settings, stack, database, bucket), sort_keys=True),
        # DCMTK reads it. Without it an instance that C-GET or C-MOVE sends waits for an acknowledgment, which the
        # receiver delays by 40 ms (RFC 9293, 3.7.4, Nagle's algorithm).
        "TCP_NODELAY": "1",
        # Upstream's own has 16 random bits, since it writes digits where the C library reads a number.
        "GENERATE_HOST_ID_IF_MISSING": "false",
        "BEFORE_ORTHANC_STARTUP_SCRIPT": f"{_PREPARE_TASK} {CERTIFICATE} {_HOST_ID}",
    } | {f"{plugin}_PLUGIN_ENABLED": "true" for plugin in plugins}


def secrets(database: DatabaseAccess, credentials_secret_arn: str) -> dict[str, str]:
    """The container's secret environment: variable to Secrets Manager reference (ECS `valueFrom`)."""
    return {
        "ORTHANC__REGISTERED_USERS": credentials_secret_arn,
        # libpq's own: the password is in no configuration file and no connection string.
        "PGPASSWORD": f"{database.secret_arn}:password::",
    }


def connection_uri(database: DatabaseAccess) -> str:
    """How libpq reaches the database: over TLS, to a server whose authority and name are verified; no password."""
    user, host, name = (quote(part, safe="") for part in (database.user, database.host, database.name))
    verified = {"sslmode": "verify-full", "sslrootcert": RDS_CERTIFICATES}
    parameters = urlencode(verified | _DATABASE_TIMEOUTS, safe="/")
    return f"postgresql://{user}@{host}:{database.port}/{name}?{parameters}"
