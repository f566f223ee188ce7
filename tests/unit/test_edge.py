"""The only way in."""

import json

from components.edge import ALL_VIEWER, CACHING_DISABLED
from tests.unit.program import CERTIFICATE, OWN_DOMAIN, deployed


def test_the_edge_forwards_everything_over_https_and_keeps_nothing():
    behavior = deployed().one("Distribution").inputs["defaultCacheBehavior"]
    assert behavior["viewerProtocolPolicy"] == "https-only", "a redirect comes after the password went in clear"
    assert behavior["cachePolicyId"] == CACHING_DISABLED, "one viewer would get another's images"
    assert behavior["originRequestPolicyId"] == ALL_VIEWER, "credentials or the Host header are lost"
    assert set(behavior["allowedMethods"]) == {"GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"}


def test_the_edge_reaches_the_internal_balancer_alone():
    program = deployed()
    distribution, origin = program.one("Distribution").inputs, program.one("VpcOrigin")
    [only] = distribution["origins"]
    assert only["originId"] == distribution["defaultCacheBehavior"]["targetOriginId"]
    assert only["vpcOriginConfig"]["vpcOriginId"] == "orthanc-edge-id" and "customOriginConfig" not in only
    endpoint = origin.inputs["vpcOriginEndpointConfig"]
    assert endpoint["arn"].endswith(":orthanc-http") and endpoint["originProtocolPolicy"] == "http-only"
    assert endpoint["httpPort"] == program.one("Listener").inputs["port"] == 80
    for resource in (program.one("Vpc"), program.one("Listener"), program.one("LoadBalancer")):
        assert origin.waits_for(resource), f"AWS refuses an origin before {resource.kind}"


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


def test_preflight_is_answered_for_the_configured_origins_only():
    program = deployed(corsAllowedOrigins='["https://a.example"]')
    behavior = program.one("Distribution").inputs["defaultCacheBehavior"]
    function = program.one("Function").inputs
    assert [part["eventType"] for part in behavior["functionAssociations"]] == ["viewer-request"]
    assert function["publish"] and "https://a.example" in function["code"]
    cors = program.one("ResponseHeadersPolicy").inputs["corsConfig"]
    assert cors["accessControlAllowOrigins"] == {"items": ["https://a.example"]}
    assert "*" not in json.dumps(cors), "browsers refuse * together with credentials"
    assert behavior["responseHeadersPolicyId"] == "orthanc-edge-cors-id"
