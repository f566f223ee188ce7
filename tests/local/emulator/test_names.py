"""Certificates and DNS: what is issued when, what refers to what, and what is refused."""

import uuid
from typing import Any

import pytest

from local.emulator.overlay.acm import covers

CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"


@pytest.fixture(scope="module")
def zone(client: Any) -> str:
    made = client("route53").create_hosted_zone(Name="example.org", CallerReference=str(uuid.uuid4()))
    return made["HostedZone"]["Id"].rpartition("/")[2]


def change(client: Any, zone: str, action: str, name: str, **record: Any) -> dict[str, Any]:
    """The arguments of a change of one record."""
    kind = {"Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "elsewhere.example.com"}]}
    wanted = {"Name": name, **(record or kind)}
    return {
        "HostedZoneId": zone,
        "ChangeBatch": {"Changes": [{"Action": action, "ResourceRecordSet": wanted}]},
    }


def alias(name: str, target_zone: str) -> dict[str, Any]:
    target = {"DNSName": name, "HostedZoneId": target_zone, "EvaluateTargetHealth": False}
    return {"Type": "A", "AliasTarget": target}


def requested(client: Any, name: str) -> tuple[str, dict[str, Any]]:
    """A new certificate, and the record that it asks for."""
    acm = client("acm")
    arn = acm.request_certificate(DomainName=name, ValidationMethod="DNS")["CertificateArn"]
    found = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert found["Status"] == "PENDING_VALIDATION"
    return arn, found["DomainValidationOptions"][0]["ResourceRecord"]


def issue(client: Any, zone: str, name: str) -> str:
    arn, asked = requested(client, name)
    record = {"Type": asked["Type"], "TTL": 60, "ResourceRecords": [{"Value": asked["Value"]}]}
    client("route53").change_resource_record_sets(**change(client, zone, "UPSERT", asked["Name"], **record))
    return arn


def status(client: Any, arn: str) -> str:
    return client("acm").describe_certificate(CertificateArn=arn)["Certificate"]["Status"]


def test_a_certificate_is_issued_once_its_record_is_in_dns(client: Any, zone: str) -> None:
    arn, asked = requested(client, "archive.example.org")
    route53 = client("route53")
    for value, expected in (("something else.", "PENDING_VALIDATION"), (asked["Value"], "ISSUED")):
        record = {"Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": value}]}
        route53.change_resource_record_sets(**change(client, zone, "UPSERT", asked["Name"], **record))
        assert status(client, arn) == expected


def test_a_record_stands_once_and_in_its_own_zone(client: Any, zone: str, refused: Any) -> None:
    edit, name = client("route53").change_resource_record_sets, "once.example.org"
    for _ in range(2):  # what was deleted can be made again
        edit(**change(client, zone, "CREATE", name))
        assert refused(edit, **change(client, zone, "CREATE", name)) == "InvalidChangeBatch"
        other = {"Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "other.example.com"}]}
        assert refused(edit, **change(client, zone, "DELETE", name, **other)) == "InvalidChangeBatch"
        edit(**change(client, zone, "DELETE", name))
    for elsewhere in ("archive.example.com", "archive.badexample.org"):
        assert refused(edit, **change(client, zone, "CREATE", elsewhere)) == "InvalidChangeBatch"


@pytest.mark.parametrize(
    ("target", "target_zone"),
    [("d1.cloudfront.net", "Z35SXDOTRQ7X7K"), ("alb.us-east-1.elb.amazonaws.com", CLOUDFRONT_ZONE)],
)
def test_an_alias_names_the_zone_of_its_target(
    client: Any, zone: str, refused: Any, target: str, target_zone: str
) -> None:
    edit = client("route53").change_resource_record_sets
    wrong = change(client, zone, "CREATE", "alias.example.org", **alias(target, target_zone))
    assert refused(edit, **wrong) == "InvalidChangeBatch"
    right = alias("d1.cloudfront.net", CLOUDFRONT_ZONE)
    edit(**change(client, zone, "UPSERT", "alias.example.org", **right))
    edit(**change(client, zone, "DELETE", "alias.example.org", **right))


def test_a_listener_has_an_issued_certificate_which_is_kept(
    client: Any, network: Any, zone: str, refused: Any
) -> None:
    elb, acm = client("elbv2"), client("acm")
    balancer = elb.create_load_balancer(Name=f"https-{uuid.uuid4().hex[:8]}", Subnets=network["subnets"])
    arn = balancer["LoadBalancers"][0]["LoadBalancerArn"]
    answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
    wanted = {"LoadBalancerArn": arn, "Protocol": "HTTPS", "Port": 443, "DefaultActions": [answer]}
    pending, _ = requested(client, "pending.example.org")
    assert refused(elb.create_listener, **wanted) == "CertificateNotFound"
    certificates = [{"CertificateArn": pending}]
    assert refused(elb.create_listener, **wanted, Certificates=certificates) == "UnsupportedCertificate"

    issued = issue(client, zone, "listener.example.org")
    listener = elb.create_listener(**wanted, Certificates=[{"CertificateArn": issued}])["Listeners"][0]
    change = {"ListenerArn": listener["ListenerArn"], "DefaultActions": [answer]}
    assert refused(elb.modify_listener, **change, Certificates=certificates) == "UnsupportedCertificate"
    assert refused(acm.delete_certificate, CertificateArn=issued) == "ResourceInUseException"
    plain = elb.modify_listener(**change, Protocol="HTTP", Port=80)["Listeners"][0]
    assert plain["Protocol"] == "HTTP" and not plain.get("Certificates")
    acm.delete_certificate(CertificateArn=issued)


def test_a_listener_turns_from_tcp_to_tls_and_back(client: Any, network: Any, zone: str, refused: Any) -> None:
    elb = client("elbv2")
    balancer = elb.create_load_balancer(
        Name=f"tls-{uuid.uuid4().hex[:8]}", Type="network", Subnets=network["subnets"]
    )
    arn = balancer["LoadBalancers"][0]["LoadBalancerArn"]
    group = elb.create_target_group(Name="tls", Protocol="TCP", Port=4242, VpcId=network["vpc"])["TargetGroups"][0]
    actions = [{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}]
    made = elb.create_listener(LoadBalancerArn=arn, Protocol="TCP", Port=104, DefaultActions=actions)["Listeners"][
        0
    ]
    over_tls = {"ListenerArn": made["ListenerArn"], "Protocol": "TLS"}
    assert refused(elb.modify_listener, **over_tls) == "CertificateNotFound"
    pending = [{"CertificateArn": requested(client, "pending.example.org")[0]}]
    assert refused(elb.modify_listener, **over_tls, Certificates=pending) == "UnsupportedCertificate"
    issued = [{"CertificateArn": issue(client, zone, "dicom.example.org")}]
    elb.modify_listener(**over_tls, Certificates=issued)
    [listener] = elb.describe_listeners(ListenerArns=[made["ListenerArn"]])["Listeners"]
    assert (listener["Protocol"], listener["Certificates"]) == ("TLS", issued)
    elb.modify_listener(ListenerArn=made["ListenerArn"], Protocol="TCP")
    [listener] = elb.describe_listeners(ListenerArns=[made["ListenerArn"]])["Listeners"]
    assert listener["Protocol"] == "TCP" and not listener.get("Certificates")


@pytest.mark.parametrize(
    ("host", "covered"),
    [
        ("archive.example.org", True),
        ("x.pacs.example.org", True),
        ("pacs.example.org", False),
        ("a.x.pacs.example.org", False),
        ("badarchive.example.org", False),
    ],
)
def test_a_star_stands_for_one_label(host: str, covered: bool) -> None:
    assert covers(["archive.example.org", "*.pacs.example.org"], host) is covered
