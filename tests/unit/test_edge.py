"""The only way in."""

from typing import Any

import pytest

from components.ingress.cloudfront import ALL_VIEWER, CACHING_DISABLED
from tests.unit.program import CERTIFICATE, OWN_DOMAIN, OWN_ZONE, deployed


def test_the_edge_forwards_everything_and_caches_nothing():
    behavior = deployed().one("Distribution").inputs["defaultCacheBehavior"]
    assert behavior["cachePolicyId"] == CACHING_DISABLED, "one viewer would get another's images"
    assert behavior["originRequestPolicyId"] == ALL_VIEWER, "credentials or the Host header are lost"
    assert set(behavior["allowedMethods"]) == {"GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"}


@pytest.mark.parametrize(
    ("settings", "protocol", "port"),
    [
        ({}, "http-only", "httpPort"),
        (OWN_DOMAIN, "https-only", "httpsPort"),
        (OWN_ZONE, "https-only", "httpsPort"),
    ],
)
def test_the_edge_reaches_the_internal_balancer_alone(settings: dict[str, str], protocol: str, port: str):
    program = deployed(**settings)
    distribution, origin = program.one("Distribution").inputs, program.one("VpcOrigin")
    [only] = distribution["origins"]
    assert only["originId"] == distribution["defaultCacheBehavior"]["targetOriginId"]
    assert only["vpcOriginConfig"]["vpcOriginId"] == "orthanc-edge-id" and "customOriginConfig" not in only
    endpoint, listener = origin.inputs["vpcOriginEndpointConfig"], program.one("Listener")
    assert endpoint["arn"].endswith(":orthanc-http") and endpoint["originProtocolPolicy"] == protocol
    [admitted] = [rule for rule in program.all("SecurityGroupIngressRule") if "prefixListId" in rule.inputs]
    assert endpoint[port] == listener.inputs["port"] == admitted.inputs["fromPort"] == admitted.inputs["toPort"], (
        "CloudFront calls a port where nobody listens, or that is shut: 504"
    )
    for resource in (program.one("Vpc"), listener, program.one("LoadBalancer")):
        assert origin.waits_for(resource), f"AWS refuses an origin before {resource.kind}"


def test_another_protocol_is_another_origin():
    names = {
        deployed(**settings).one("VpcOrigin").inputs["vpcOriginEndpointConfig"]["name"]
        for settings in ({}, OWN_DOMAIN)
    }
    assert len(names) == 2, "the new origin, made beside the old one, would find its name taken"


def test_a_custom_domain_uses_its_certificate():
    own, default = deployed(**OWN_DOMAIN), deployed()
    assert own.one("Distribution").inputs["viewerCertificate"]["acmCertificateArn"] == CERTIFICATE
    assert own.one("Distribution").inputs["aliases"] == ["archive.example.org"]
    assert own.outputs["orthancUrl"] == "https://archive.example.org"
    assert default.one("Distribution").inputs["viewerCertificate"] == {"cloudfrontDefaultCertificate": True}
    assert default.outputs["orthancUrl"] == "https://orthanc-edge-domainName"


def test_the_domain_leads_to_the_distribution():
    program = deployed(**OWN_ZONE)
    distribution = program.one("Distribution")
    records = [record for record in program.all("Record") if record.waits_for(distribution)]
    assert {record.inputs["type"] for record in records} == {"A", "AAAA"}, "the distribution has both addresses"
    for record in records:
        assert (record.inputs["zoneId"], record.inputs["name"]) == ("Z1", "archive.example.org")
        [alias] = record.inputs["aliases"]
        assert alias["name"] == "orthanc-edge-domainName" and alias["zoneId"] == "orthanc-edge-hostedZoneId"
        assert not record.inputs.get("allowOverwrite"), "a name that is in use elsewhere would be taken over"
    assert not deployed(**OWN_DOMAIN).all("Record"), "the stack changes a zone that it was not given"


def test_only_listed_sites_can_embed_the_archive():
    def headers(**settings: str) -> dict[str, Any]:
        return deployed(**settings).one("ResponseHeadersPolicy").inputs["securityHeadersConfig"]

    assert headers()["frameOptions"]["frameOption"] == "SAMEORIGIN", "any site can embed the archive"
    assert "contentSecurityPolicy" not in headers(), "the viewers' workers and WebAssembly would not run"
    assert headers()["strictTransportSecurity"]["includeSubdomains"] is False, "other subdomains break"
    for made in (headers(), headers(frameAncestors='["https://portal.example.org"]')):
        assert all(header["override"] for header in made.values()), "a response from Orthanc could weaken them"


def test_countries_are_let_in_by_the_distribution_itself():
    def restriction(**settings: str) -> dict[str, object]:
        return deployed(**settings).one("Distribution").inputs["restrictions"]["geoRestriction"]

    assert restriction() == {"restrictionType": "none", "locations": []}
    listed = restriction(allowedCountries='["CH", "LI"]')
    assert listed == {"restrictionType": "whitelist", "locations": ["CH", "LI"]}, "other countries are allowed"
