"""The components that alarms, events and dashboard monitor."""

from dataclasses import dataclass

from components.backup.backup_plan import Backup
from components.database.database import Database
from components.ingress.certificates import Certificates
from components.ingress.cloudfront import Edge
from components.ingress.dicom import DicomIngress
from components.ingress.load_balancer import ApplicationLoadBalancer
from components.ingress.waf import Firewall
from components.service.orthanc_service import OrthancService
from components.service.rotation import DatabasePasswordRotation
from components.storage.storage import Storage


@dataclass(frozen=True)
class Archive:
    """The components of a stack. None means that the stack does not have the component."""

    service: OrthancService
    load_balancer: ApplicationLoadBalancer
    database: Database
    storage: Storage
    certificates: Certificates
    edge: Edge
    dicom: DicomIngress | None
    backup: Backup | None
    rotation: DatabasePasswordRotation | None
    firewall: Firewall | None
