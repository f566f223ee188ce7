"""Viewers, database and file system use TLS only; with a custom certificate, TLS 1.2 or newer."""

from collections.abc import Iterator

from . import Properties

# Prefixes of the CloudFront policies that admit no older version. CloudFront's own certificate has no policy.
_SINCE_TLS_1_2 = ("TLSv1.2", "TLSv1.3")


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Checks distributions, encrypted listeners, PostgreSQL parameter groups, and the volumes of tasks."""
    if kind == "aws:cloudfront/distribution:Distribution":
        others = properties.get("orderedCacheBehaviors") or []
        for behavior in (properties.get("defaultCacheBehavior") or {}, *others):
            policy = behavior.get("viewerProtocolPolicy")
            if policy != "https-only":
                yield f"a password can be sent in clear: viewerProtocolPolicy is {policy!r}, make it https-only"
        certificate = properties.get("viewerCertificate") or {}
        oldest = certificate.get("minimumProtocolVersion") or "SSLv3"
        if certificate.get("acmCertificateArn") and not oldest.startswith(_SINCE_TLS_1_2):
            yield f"viewers may come with {oldest}: set minimumProtocolVersion to TLSv1.2_2021 or newer"
    if kind == "aws:lb/listener:Listener" and properties.get("protocol") in ("HTTPS", "TLS"):
        policy = properties.get("sslPolicy") or "ELBSecurityPolicy-2016-08"
        if not policy.startswith(("ELBSecurityPolicy-TLS13-1-2", "ELBSecurityPolicy-TLS13-1-3")):
            yield f"{policy} admits TLS older than 1.2: set sslPolicy to an ELBSecurityPolicy-TLS13-1-2"
    if kind == "aws:rds/parameterGroup:ParameterGroup":
        values = {each["name"]: each["value"] for each in properties.get("parameters") or []}
        if values.get("rds.force_ssl") != "1":
            yield "the database takes connections without TLS: set the parameter rds.force_ssl to 1"
    if kind == "aws:ecs/taskDefinition:TaskDefinition":
        for volume in properties.get("volumes") or []:
            files = volume.get("efsVolumeConfiguration")
            if files is not None and files.get("transitEncryption") != "ENABLED":
                yield f"files of the volume {volume['name']} travel in clear: set transitEncryption to ENABLED"
