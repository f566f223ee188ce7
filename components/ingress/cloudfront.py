"""The public entry point: a CloudFront distribution that reaches the internal load balancer through a VPC origin.

Viewers use HTTPS. Nothing is cached. Permitted requests are forwarded with one additional header, the mark of the
edge function.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.config import Settings, ports
from components.config.edge import CLOUDFRONT_REGION
from components.config.metric import Metric
from components.iam import policies
from components.ingress import browser_policy
from components.ingress.certificates import Certificates
from components.ingress.load_balancer import ApplicationLoadBalancer
from components.ingress.waf import Firewall
from components.storage.access_logs import AccessLogs

# AWS's managed policies, the same in every account (CloudFront Developer Guide, "Use managed cache policies" and
# "Use managed origin request policies").
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"

_ORIGIN_ID = "load-balancer"
# AWS takes up to 15 minutes to create a VPC origin, and the provider does not wait longer by default. The timeouts
# are an argument because Pulumi's custom timeouts do not reach resources of Terraform's Plugin Framework.
_VPC_ORIGIN_TIMEOUTS: aws.cloudfront.VpcOriginTimeoutsArgsDict = {
    "create": "30m",
    "update": "30m",
    "delete": "30m",
}

# The fields of an access log record: CloudFront's standard fields except cookies, which give access to sessions.
_LOGGED = [
    *("date", "time", "x-edge-location", "sc-bytes", "c-ip", "cs-method", "cs(Host)", "cs-uri-stem", "sc-status"),
    *("cs(Referer)", "cs(User-Agent)", "cs-uri-query", "x-edge-result-type", "x-edge-request-id"),
    *("x-host-header", "cs-protocol", "cs-bytes", "time-taken", "x-forwarded-for", "ssl-protocol", "ssl-cipher"),
    *("x-edge-response-result-type", "cs-protocol-version", "fle-status", "fle-encrypted-fields", "c-port"),
    *("time-to-first-byte", "x-edge-detailed-result-type", "sc-content-type", "sc-content-len"),
    *("sc-range-start", "sc-range-end"),
]


class Edge(pulumi.ComponentResource):
    """Distribution, VPC origin, response headers, and optionally a custom domain and access logs."""

    url: pulumi.Output[str]
    """The URL of the archive, with https://."""
    ready: list[pulumi.Resource]
    """Resources that exist once the distribution is deployed."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        load_balancer: ApplicationLoadBalancer,
        certificates: Certificates,
        depends_on: Sequence[pulumi.Resource],
        firewall: Firewall | None = None,
        access_logs: AccessLogs | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ):
        """`depends_on`: network resources that a VPC origin needs but does not refer to."""
        super().__init__("orthanc:ingress:Edge", name, None, opts)
        self._name, self._settings = name, settings
        self._child = pulumi.ResourceOptions(parent=self)

        origin = self._build_origin(load_balancer, https=bool(certificates.load_balancer_arn), after=depends_on)
        distribution = self._build_distribution(origin, load_balancer, certificates, firewall)
        if settings.hosted_zone_id:
            self._lead_to(distribution)
        if access_logs:
            self._log_access(distribution, access_logs)
        self._distribution_id = distribution.id
        self.ready = [distribution]
        host = settings.domain_name or distribution.domain_name
        self.url = pulumi.Output.concat("https://", host)
        self.register_outputs({"url": self.url})

    def metric(self, name: str, statistic: str = "Sum") -> Metric:
        """Returns a CloudFront metric, such as Requests, BytesUploaded or 5xxErrorRate. All are in us-east-1."""
        dimensions = {"DistributionId": self._distribution_id, "Region": "Global"}
        return Metric("AWS/CloudFront", name, dimensions, statistic, CLOUDFRONT_REGION)

    def _build_origin(
        self, load_balancer: ApplicationLoadBalancer, *, https: bool, after: Sequence[pulumi.Resource]
    ) -> aws.cloudfront.VpcOrigin:
        # A new load balancer or another protocol requires a new origin, which is created while the old one exists.
        # Its name must differ, so it contains the load balancer's name, which has a random suffix, and the
        # protocol.
        suffix = "-https" if https else ""
        return aws.cloudfront.VpcOrigin(
            self._name,
            vpc_origin_endpoint_config={
                "name": pulumi.Output.concat(load_balancer.balancer.name, suffix),
                "arn": load_balancer.balancer.arn,
                "http_port": ports.HTTP,
                "https_port": ports.HTTPS,
                # CloudFront requires a public certificate for the host name that it forwards, which is the custom
                # domain. A load balancer's own name cannot have one. Without a custom domain, the protocol is
                # therefore HTTP, and the traffic never leaves AWS's network.
                "origin_protocol_policy": "https-only" if https else "http-only",
                "origin_ssl_protocols": {"items": ["TLSv1.2"], "quantity": 1},
            },
            timeouts=_VPC_ORIGIN_TIMEOUTS,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*after, load_balancer.listener],
                # CloudFront rejects every update of an attached origin, even of its tags. The provider would also
                # send an update for changed timeouts.
                ignore_changes=["tags", "tagsAll", "timeouts"],
                replace_on_changes=["vpcOriginEndpointConfig"],
            ),
        )

    def _build_distribution(
        self,
        origin: aws.cloudfront.VpcOrigin,
        load_balancer: ApplicationLoadBalancer,
        certificates: Certificates,
        firewall: Firewall | None,
    ) -> aws.cloudfront.Distribution:
        settings, countries = self._settings, list(self._settings.allowed_countries)
        return aws.cloudfront.Distribution(
            self._name,
            comment=f"Orthanc, stack {pulumi.get_stack()}",
            enabled=True,
            is_ipv6_enabled=settings.serves_ipv6,
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
            restrictions={
                "geo_restriction": {
                    "restriction_type": "whitelist" if countries else "none",
                    "locations": countries,
                }
            },
            web_acl_id=firewall.web_acl_arn if firewall else None,
            viewer_certificate=_certificate(certificates),
            opts=self._child,
        )

    def _behavior(self) -> aws.cloudfront.DistributionDefaultCacheBehaviorArgsDict:
        origins = self._settings.cors_allowed_origins
        function = aws.cloudfront.Function(
            f"{self._name}-browsers",
            runtime="cloudfront-js-2.0",
            comment="Refuses pages of other sites and overridden methods, answers CORS preflight, marks the rest",
            code=browser_policy.edge_function(origins),
            publish=True,
            opts=self._child,
        )
        headers = aws.cloudfront.ResponseHeadersPolicy(
            f"{self._name}-headers",
            comment="Security headers, CORS for the configured origins",
            security_headers_config=browser_policy.security_headers(self._settings.frame_ancestors),
            cors_config=browser_policy.cors(origins) if origins else None,
            opts=self._child,
        )
        return {
            "target_origin_id": _ORIGIN_ID,
            # A redirect would come too late: the client has already sent the password unencrypted.
            "viewer_protocol_policy": "https-only",
            "allowed_methods": browser_policy.METHODS,
            "cached_methods": ["GET", "HEAD"],
            "cache_policy_id": CACHING_DISABLED,
            # Includes the viewer's Host header, from which Orthanc builds the links in its responses.
            "origin_request_policy_id": ALL_VIEWER,
            "function_associations": [{"event_type": "viewer-request", "function_arn": function.arn}],
            "response_headers_policy_id": headers.id,
        }

    def _lead_to(self, distribution: aws.cloudfront.Distribution) -> None:
        """Creates the DNS records of the custom domain.

        They do not overwrite existing records, because the name may be in use.
        """
        for record_type in ("A", "AAAA") if self._settings.serves_ipv6 else ("A",):
            aws.route53.Record(
                f"{self._name}-{record_type.lower()}",
                zone_id=self._settings.hosted_zone_id,
                name=self._settings.domain_name,
                type=record_type,
                aliases=[
                    {
                        "name": distribution.domain_name,
                        "zone_id": distribution.hosted_zone_id,
                        "evaluate_target_health": False,  # a distribution has no health to evaluate
                    }
                ],
                opts=self._child,
            )

    def _log_access(self, distribution: aws.cloudfront.Distribution, access_logs: AccessLogs) -> None:
        """Enables standard logging v2. The log delivery is in us-east-1, the bucket in the stack's Region.

        When the stack is destroyed or logging is disabled, the delivery is deleted first, then its source and
        destination, then the distribution and the bucket. AWS does not delete resources that a delivery still
        uses.
        """
        name = f"{self._name}-logs"
        source = aws.cloudwatch.LogDeliverySource(
            name, region=CLOUDFRONT_REGION, log_type="ACCESS_LOGS", resource_arn=distribution.arn, opts=self._child
        )
        destination = aws.cloudwatch.LogDeliveryDestination(
            name,
            region=CLOUDFRONT_REGION,
            output_format="json",
            delivery_destination_configuration={
                "destination_resource_arn": pulumi.Output.concat(
                    access_logs.bucket_arn, "/", policies.CLOUDFRONT_LOGS
                )
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=access_logs.ready),
        )
        aws.cloudwatch.LogDelivery(
            name,
            region=CLOUDFRONT_REGION,
            delivery_source_name=source.name,
            delivery_destination_arn=destination.arn,
            record_fields=_LOGGED,
            opts=self._child,
        )


def _certificate(certificates: Certificates) -> aws.cloudfront.DistributionViewerCertificateArgsDict:
    if not certificates.edge_arn:
        # CloudFront's own certificate has a fixed minimum TLS version. Setting a version is an error.
        return {"cloudfront_default_certificate": True}
    return {
        "acm_certificate_arn": certificates.edge_arn,
        "ssl_support_method": "sni-only",
        "minimum_protocol_version": "TLSv1.2_2021",
    }
