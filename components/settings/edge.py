"""The edge: names, certificates, who may call and how long an answer may take."""

from typing import Annotated, Literal

from pydantic import Field

from components.settings.values import Group, Problem, Rule, distinct, matches

# The longest that CloudFront waits for an origin without a raised quota (CloudFront quotas, "Response timeout").
LONGEST_ORIGIN_TIMEOUT_SECONDS = 120

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
        r"|arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate/[0-9a-f-]{36}",
        "must be the ARN of an ACM certificate in us-east-1 (CloudFront takes no other region's), or empty",
    ),
]
DomainName = Annotated[
    str,
    matches(
        r"|(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}",
        "must be a host name in lower case such as orthanc.example.org, without https:// or path, or empty",
    ),
]
Origin = Annotated[
    str,
    matches(
        r"https://[a-z0-9.-]+(:\d{1,5})?|http://(localhost|127\.0\.0\.1)(:\d{1,5})?",
        "must be an origin: https://host, with a port if it is not 443, without path or trailing slash, and no *"
        " (http only for localhost)",
    ),
]


class EdgeSettings(Group):
    """CloudFront and what it forwards."""

    access_logs_bucket_arn: BucketArn = ""
    domain_name: DomainName = ""
    certificate_arn: CertificateArn = ""
    cors_allowed_origins: Annotated[tuple[Origin, ...], distinct("origin")] = Field(
        default=(), max_length=20, examples=["https://viewer.example.org"]
    )
    price_class: Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"] = "PriceClass_100"
    response_timeout_seconds: int = Field(default=120, ge=30, le=LONGEST_ORIGIN_TIMEOUT_SECONDS)

    # Each hop waits a little longer than the one before it, so that the one nearest to the viewer reports the
    # timeout and none closes a connection that another still uses: CloudFront, load balancer, Orthanc.

    @property
    def load_balancer_idle_seconds(self) -> int:
        """How long the load balancer keeps a silent connection, longer than CloudFront waits for an answer."""
        return self.response_timeout_seconds + 10

    @property
    def keep_alive_seconds(self) -> int:
        """How long Orthanc keeps an idle connection, longer than the load balancer does."""
        return self.load_balancer_idle_seconds + 10


def _certificate_for_domain(settings: EdgeSettings) -> Problem | None:
    if bool(settings.domain_name) == bool(settings.certificate_arn):
        return None
    if settings.domain_name:
        rule = "domainName needs the certificate that covers it"
        return Problem("certificateArn", "", rule, "pulumi config set certificateArn arn:aws:acm:us-east-1:…")
    rule = "a certificate serves nothing without the domain name that it covers"
    return Problem("domainName", "", rule, "pulumi config set domainName orthanc.example.org")


RULES = (Rule(frozenset({"domainName", "certificateArn"}), _certificate_for_domain),)
