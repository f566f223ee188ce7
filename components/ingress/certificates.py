"""The certificates of a custom domain: one at CloudFront for viewers, one at the load balancer for CloudFront.

Existing certificates are given by ARN. Otherwise, the stack requests certificates and validates them with a record
in the domain's hosted zone. `cloudfront` creates the records that point to the distribution.
"""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.config.edge import CLOUDFRONT_REGION
from components.config.metric import Metric

_VALIDATION_TTL_SECONDS = 300


class Certificates(pulumi.ComponentResource):
    """The stack's certificates; none without a custom domain.

    The ARNs are known once the certificates are issued: CloudFront and load balancers reject pending ones.
    """

    edge_arn: pulumi.Input[str] | None
    load_balancer_arn: pulumi.Input[str] | None

    def __init__(self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None):
        """Requests the certificates if `settings` names a hosted zone and no existing certificate."""
        super().__init__("orthanc:ingress:Certificates", name, None, opts)
        self._name, self._settings = name, settings
        self._child = pulumi.ResourceOptions(parent=self)

        self.edge_arn = settings.certificate_arn or None
        self.load_balancer_arn = settings.regional_certificate_arn or None
        region = settings.account.region
        if settings.hosted_zone_id and not settings.certificate_arn:
            issued = self._make(sorted({CLOUDFRONT_REGION, region}))
            self.edge_arn, self.load_balancer_arn = issued[CLOUDFRONT_REGION], issued[region]
        elif region == CLOUDFRONT_REGION:
            # In us-east-1, one certificate can serve both.
            self.load_balancer_arn = self.load_balancer_arn or self.edge_arn
        self.register_outputs({})

    def _make(self, regions: list[str]) -> dict[str, pulumi.Output[str]]:
        """Returns the ARN of an issued certificate for each of `regions`."""
        certificates = {
            region: aws.acm.Certificate(
                f"{self._name}-{region}",
                region=region,
                domain_name=self._settings.domain_name,
                validation_method="DNS",
                opts=self._child,
            )
            for region in regions
        }
        # ACM uses the same validation record for all of an account's certificates for a name, in every Region (ACM
        # User Guide, "DNS validation"). One record validates them all, and it may already exist.
        asked = certificates[CLOUDFRONT_REGION].domain_validation_options[0]
        record = aws.route53.Record(
            f"{self._name}-validation",
            zone_id=self._settings.hosted_zone_id,
            name=asked.resource_record_name,
            type=asked.resource_record_type,
            records=[asked.resource_record_value],
            ttl=_VALIDATION_TTL_SECONDS,
            allow_overwrite=True,
            opts=self._child,
        )
        return {
            region: aws.acm.CertificateValidation(
                f"{self._name}-{region}",
                region=region,
                certificate_arn=certificate.arn,
                validation_record_fqdns=[record.fqdn],
                opts=self._child,
            ).certificate_arn
            for region, certificate in certificates.items()
        }


def days_to_expiry(certificate_arn: pulumi.Input[str], region: str) -> Metric:
    """Returns the days until a certificate expires, which ACM reports twice a day in the certificate's Region."""
    dimensions = {"CertificateArn": certificate_arn}
    return Metric("AWS/CertificateManager", "DaysToExpiry", dimensions, "Minimum", region)
