"""Orthanc on AWS: loads the settings, creates the components in order, and exports the outputs."""

import pulumi

from components.backup.backup_plan import Backup
from components.database.database import Database
from components.iam.keys import Keys
from components.ingress.certificates import Certificates
from components.ingress.cloudfront import Edge
from components.ingress.dicom import DicomIngress
from components.ingress.load_balancer import ApplicationLoadBalancer
from components.ingress.waf import Firewall
from components.monitoring.alarms import Alarms
from components.monitoring.archive import Archive
from components.monitoring.budget import MonthlyBudget
from components.monitoring.dashboard import ArchiveDashboard
from components.network import create as create_network
from components.preflight.load import load
from components.service.image import OrthancImage
from components.service.orthanc_service import OrthancService
from components.service.rotation import DatabasePasswordRotation
from components.service.users import OrthancUsers
from components.storage import create as create_storage
from components.storage.access_logs import AccessLogs
from components.storage.object_trail import ObjectTrail

settings, plan = load()

# The KMS keys that encrypt data at rest.
keys = Keys(
    "orthanc-keys",
    settings,
    kept_database_key=plan.database_key,
    makes_database_key=plan.makes_database_key,
)

# The network: a new VPC, or an existing one.
network = create_network("orthanc-network", settings, keys=keys, plan=plan)

# Access logs.
access_logs = AccessLogs("orthanc-access-logs", settings) if settings.keep_access_logs else None

# DICOM files, on S3 or EFS.
storage = create_storage("orthanc-dicom", settings, network=network, access_logs=access_logs)
if settings.enable_data_events and access_logs:
    ObjectTrail("orthanc-object-trail", settings, storage=storage, access_logs=access_logs)

# Orthanc's index.
database = Database("orthanc-database", settings, network=network, keys=keys)

# Backups of both, in a separate vault.
backup = (
    Backup("orthanc-backup", settings, database=database, storage=storage) if settings.enable_backup_plan else None
)

# Orthanc: its users, its image, the load balancers in front of it, and the ECS service.
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

# RDS rotates the database password; tasks are redeployed to pick up the new one.
rotation = (
    DatabasePasswordRotation("orthanc-rotation", settings, database=database, service=service)
    if settings.rds_keeps_password
    else None
)

# The public entry point for browsers and DICOMweb clients.
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

# Alarms, dashboard and budget.
archive = Archive(
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
    Alarms("orthanc-alarms", settings, archive=archive, after=[*service.ready, *edge.ready])
    if settings.enable_alarms
    else None
)
if settings.enable_dashboard:
    alarm_arns = list(alarms.arns.values()) if alarms else []
    ArchiveDashboard("orthanc-dashboard", settings, archive=archive, alarm_arns=alarm_arns)
if settings.monthly_budget_usd:
    MonthlyBudget("orthanc-budget", settings)

pulumi.export("orthancUrl", edge.url)
pulumi.export("orthancCredentialsSecretName", users.secret_name)
pulumi.export("orthancAdminPassword", users.admin_password)
if dicom:
    pulumi.export("dicomEndpoint", dicom.endpoint)
if alarms:
    pulumi.export("alarmTopicArns", alarms.topic_arns)
