"""Orthanc on AWS: settings in, components wired in order, outputs out."""

import pulumi

from components import configuration
from components.database import Database
from components.edge import Edge
from components.image import OrthancImage
from components.networking import Networking
from components.service import OrthancService
from components.storage import DicomBucket, DicomFileSystem

settings = configuration.load()

# Who can reach whom: two zones, nothing in them reachable from outside.
network = Networking("orthanc-network", settings)

# Where DICOM files live.
if settings.enable_dicom_s3_storage:
    storage = DicomBucket("orthanc-dicom", settings)
else:
    storage = DicomFileSystem("orthanc-dicom", settings, network=network)

# Where Orthanc's index lives.
database = Database("orthanc-database", settings, network=network)

# Orthanc itself, and the one way in.
image = OrthancImage("orthanc-image", settings)
service = OrthancService("orthanc", settings, network=network, storage=storage, database=database, image=image)
edge = Edge("orthanc-edge", settings, service=service, depends_on=[network.vpc])

pulumi.export("orthancUrl", edge.url)
pulumi.export("orthancCredentialsSecretName", service.credentials_secret_name)
pulumi.export("orthancAdminPassword", service.admin_password)
