"""Orthanc on AWS: settings in, components wired in order, outputs out."""

import pulumi

from components import configuration
from components.access_logs import AccessLogs
from components.alarms import Alarms
from components.backup import Backup
from components.brought_network import BroughtNetwork
from components.budget import MonthlyBudget
from components.certificates import Certificates
from components.dashboard import ArchiveDashboard
from components.data_events import DataEvents
from components.database import Database
from components.dicom import DicomIngress
from components.edge import Edge
from components.firewall import Firewall
from components.image import OrthancImage
from components.keys import Keys
from components.load_balancer import ApplicationLoadBalancer
from components.networking import Networking
from components.rotation import DatabasePasswordRotation
from components.service import OrthancService
from components.storage import BroughtBucket, Bucket, DicomBucket, DicomFileSystem
from components.users import OrthancUsers
from components.watched import watch

settings, plan = configuration.load()

# What data at rest is encrypted under.
keys = Keys("orthanc-keys", settings, plan=plan)

# Who can reach whom: two zones, nothing in them reachable from outside; or a network that is brought.
if settings.vpc_id:
    network = BroughtNetwork("orthanc-network", settings, endpoint_groups=plan.endpoint_groups)
else:
    network = Networking("orthanc-network", settings, keys=keys, zones=plan.zones)

# Where it is recorded who came in.
access_logs = AccessLogs("orthanc-access-logs", settings) if settings.keep_access_logs else None

# Where DICOM files live.
if settings.existing_bucket_name:
    storage = BroughtBucket("orthanc-dicom", settings)
elif settings.enable_dicom_s3_storage:
    storage = DicomBucket("orthanc-dicom", settings, access_logs=access_logs)
else:
    storage = DicomFileSystem("orthanc-dicom", settings, network=network)

if settings.enable_data_events and access_logs and isinstance(storage, Bucket):
    DataEvents("orthanc-data-events", settings, storage=storage, access_logs=access_logs)

# Where Orthanc's index lives.
database = Database("orthanc-database", settings, network=network, keys=keys)

# Copies of both, apart from them.
backup = (
    Backup("orthanc-backup", settings, database=database, storage=storage) if settings.enable_backup_plan else None
)

# Orthanc itself: who may log in, what runs, and what leads to it.
users = OrthancUsers("orthanc-users", settings, keys=keys)
image = OrthancImage("orthanc-image", settings)
certificates = Certificates("orthanc-certificates", settings)
load_balancer = ApplicationLoadBalancer(
    "orthanc-http",
    settings,
    network=network,
    certificates=certificates,
    access_logs=access_logs,
    rollout=plan.rollout,
)
let_in = settings.dicom_ingress != "off"
dicom = DicomIngress("orthanc-dicom", settings, network=network, rollout=plan.rollout) if let_in else None
service = OrthancService(
    "orthanc",
    settings,
    network=network,
    storage=storage,
    database=database,
    keys=keys,
    users=users,
    image=image,
    load_balancer=load_balancer,
    dicom=dicom,
    rollout=plan.rollout,
)

# Tasks that come to know the database's new password, whenever RDS has drawn one.
rotation = (
    DatabasePasswordRotation("orthanc-rotation", settings, database=database, service=service)
    if settings.rds_keeps_password
    else None
)

# The way in for viewers and DICOMweb.
firewall = Firewall("orthanc-firewall", settings, keys=keys) if settings.enable_waf else None
edge = Edge(
    "orthanc-edge",
    settings,
    load_balancer=load_balancer,
    certificates=certificates,
    firewall=firewall,
    access_logs=access_logs,
    depends_on=network.origin_needs,
)

# Who is told when studies no longer come in or go out, and where it is seen; and what it may cost.
watched = watch(
    settings,
    service=service,
    load_balancer=load_balancer,
    dicom=dicom,
    database=database,
    storage=storage,
    backup=backup,
    rotation=rotation,
    certificates=certificates,
    firewall=firewall,
    edge=edge,
)
alarms = (
    Alarms("orthanc-alarms", settings, watched=watched, after=[*service.ready, *edge.ready])
    if settings.enable_alarms
    else None
)
if settings.enable_dashboard:
    alarm_arns = list(alarms.arns.values()) if alarms else []
    ArchiveDashboard("orthanc-dashboard", settings, watched=watched, alarm_arns=alarm_arns)
if settings.monthly_budget_usd:
    MonthlyBudget("orthanc-budget", settings)

pulumi.export("orthancUrl", edge.url)
pulumi.export("orthancCredentialsSecretName", users.secret_name)
pulumi.export("orthancAdminPassword", users.admin_password)
if dicom:
    pulumi.export("dicomEndpoint", dicom.endpoint)
if alarms:
    pulumi.export("alarmTopicArns", alarms.topic_arns)
