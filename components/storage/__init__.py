"""The storage for DICOM files: an S3 bucket or an EFS file system, never both.

Both hold patients' images and follow `dataOnDestroy`.
"""

from components.config import Settings
from components.network.network import Network
from components.storage.access_logs import AccessLogs
from components.storage.bucket import DicomBucket
from components.storage.existing_bucket import ExistingBucket
from components.storage.file_system import DicomFileSystem
from components.storage.storage import Storage


def create(name: str, settings: Settings, *, network: Network, access_logs: AccessLogs | None) -> Storage:
    """Returns the storage according to `settings`: an existing bucket, a new bucket, or a file system."""
    if settings.existing_bucket_name:
        return ExistingBucket(name, settings)
    if settings.enable_dicom_s3_storage:
        return DicomBucket(name, settings, access_logs=access_logs)
    return DicomFileSystem(name, settings, network=network)
