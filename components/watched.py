"""What metrics, alarms and dashboard are about: the names of what the components have made."""

import pulumi

from components.backup import Backup
from components.certificates import Certificates
from components.database import Database
from components.dicom import DicomIngress
from components.edge import Edge
from components.firewall import Firewall
from components.load_balancer import ApplicationLoadBalancer
from components.metrics import Watched
from components.replica import RULE_ID
from components.rotation import DatabasePasswordRotation
from components.service import OrthancService
from components.settings import Settings
from components.storage import Bucket, DicomFileSystem


def watch(
    settings: Settings,
    *,
    service: OrthancService,
    load_balancer: ApplicationLoadBalancer,
    dicom: DicomIngress | None,
    database: Database,
    storage: Bucket | DicomFileSystem,
    backup: Backup | None,
    rotation: DatabasePasswordRotation | None,
    certificates: Certificates,
    firewall: Firewall | None,
    edge: Edge,
) -> Watched:
    """The names by which CloudWatch and EventBridge know a stack's parts; None: a stack without that part."""
    on_s3 = isinstance(storage, Bucket)
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
        bucket=storage.bucket_name if on_s3 else None,
        file_system=None if on_s3 else storage.file_system_id,
        replica_bucket=storage.replica_name if on_s3 else None,
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
