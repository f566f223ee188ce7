"""The names of deployed resources that metrics, alarms, and dashboard refer to."""

import pulumi

from components.backup.backup_plan import Backup
from components.config import Settings
from components.database.database import Database
from components.ingress.certificates import Certificates
from components.ingress.cloudfront import Edge
from components.ingress.dicom import DicomIngress
from components.ingress.load_balancer import ApplicationLoadBalancer
from components.ingress.waf import Firewall
from components.monitoring.metrics import Watched
from components.service.orthanc_service import OrthancService
from components.service.rotation import DatabasePasswordRotation
from components.storage.replica import RULE_ID
from components.storage.storage import Storage


def watch(
    settings: Settings,
    *,
    service: OrthancService,
    load_balancer: ApplicationLoadBalancer,
    dicom: DicomIngress | None,
    database: Database,
    storage: Storage,
    backup: Backup | None,
    rotation: DatabasePasswordRotation | None,
    certificates: Certificates,
    firewall: Firewall | None,
    edge: Edge,
) -> Watched:
    """The names by which CloudWatch and EventBridge know a stack's parts; None: a stack without that part."""
    return Watched(
        region=settings.account.region,
        load_balancer=load_balancer.balancer.arn_suffix,
        target_group=load_balancer.target_group.arn_suffix,
        cluster=service.cluster_name,
        service=service.service_name,
        service_arn=service.service_arn,
        log_group=service.log_group_name,
        # No other stack has a log group of that name.
        own_namespace=pulumi.Output.concat("Orthanc/", service.log_group_name),
        database=database.identifier,
        database_arn=database.arn,
        distribution=edge.distribution_id,
        bucket=storage.bucket_name,
        file_system=storage.file_system_id,
        replica_bucket=storage.replica_name,
        replica_region=settings.replica_region,
        replica_rule=RULE_ID,
        dicom_balancer=dicom.balancer.arn_suffix if dicom else None,
        dicom_target_group=dicom.target_group.arn_suffix if dicom else None,
        firewall=firewall.metric_name if firewall else None,
        edge_certificate=certificates.edge_arn,
        load_balancer_certificate=certificates.load_balancer_arn,
        dicom_certificate=settings.dicom_certificate_arn or None,
        state_machine=rotation.state_machine_arn if rotation else None,
        vault=backup.vault_name if backup else None,
    )
