"""CloudFront: domain name, certificates, and access logs."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from components.config.values import Flag, Group, Problem, Rule, matches

if TYPE_CHECKING:
    from components.config import Settings

# The Region of CloudFront's regional resources: certificates, web ACLs, and log deliveries.
CLOUDFRONT_REGION = "us-east-1"

BucketArn = Annotated[
    str,
    matches(
        r"|arn:aws[a-z-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        "must be the ARN of an S3 bucket (arn:aws:s3:::name, no path), or empty for no access logs",
    ),
]
CertificateArn = Annotated[
    str,
    matches(
        rf"|arn:aws[a-z-]*:acm:{CLOUDFRONT_REGION}:\d{{12}}:certificate/[0-9a-f-]{{36}}",
        "must be the ARN of an ACM certificate in us-east-1 (the only Region that CloudFront accepts), or empty",
    ),
]
RegionalCertificateArn = Annotated[
    str,
    matches(
        r"|arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[0-9a-f-]{36}",
        "must be the ARN of an ACM certificate in the stack's own region, or empty",
    ),
]
DomainName = Annotated[
    str,
    matches(
        r"|(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}",
        "must be a host name in lower case such as orthanc.example.org, without https:// or path, or empty",
    ),
]
HostedZoneId = Annotated[
    str,
    matches(
        r"|Z[A-Z0-9]{1,31}",
        "must be the id of a public Route 53 hosted zone such as Z0123456789ABCDEFGHIJ, or empty",
    ),
]


class EdgeSettings(Group):
    """Domain, CloudFront, and access logs."""

    access_logs_bucket_arn: BucketArn = ""
    """ARN of an existing S3 bucket for access logs of CloudFront, the load balancer, and the DICOM files'
    bucket."""
    enable_access_logs: Flag = False
    """Stores access logs of CloudFront, the load balancer, and the DICOM files' bucket in a bucket that the stack
    creates."""
    access_log_retention_days: int = Field(default=365, ge=1, le=3650)
    """Days for which the bucket that the stack creates keeps access logs."""
    domain_name: DomainName = ""
    """Custom domain name of the archive. Requires hostedZoneId or certificateArn."""
    hosted_zone_id: HostedZoneId = ""
    """Public Route 53 hosted zone of domainName. The stack creates the DNS records in it, and the certificates
    unless you provide them."""
    certificate_arn: CertificateArn = ""
    """ARN of an existing ACM certificate in us-east-1 for domainName. Empty requests one."""
    regional_certificate_arn: RegionalCertificateArn = ""
    """ARN of an existing ACM certificate for domainName in the stack's Region, for HTTPS from CloudFront to
    the load balancer."""
    price_class: Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"] = "PriceClass_100"
    """Price class of CloudFront: PriceClass_100 (edge locations in Europe and North America), PriceClass_200,
    or PriceClass_All."""

    @property
    def keep_access_logs(self) -> bool:
        """Whether requests are logged, to a bucket that the stack creates or to an existing one."""
        return self.enable_access_logs or bool(self.access_logs_bucket_arn)

    def https_to_load_balancer(self, region: str) -> bool:
        """Returns whether a certificate covers the load balancer in `region`: a new, existing, or shared one."""
        made = bool(self.hosted_zone_id and not self.certificate_arn)
        shared = bool(self.certificate_arn and region == CLOUDFRONT_REGION)
        return made or shared or bool(self.regional_certificate_arn)


def _domain_has_a_certificate(settings: "Settings") -> Problem | None:
    if not settings.domain_name or settings.certificate_arn or settings.hosted_zone_id:
        return None
    rule = "domainName requires certificateArn, or hostedZoneId so that the stack can request a certificate"
    remedy = "pulumi config set certificateArn arn:aws:acm:us-east-1:… or hostedZoneId Z…"
    return Problem("certificateArn", "", rule, remedy)


def _domain_is_named(settings: "Settings") -> Problem | None:
    if settings.domain_name:
        return None
    for key, value in (("certificateArn", settings.certificate_arn), ("hostedZoneId", settings.hosted_zone_id)):
        if value:
            rule = f"{key} has no effect without domainName"
            return Problem("domainName", "", rule, "pulumi config set domainName orthanc.example.org")
    return None


def _both_certificates_exist(settings: "Settings") -> Problem | None:
    if settings.certificate_arn or not settings.regional_certificate_arn:
        return None
    rule = "requires certificateArn: provide both certificates, or neither"
    remedy = "pulumi config set certificateArn arn:aws:acm:us-east-1:…, or pulumi config rm regionalCertificateArn"
    return Problem("regionalCertificateArn", settings.regional_certificate_arn, rule, remedy)


def _one_log_bucket(settings: "Settings") -> Problem | None:
    if not (settings.enable_access_logs and settings.access_logs_bucket_arn):
        return None
    rule = "conflicts with enableAccessLogs, which creates a bucket for access logs"
    remedy = "pulumi config rm accessLogsBucketArn, or pulumi config set enableAccessLogs false"
    return Problem("accessLogsBucketArn", settings.access_logs_bucket_arn, rule, remedy)


_CERTIFICATES = frozenset({"domainName", "hostedZoneId", "certificateArn"})
RULES = (
    Rule(_CERTIFICATES, _domain_has_a_certificate),
    Rule(_CERTIFICATES, _domain_is_named),
    Rule(frozenset({"certificateArn", "regionalCertificateArn"}), _both_certificates_exist),
    Rule(frozenset({"accessLogsBucketArn", "enableAccessLogs"}), _one_log_bucket),
)
