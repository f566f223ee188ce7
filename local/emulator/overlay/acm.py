"""ACM: certificates are issued once their validation record is in DNS, and not deleted while in use."""

from collections.abc import Iterable, Iterator
from typing import Any

from moto.acm.models import AWSCertificateManagerBackend, CertBundle, acm_backends
from moto.cloudfront.models import cloudfront_backends
from moto.elbv2.models import elbv2_backends
from moto.route53.models import route53_backends

from local.emulator.overlay import AwsError, replaces
from local.emulator.overlay.iam import ACCOUNT


def covers(names: Iterable[str], host: str) -> bool:
    """Whether a certificate of these names is valid for the host; a * stands for one label (RFC 6125, 6.4.3)."""
    return bool({host, f"*.{host.partition('.')[2]}"}.intersection(names))


def problem(arn: str, region: str, host: str = "") -> str:
    """Why a service in `region` rejects the certificate, for `host` if given; an empty string if it accepts it."""
    try:
        certificate = acm_backends[ACCOUNT][region].get_certificate(arn)
    except Exception:  # moto's own error for a missing certificate
        return f"the certificate {arn} does not exist in {region}"
    if certificate.status != "ISSUED":
        return f"the certificate {arn} is {certificate.status}"
    if host and not covers(certificate.sans, host):
        return f"the certificate {arn} does not cover {host}"
    return ""


@replaces(CertBundle)
def check(original: Any, self: CertBundle) -> None:
    """moto issues a certificate after some time; ACM issues it once the validation record is in a public zone."""
    if self.type != "AMAZON_ISSUED" or self.status != "PENDING_VALIDATION":
        original(self)
    elif all(map(_is_in_dns, self.describe()["Certificate"]["DomainValidationOptions"])):
        self.status = "ISSUED"


@replaces(AWSCertificateManagerBackend)
def delete_certificate(original: Any, self: Any, arn: str) -> None:
    """moto deletes certificates that a listener or distribution uses."""
    if users := list(_users(arn)):
        raise AwsError("ResourceInUseException", f"Certificate {arn} is in use by {', '.join(users)}.")
    original(self, arn)


def _is_in_dns(option: dict[str, Any]) -> bool:
    wanted = option["ResourceRecord"]
    return any(
        record.name.rstrip(".") == wanted["Name"].rstrip(".")
        and record.type == wanted["Type"]
        and wanted["Value"] in record.records
        for zone in route53_backends[ACCOUNT]["aws"].zones.values()
        if not zone.private_zone
        for record in zone.rrsets
    )


def _users(arn: str) -> Iterator[str]:
    for backend in elbv2_backends[ACCOUNT].values():
        for balancer in backend.load_balancers.values():
            yield from (each.arn for each in balancer.listeners.values() if arn in each.certificates)
    for distribution in cloudfront_backends[ACCOUNT]["aws"].distributions.values():
        served = vars(distribution.distribution_config).get("ViewerCertificate", {})
        if served.get("ACMCertificateArn") == arn:
            yield distribution.arn
