"""The own domain's certificates: which are made, where, and who waits for them."""

import pytest

from components.config.parse import parse
from components.preflight.hosted_zone import LiveZone, problem
from tests.unit.program import CERTIFICATE, OWN_DOMAIN, OWN_ZONE, in_region, refused


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_edge_and_load_balancer_have_certificates_of_their_regions(region: str):
    program = in_region(region, **OWN_ZONE)
    made = {certificate.inputs["region"]: certificate for certificate in program.all("Certificate")}
    assert set(made) == {"us-east-1", region}, "one of the two has none, or one is made for nobody"
    for certificate in made.values():
        assert certificate.inputs["domainName"] == OWN_ZONE["domainName"], "it does not cover the Host header: 502"
        assert certificate.inputs["validationMethod"] == "DNS"
    issued = {validation.inputs["region"]: validation for validation in program.all("CertificateValidation")}
    for user, where in ((program.one("Distribution"), "us-east-1"), (program.one("Listener"), region)):
        assert user.waits_for(issued[where]), f"{user.type} is given a certificate that is still pending"
        assert made[where].name in str(user.inputs), "it has the other region's certificate"


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_one_record_validates_them(region: str):
    program = in_region(region, **OWN_ZONE)
    [record] = [record for record in program.all("Record") if record.inputs["type"] == "CNAME"]
    assert (record.inputs["zoneId"], record.inputs["name"]) == ("Z1", "_a.b.")
    assert record.inputs["records"] == ["_c.acm."]
    assert record.inputs["allowOverwrite"], "another certificate of the name may have brought it"
    for validation in program.all("CertificateValidation"):
        assert validation.waits_for(record), "nothing validates it"


@pytest.mark.parametrize(
    ("region", "regional", "https"),
    [("us-east-1", "", True), ("eu-central-1", "", False), ("eu-central-1", "eu-central-1", True)],
)
def test_certificates_can_be_brought(region: str, regional: str, https: bool):
    own = {"regionalCertificateArn": CERTIFICATE.replace("us-east-1", regional)} if regional else {}
    for domain in (OWN_DOMAIN, OWN_DOMAIN | OWN_ZONE):
        program = in_region(region, **domain, **own)
        assert not program.all("Certificate"), "one is made beside the one that was brought"
        assert program.one("Distribution").inputs["viewerCertificate"]["acmCertificateArn"] == CERTIFICATE
        listener = program.one("Listener").inputs
        assert listener["protocol"] == ("HTTPS" if https else "HTTP")
        expected = CERTIFICATE.replace("us-east-1", region) if https else None
        assert listener.get("certificateArn") == expected, "a load balancer takes its own region's only"
        assert ("-TLS13-1-2-Res-" in listener.get("sslPolicy", "")) is https, "ciphers without forward secrecy"
        [admitted] = [rule for rule in program.all("SecurityGroupIngressRule") if "prefixListId" in rule.inputs]
        assert listener["port"] == admitted.inputs["fromPort"] == (443 if https else 80)


@pytest.mark.parametrize(
    ("domain", "zone", "key"),
    [
        ("archive.example.org", LiveZone("example.org", private=False), None),
        ("archive.example.org", LiveZone("archive.example.org", private=False), None),
        ("archive.example.org", LiveZone("example.com", private=False), "domainName"),
        ("archive.badexample.org", LiveZone("example.org", private=False), "domainName"),
        ("example.org", LiveZone("archive.example.org", private=False), "domainName"),
        ("archive.example.org", LiveZone("example.org", private=True), "hostedZoneId"),
        ("archive.example.org", None, "hostedZoneId"),
    ],
)
def test_the_domain_is_in_the_public_zone(domain: str, zone: LiveZone | None, key: str | None):
    found = problem(parse({"domainName": domain, "hostedZoneId": "Z1"}), zone)
    assert (found and found.key) == key


def test_a_zone_that_does_not_fit_is_told_before_anything_is_created():
    [problem] = refused(OWN_ZONE | {"domainName": "archive.example.com"})
    assert "not in the hosted zone Z1, which is example.org" in problem.rule
