"""The names of a distribution: whether DNS resolves them to it, and whether the certificate covers them."""

from collections.abc import Iterable
from typing import Any

from local.emulator.overlay import acm
from local.runner.aws import client
from local.runner.documents import Document
from local.workspace import Workspace


def problem_in_dns(workspace: Workspace, alias: str, distribution: str, kinds: Iterable[str]) -> str:
    """Why `alias` does not lead viewers to the distribution; empty if it does, or if its DNS is elsewhere.

    `kinds`: the required types of records. The zone with the longest matching name is used.
    """
    route53 = client(workspace, "route53")
    zones = {each["Name"].rstrip("."): each for each in route53.list_hosted_zones()["HostedZones"]}
    holding = [zone for zone in zones if alias == zone or alias.endswith(f".{zone}")]
    if not holding:
        return ""
    records = route53.list_resource_record_sets(HostedZoneId=zones[max(holding, key=len)]["Id"])
    targets = {
        record["Type"]: record["AliasTarget"]["DNSName"].rstrip(".")
        for record in records["ResourceRecordSets"]
        if record["Name"].rstrip(".") == alias and "AliasTarget" in record
    }
    missing = [kind for kind in kinds if targets.get(kind) != distribution]
    return f"{alias} does not lead to {distribution}: no alias record {' and '.join(missing)}" if missing else ""


def problem_of_certificate(workspace: Workspace, listener: Document, names: Iterable[str]) -> str:
    """Why CloudFront closes a connection to the HTTPS listener; empty if CloudFront trusts the listener.

    The certificate must cover one of `names`: the origin's own, or the Host header that is forwarded (CloudFront
    Developer Guide, "HTTP 502 status code").
    """
    arn = listener["Certificates"][0]["CertificateArn"]
    certificate: Any = client(workspace, "acm").describe_certificate(CertificateArn=arn)["Certificate"]
    if certificate["Status"] != "ISSUED":
        return f"the load balancer's certificate is {certificate['Status']}"
    covered = certificate["SubjectAlternativeNames"]
    if not any(acm.covers(covered, name) for name in names):
        return f"the load balancer's certificate covers {', '.join(covered)} only"
    return ""
