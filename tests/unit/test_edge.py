"""The only way in."""

import json

import pytest

from components.ingress.browser_policy import EDGE_MARK, EDGE_MARK_VALUE
from components.ingress.cloudfront import ALL_VIEWER, CACHING_DISABLED
from tests.unit.program import CERTIFICATE, OWN_DOMAIN, OWN_ZONE, deployed


def test_the_edge_forwards_everything_over_https_and_keeps_nothing():
    behavior = deployed().one("Distribution").inputs["defaultCacheBehavior"]
    assert behavior["viewerProtocolPolicy"] == "https-only", "a redirect comes after the password went in clear"
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


def test_the_balancer_forwards_only_what_the_edge_function_has_marked():
    program = deployed()
    [default] = program.one("Listener").inputs["defaultActions"]
    assert default["type"] == "fixed-response" and default["fixedResponse"]["statusCode"] == "403"
    rule, function = program.one("ListenerRule").inputs, program.one("Function").inputs["code"]
    assert rule["listenerArn"] == program.one("Listener").outputs["arn"]
    [condition] = rule["conditions"]
    assert condition == {"httpHeader": {"httpHeaderName": EDGE_MARK, "values": [EDGE_MARK_VALUE]}}
    assert f'"MARK": "{EDGE_MARK}"' in function and f'"MARK_VALUE": "{EDGE_MARK_VALUE}"' in function
    [action] = rule["actions"]
    assert action == {"type": "forward", "targetGroupArn": program.one("TargetGroup").outputs["arn"]}


def test_another_protocol_is_another_origin():
    names = {
        deployed(**settings).one("VpcOrigin").inputs["vpcOriginEndpointConfig"]["name"]
        for settings in ({}, OWN_DOMAIN)
    }
    assert len(names) == 2, "the new origin, made beside the old one, would find its name taken"


def test_an_own_domain_brings_its_certificate_and_tls_1_2():
    own, default = deployed(**OWN_DOMAIN), deployed()
    certificate = own.one("Distribution").inputs["viewerCertificate"]
    assert (
        certificate["minimumProtocolVersion"] == "TLSv1.2_2021" and certificate["acmCertificateArn"] == CERTIFICATE
    )
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


def test_browsers_are_told_how_to_treat_the_archive():
    program = deployed()
    behavior, policy = (
        program.one("Distribution").inputs["defaultCacheBehavior"],
        program.one("ResponseHeadersPolicy"),
    )
    assert behavior["responseHeadersPolicyId"] == "orthanc-edge-headers-id"
    headers = policy.inputs["securityHeadersConfig"]
    assert headers["strictTransportSecurity"]["accessControlMaxAgeSec"] >= 365 * 24 * 3600
    assert headers["strictTransportSecurity"]["includeSubdomains"] is False, "names of others would be broken"
    assert headers["frameOptions"]["frameOption"] == "SAMEORIGIN", (
        "the viewers stand in frames, or others frame them"
    )
    assert headers["referrerPolicy"]["referrerPolicy"] == "same-origin", "other sites learn names of studies"
    assert all(header["override"] for header in headers.values()), "an answer of Orthanc's could weaken them"
    assert "contentSecurityPolicy" not in headers, "the viewers' workers and WebAssembly would not run"


def test_listed_sites_may_show_the_archive_in_frames_and_no_others():
    sites = ["https://portal.example.org", "https://b.example:8443"]
    headers = (
        deployed(frameAncestors=json.dumps(sites)).one("ResponseHeadersPolicy").inputs["securityHeadersConfig"]
    )
    policy = headers["contentSecurityPolicy"]
    assert policy["contentSecurityPolicy"] == f"frame-ancestors 'self' {' '.join(sites)}"
    assert policy["override"], "an answer of Orthanc's could let every site frame it"
    assert "frameOptions" not in headers, "old browsers obey it and show the listed sites nothing"


@pytest.mark.parametrize("origins", [[], ["https://a.example", "https://b.example:8443"]])
def test_only_the_configured_origins_may_call_from_a_browser(origins: list[str]):
    program = deployed(corsAllowedOrigins=json.dumps(origins))
    behavior = program.one("Distribution").inputs["defaultCacheBehavior"]
    function = program.one("Function").inputs
    assert [part["eventType"] for part in behavior["functionAssociations"]] == ["viewer-request"]
    assert function["publish"] and all(origin in function["code"] for origin in origins)
    cors = program.one("ResponseHeadersPolicy").inputs.get("corsConfig")
    assert bool(cors) is bool(origins)
    if cors:
        assert cors["accessControlAllowOrigins"] == {"items": origins} and cors["accessControlAllowCredentials"]
        assert "Authorization" in cors["accessControlAllowHeaders"]["items"]
        assert "*" not in json.dumps(cors), "browsers refuse * together with credentials"


def test_countries_are_let_in_by_the_distribution_itself():
    def restriction(**settings: str) -> dict[str, object]:
        return deployed(**settings).one("Distribution").inputs["restrictions"]["geoRestriction"]

    assert restriction() == {"restrictionType": "none", "locations": []}
    assert restriction(allowedCountries='["CH", "LI"]') == {
        "restrictionType": "whitelist",
        "locations": ["CH", "LI"],
    }
