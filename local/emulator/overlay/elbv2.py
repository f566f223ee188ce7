"""Load balancers: deletion protection protects, HTTPS has an issued certificate, access logs find their bucket.

A target group belongs to the balancer whose listener names it.
"""

from typing import Any

from moto.elbv2.models import ELBv2Backend

from local.emulator.overlay import AwsError, acm, replaces
from local.emulator.overlay.iam import ACCOUNT
from local.emulator.overlay.s3 import problem_of_writing

_LOGS = "logdelivery.elasticloadbalancing.amazonaws.com"


@replaces(ELBv2Backend)
def delete_load_balancer(original: Any, self: Any, arn: str) -> None:
    """moto deletes a protected one."""
    balancer = self.load_balancers.get(arn)
    if balancer and balancer.attrs.get("deletion_protection.enabled") == "true":
        message = f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
        raise AwsError("OperationNotPermitted", message)
    original(self, arn)


@replaces(ELBv2Backend)
def create_listener(original: Any, self: Any, *, certificate: str | None, protocol: str, **given: Any) -> Any:
    """moto takes HTTPS without a certificate, and with one that is not issued."""
    _check_certificate(self, protocol, [certificate] if certificate else [])
    return original(self, certificate=certificate, protocol=protocol, **given)


@replaces(ELBv2Backend)
def modify_listener(
    original: Any,
    self: Any,
    arn: str,
    port: Any = None,
    protocol: str | None = None,
    ssl_policy: str | None = None,
    certificates: Any = None,
    actions: Any = None,
) -> Any:
    """moto keeps the certificate of a listener that speaks HTTPS no more, and its first target group."""
    [listener] = self.describe_listeners(load_balancer_arn=None, listener_arns=[arn])
    wanted = [each["CertificateArn"] for each in certificates or []]
    protocol = protocol or str(listener.protocol)
    _check_certificate(self, protocol, wanted or listener.certificates)
    changed = original(self, arn, port, protocol, ssl_policy, certificates or [], actions)
    if protocol == "HTTP":
        changed.certificate, changed.certificates, changed.ssl_policy = None, [], None
    _note_target_groups(self, listener.load_balancer_arn)
    return changed


def _note_target_groups(backend: Any, balancer: str) -> None:
    """moto notes the target groups of a new listener only."""
    actions = (a for each in backend.load_balancers[balancer].listeners.values() for a in each.default_actions)
    named = {
        group for a in actions if a.type == "forward" for group in backend._get_target_group_arns_from(a.data)
    }
    for group in backend.target_groups.values():
        others = [other for other in group.load_balancer_arns if other != balancer]
        group.load_balancer_arns = others + [balancer] * (group.arn in named)


@replaces(ELBv2Backend)
def modify_load_balancer_attributes(original: Any, self: Any, arn: str, attrs: dict[str, str]) -> Any:
    """A bucket for access logs is tried at once; moto takes one that is not there, or refuses them."""
    balancer = self.load_balancers.get(arn)
    wanted = {**balancer.attrs, **attrs} if balancer else {}
    if wanted.get("access_logs.s3.enabled") == "true":
        bucket, prefix = wanted["access_logs.s3.bucket"], wanted.get("access_logs.s3.prefix")
        file = "/".join(filter(None, (prefix, "AWSLogs", ACCOUNT, "ELBAccessLogTestFile")))
        if reason := problem_of_writing(bucket, file, _LOGS, {}, region=self.region_name, own_keys=False):
            message = f"Access Denied for bucket: {bucket}. Please check S3bucket permission ({reason})"
            raise AwsError("InvalidConfigurationRequest", message)
    return original(self, arn, attrs)


def _check_certificate(backend: Any, protocol: str, arns: list[str]) -> None:
    if protocol != "HTTPS":
        return
    if not arns:
        raise AwsError("CertificateNotFound", "A listener of protocol HTTPS needs a certificate.")
    for arn in arns:
        if reason := acm.problem(arn, backend.region_name):
            raise AwsError("UnsupportedCertificate", f"{reason[0].upper()}{reason[1:]}.")
