"""Orthanc's configuration as upstream's start-up script takes it: settings in; JSON, environment and secrets out.

Pure: no resource, no Output. Plain values come as ORTHANC_JSON, plugins as toggles, secrets as variables that ECS
fills from Secrets Manager. What is not listed keeps Orthanc's own default.
"""

import json
from dataclasses import dataclass
from typing import Any

from components.database import DatabaseAccess
from components.settings import Settings

HTTP_PORT = 8042
DICOM_PORT = 4242
ADMIN_USER = "admin"

# Where the EFS access point is mounted, and Orthanc's own place for files.
STORAGE_DIRECTORY = "/var/lib/orthanc/db"

# docker/Dockerfile puts it there.
RDS_CERTIFICATES = "/usr/share/orthanc/rds-global-bundle.pem"

# PostgreSQL connections of one task. A rolling update runs twice the tasks: 2 zones x 2 x 15 = 60, under
# the 112 (LEAST(memory / 9531392, 5000)) of the smallest class, 1 GiB, less what RDS keeps for itself.
_INDEX_CONNECTIONS = 15


@dataclass(frozen=True)
class BucketTarget:
    """DICOM files go to this S3 bucket."""

    bucket_name: str
    region: str


def configuration(
    settings: Settings, stack: str, database: DatabaseAccess, bucket: BucketTarget | None
) -> dict[str, Any]:
    """Orthanc's JSON configuration without secrets; `bucket` None: files in STORAGE_DIRECTORY."""
    # Of the task's memory a quarter may be one request's body and a quarter one archive under way: Orthanc's
    # defaults, 8 and 4 GB, exceed the whole task.
    quarter_of_memory = settings.task_memory_mib // 4
    sections: dict[str, Any] = {
        "Name": settings.orthanc_name,
        # Without a fixed one Orthanc derives it from its network interface, which every new task has anew.
        "DatabaseServerIdentifier": f"orthanc-{stack}",
        # Reached through the load balancer only, and never without a password.
        "RemoteAccessAllowed": True,
        "AuthenticationEnabled": True,
        "HttpPort": HTTP_PORT,
        "HttpThreadsCount": 100,
        # Longer than the load balancer keeps an idle connection: at the default, 1 s, it would now and then send
        # a request into a connection that Orthanc is closing, and answer 502.
        "KeepAliveTimeout": settings.keep_alive_seconds,
        "MaximumRequestBodySizeMB": quarter_of_memory,
        "MaximumFileSizeInArchiveMB": quarter_of_memory,
        "DicomAet": settings.dicom_aet,
        "DicomPort": DICOM_PORT,
        "DicomCheckCalledAet": True,
        # Several tasks share one index: jobs are a task's own and must not be stored for another to find.
        "SaveJobs": False,
        # The same instance sent again is no error and no second write; a corrected one replaces the old.
        "OverwriteInstances": "IfChanged",
        # A query must be answered by the index alone: opening files on S3 for it takes minutes.
        "StorageAccessOnFind": "Never",
        "LimitFindResults": 100,
        "LimitFindInstances": 100,
        # Each read of S3 waits; many at once hide that.
        "StorageLoaderThreadsCount": 20,
        # Ways around the API's own rules: scripts sent to run, files written on the server, a mounted drive.
        "ExecuteLuaEnabled": False,
        "RestApiWriteToFileSystemEnabled": False,
        "WebDavEnabled": False,
        "DicomWeb": {
            # The viewer speaks HTTPS to the edge, which Orthanc cannot see: without this the links in its answers
            # are http://.
            "Ssl": True,
        },
        "OHIF": {"DataSource": "dicom-web"},
        "PostgreSQL": {
            "EnableIndex": True,
            "EnableStorage": False,
            "Host": database.host,
            "Port": database.port,
            "Database": database.name,
            "Username": database.user,
            "EnableSsl": True,
            # The lock is for a single writer; several tasks are.
            "Lock": False,
            "IndexConnectionsCount": _INDEX_CONNECTIONS,
        },
    }
    if bucket:
        # No keys: the plugin's SDK finds the task role.
        sections["AwsS3Storage"] = {
            "BucketName": bucket.bucket_name,
            "Region": bucket.region,
            "MaxConnections": 50,
        }
    else:
        sections["StorageDirectory"] = STORAGE_DIRECTORY
    return sections


def environment(
    settings: Settings, stack: str, database: DatabaseAccess, bucket: BucketTarget | None
) -> dict[str, str]:
    """The container's plain environment."""
    plugins = ["DICOM_WEB", "OHIF", "POSTGRESQL", "STONE_WEB_VIEWER"]
    if bucket:
        # Not in the other mode: enabled without a bucket it invents one.
        plugins.append("AWS_S3_STORAGE")
    return {
        "ORTHANC_JSON": json.dumps(configuration(settings, stack, database, bucket), sort_keys=True),
        # /etc is read-only.
        "GENERATE_HOST_ID_IF_MISSING": "false",
        # With it PostgreSQL's client library checks the server's certificate; EnableSsl alone only encrypts.
        "PGSSLROOTCERT": RDS_CERTIFICATES,
    } | {f"{plugin}_PLUGIN_ENABLED": "true" for plugin in plugins}


def secrets(database: DatabaseAccess, credentials_secret_arn: str) -> dict[str, str]:
    """The container's secret environment: variable to Secrets Manager reference (ECS `valueFrom`)."""
    return {
        "ORTHANC__REGISTERED_USERS": credentials_secret_arn,
        "ORTHANC__POSTGRESQL__PASSWORD": f"{database.secret_arn}:password::",
    }
