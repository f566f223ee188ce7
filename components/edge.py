"""The only way in: a CloudFront distribution that speaks HTTPS to viewers and reaches the internal load balancer
through a VPC origin. Nothing is cached; everything that viewers send is forwarded.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components.load_balancer import ApplicationLoadBalancer
from components.security_groups import HTTP_PORT, HTTPS_PORT
from components.settings import Settings

# AWS's managed policies, the same in every account (CloudFront Developer Guide, "Use managed cache policies" and
# "Use managed origin request policies").
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"

METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
# What DICOMweb clients send across origins, and what they must be able to read of the answers.
_CORS_REQUEST_HEADERS = ["Accept", "Authorization", "Content-Type", "Range"]
_CORS_ANSWER_HEADERS = ["Content-Disposition", "Content-Location", "Content-Range", "ETag"]
_PREFLIGHT_SECONDS = 600

_ORIGIN_ID = "load-balancer"
# AWS takes up to 15 minutes for a VPC origin, which is the provider's whole patience.
_VPC_ORIGIN_TIMEOUTS = pulumi.CustomTimeouts(create="30m", update="30m", delete="30m")
_PREFLIGHT_TEMPLATE = Path(__file__).with_name("preflight.js")


class Edge(pulumi.ComponentResource):
    """Distribution, VPC origin, and by configuration own domain, CORS and access logs.

    `url: Output[str]`, with https://.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        load_balancer: ApplicationLoadBalancer,
        depends_on: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ):
        """`depends_on`: what a VPC origin needs of the network and does not name."""
        super().__init__("orthanc:edge:Edge", name, None, opts)
        self._name, self._settings = name, settings
        self._child = pulumi.ResourceOptions(parent=self)

        origin = aws.cloudfront.VpcOrigin(
            name,
            vpc_origin_endpoint_config={
                # The load balancer's name has a random suffix: a new balancer means a new origin beside the old.
                "name": load_balancer.balancer.name,
                "arn": load_balancer.balancer.arn,
                "http_port": HTTP_PORT,
                "https_port": HTTPS_PORT,
                # No public certificate covers a load balancer's own name; the traffic never leaves AWS's network.
                "origin_protocol_policy": "http-only",
                "origin_ssl_protocols": {"items": ["TLSv1.2"], "quantity": 1},
            },
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*depends_on, load_balancer.listener],
                custom_timeouts=_VPC_ORIGIN_TIMEOUTS,
                # While attached an origin takes no change at all, not even of its tags.
                ignore_changes=["tags", "tagsAll"],
                replace_on_changes=["vpcOriginEndpointConfig"],
            ),
        )
        distribution = aws.cloudfront.Distribution(
            name,
            comment=f"Orthanc, stack {pulumi.get_stack()}",
            enabled=True,
            is_ipv6_enabled=True,
            http_version="http2and3",
            price_class=settings.price_class,
            aliases=[settings.domain_name] if settings.domain_name else [],
            origins=[
                {
                    "origin_id": _ORIGIN_ID,
                    "domain_name": load_balancer.balancer.dns_name,
                    "vpc_origin_config": {
                        "vpc_origin_id": origin.id,
                        "origin_read_timeout": settings.response_timeout_seconds,
                        "origin_keepalive_timeout": 60,
                    },
                }
            ],
            default_cache_behavior=self._behavior(),
            restrictions={"geo_restriction": {"restriction_type": "none", "locations": []}},
            viewer_certificate=_certificate(settings),
            opts=self._child,
        )
        if settings.access_logs_bucket_arn:
            self._log_access(distribution)
        host = settings.domain_name or distribution.domain_name
        self.url = pulumi.Output.concat("https://", host)
        self.register_outputs({"url": self.url})

    def _behavior(self) -> aws.cloudfront.DistributionDefaultCacheBehaviorArgsDict:
        behavior: aws.cloudfront.DistributionDefaultCacheBehaviorArgsDict = {
            "target_origin_id": _ORIGIN_ID,
            # A redirect would come after the password has been sent in clear.
            "viewer_protocol_policy": "https-only",
            "allowed_methods": METHODS,
            "cached_methods": ["GET", "HEAD"],
            "cache_policy_id": CACHING_DISABLED,
            # With the viewer's Host header, from which Orthanc makes the links in its answers.
            "origin_request_policy_id": ALL_VIEWER,
        }
        if origins := self._settings.cors_allowed_origins:
            function = aws.cloudfront.Function(
                f"{self._name}-preflight",
                runtime="cloudfront-js-2.0",
                comment="Answers CORS preflight for the configured origins",
                code=preflight_code(origins),
                publish=True,
                opts=self._child,
            )
            policy = aws.cloudfront.ResponseHeadersPolicy(
                f"{self._name}-cors",
                comment="CORS for the configured origins",
                cors_config={
                    "access_control_allow_origins": {"items": list(origins)},
                    "access_control_allow_credentials": True,
                    "access_control_allow_methods": {"items": METHODS},
                    "access_control_allow_headers": {"items": _CORS_REQUEST_HEADERS},
                    "access_control_expose_headers": {"items": _CORS_ANSWER_HEADERS},
                    "origin_override": True,
                },
                opts=self._child,
            )
            behavior["function_associations"] = [{"event_type": "viewer-request", "function_arn": function.arn}]
            behavior["response_headers_policy_id"] = policy.id
        return behavior

    def _log_access(self, distribution: aws.cloudfront.Distribution) -> None:
        """Standard logging v2 into the given bucket; CloudFront's log deliveries live in us-east-1."""
        name = f"{self._name}-logs"
        source = aws.cloudwatch.LogDeliverySource(
            name, region="us-east-1", log_type="ACCESS_LOGS", resource_arn=distribution.arn, opts=self._child
        )
        destination = aws.cloudwatch.LogDeliveryDestination(
            name,
            region="us-east-1",
            output_format="json",
            delivery_destination_configuration={
                "destination_resource_arn": f"{self._settings.access_logs_bucket_arn}/{self._name}"
            },
            opts=self._child,
        )
        aws.cloudwatch.LogDelivery(
            name,
            region="us-east-1",
            delivery_source_name=source.name,
            delivery_destination_arn=destination.arn,
            opts=self._child,
        )


def preflight_code(origins: tuple[str, ...]) -> str:
    """The source of the viewer-request function that answers CORS preflight for these origins."""
    values = {
        "ORIGINS": list(origins),
        "METHODS": ", ".join(METHODS),
        "HEADERS": ", ".join(_CORS_REQUEST_HEADERS),
        "MAX_AGE": str(_PREFLIGHT_SECONDS),
    }
    code = _PREFLIGHT_TEMPLATE.read_text()
    return code.replace("__CONFIGURATION__", json.dumps(values, indent=4, sort_keys=True))


def _certificate(settings: Settings) -> aws.cloudfront.DistributionViewerCertificateArgsDict:
    if not settings.certificate_arn:
        # CloudFront's own certificate comes with its own minimum version of TLS; setting one is an error.
        return {"cloudfront_default_certificate": True}
    return {
        "acm_certificate_arn": settings.certificate_arn,
        "ssl_support_method": "sni-only",
        "minimum_protocol_version": "TLSv1.2_2021",
    }
