"""Load balancers: deletion protection, issued certificates for TLS, and checks of the access log bucket.

A target group belongs to a single load balancer, whose listeners forward to it.
"""

from collections.abc import Iterable
from typing import Any

from moto.elbv2.models import ELBv2Backend, FakeAction
from moto.elbv2.responses import ELBV2Response

from local.emulator.overlay import AwsError, acm, replaces
from local.emulator.overlay.iam import ACCOUNT
from local.emulator.overlay.s3 import problem_of_writing

_LOGS = "logdelivery.elasticloadbalancing.amazonaws.com"

_OVER_TLS = ("HTTPS", "TLS")

# The target group protocols to which a listener's protocol can forward (API reference, CreateListener).
LEADS_TO = {
    "HTTP": {"HTTP", "HTTPS"},
    "HTTPS": {"HTTP", "HTTPS"},
    "TCP": {"TCP", "TCP_UDP"},
    "TLS": {"TCP", "TLS"},
    "UDP": {"UDP", "TCP_UDP"},
    "TCP_UDP": {"TCP_UDP"},
}


@replaces(ELBv2Backend)
def delete_load_balancer(original: Any, self: Any, arn: str) -> None:
    """moto deletes load balancers despite deletion protection."""
    balancer = self.load_balancers.get(arn)
    if balancer and balancer.attrs.get("deletion_protection.enabled") == "true":
        message = f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
        raise AwsError("OperationNotPermitted", message)
    original(self, arn)


@replaces(ELBv2Backend)
def set_security_groups(original: Any, self: Any, arn: str, sec_groups: list[str]) -> None:
    """moto adds a first security group to a network load balancer, or removes the last; AWS rejects both."""
    balancer = self.load_balancers.get(arn)
    if balancer and balancer.type == "network" and bool(balancer.security_groups) != bool(sec_groups):
        message = "A network load balancer has security groups from its creation on, or never"
        raise AwsError("InvalidConfigurationRequest", message)
    original(self, arn, sec_groups)


@replaces(ELBV2Response, "create_listener")
def _create_listener(original: Any, self: Any) -> Any:
    """moto sets an SSL policy for every listener, so this checks whether the request contains one."""
    _check_policy(str(self._get_param("Protocol")), self._get_param("SslPolicy"))
    return original(self)


@replaces(ELBv2Backend)
def create_listener(
    original: Any,
    self: Any,
    load_balancer_arn: str,
    protocol: str,
    port: str,
    ssl_policy: str,
    certificate: str | None,
    actions: list[dict[str, Any]],
    *more: Any,
    **others: Any,
) -> Any:
    """moto accepts TLS without an issued certificate, and a target group of another load balancer."""
    check_targets(self, load_balancer_arn, protocol, actions)
    _check_certificate(self, protocol, [certificate] if certificate else [])
    made = original(self, load_balancer_arn, protocol, port, ssl_policy, certificate, actions, *more, **others)
    if protocol not in _OVER_TLS:
        made.ssl_policy = None
    return made


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
    """moto does not support TLS here, and keeps a listener's former certificate and first target group."""
    [listener] = self.describe_listeners(load_balancer_arn=None, listener_arns=[arn])
    wanted = [each["CertificateArn"] for each in certificates or []]
    protocol = protocol or str(listener.protocol)
    check_targets(self, listener.load_balancer_arn, protocol, actions or [])
    over_tls = protocol in _OVER_TLS
    _check_policy(protocol, ssl_policy)
    _check_certificate(self, protocol, wanted or (listener.certificates if over_tls else []))
    known = protocol if protocol in ("HTTP", "HTTPS") else None
    changed = original(self, arn, port, known, ssl_policy, certificates or [], actions)
    changed.protocol = protocol
    if protocol == "TLS":
        changed.certificates = wanted or changed.certificates
    elif protocol != "HTTPS":
        changed.certificate, changed.certificates, changed.ssl_policy = None, [], None
    note_target_groups(self, listener.load_balancer_arn)
    return changed


def note_target_groups(backend: Any, balancer: str) -> None:
    """Record the current target groups of a load balancer; moto records only those of new listeners and rules."""
    named = _groups_of(backend, backend.load_balancers[balancer])
    for group in backend.target_groups.values():
        others = [other for other in group.load_balancer_arns if other != balancer]
        group.load_balancer_arns = others + [balancer] * (group.arn in named)


@replaces(ELBv2Backend)
def modify_load_balancer_attributes(original: Any, self: Any, arn: str, attrs: dict[str, str]) -> Any:
    """AWS tests the access log bucket at once; moto accepts a missing bucket, or one that rejects the logs."""
    balancer = self.load_balancers.get(arn)
    wanted = {**balancer.attrs, **attrs} if balancer else {}
    if wanted.get("access_logs.s3.enabled") == "true":
        bucket, prefix = wanted["access_logs.s3.bucket"], wanted.get("access_logs.s3.prefix")
        file = "/".join(filter(None, (prefix, "AWSLogs", ACCOUNT, "ELBAccessLogTestFile")))
        if reason := problem_of_writing(bucket, file, _LOGS, {}, region=self.region_name, own_keys=False):
            message = f"Access Denied for bucket: {bucket}. Please check S3bucket permission ({reason})"
            raise AwsError("InvalidConfigurationRequest", message)
    return original(self, arn, attrs)


def _check_policy(protocol: str, ssl_policy: str | None) -> None:
    if ssl_policy and protocol not in _OVER_TLS:
        message = f"An SSL policy cannot be specified for {protocol} listeners"
        raise AwsError("InvalidConfigurationRequest", message)


def _check_certificate(backend: Any, protocol: str, arns: list[str]) -> None:
    if protocol not in _OVER_TLS:
        if arns:
            message = f"A certificate cannot be specified for {protocol} listeners"
            raise AwsError("InvalidConfigurationRequest", message)
        return
    if not arns:
        raise AwsError("CertificateNotFound", f"A listener of protocol {protocol} needs a certificate.")
    for arn in arns:
        if reason := acm.problem(arn, backend.region_name):
            raise AwsError("UnsupportedCertificate", f"{reason[0].upper()}{reason[1:]}.")


def check_targets(self: Any, balancer: str, protocol: str, actions: Iterable[dict[str, Any]]) -> None:
    """Reject target groups of another protocol or load balancer."""
    for arn in _target_groups(self, [FakeAction(action) for action in actions]):
        group = self.target_groups.get(arn)
        if group and group.protocol not in LEADS_TO.get(protocol, ()):
            message = f"A listener of protocol {protocol} does not lead to targets of protocol {group.protocol}"
            raise AwsError("InvalidConfigurationRequest", message)
        for other in self.load_balancers.values():
            if other.arn != balancer and arn in _groups_of(self, other):
                message = f"Target group '{arn}' cannot be associated with more than one load balancer"
                raise AwsError("TargetGroupAssociationLimit", message)


def _groups_of(self: Any, balancer: Any) -> set[str]:
    """The target groups to which a load balancer's listeners forward, by a rule or by default."""
    rules = [rule for listener in balancer.listeners.values() for rule in listener.rules.values()]
    return _target_groups(self, [action for rule in rules for action in rule.actions])


def _target_groups(self: Any, actions: Iterable[Any]) -> set[str]:
    forwards = [action for action in actions if action.type == "forward"]
    return {arn for action in forwards for arn in self._get_target_group_arns_from(action_data=action.data)}


@replaces(ELBv2Backend)
def describe_listener_attributes(original: Any, self: Any, listener_arn: str) -> dict[str, str]:
    """moto returns an idle timeout for listeners of every protocol."""
    [listener] = self.describe_listeners(load_balancer_arn=None, listener_arns=[listener_arn])
    return original(self, listener_arn) if listener.protocol == "TCP" else {}
