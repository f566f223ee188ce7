"""IAM enforcement as on AWS, for requests with the credentials of assumed roles: those of the tasks.

The deployer's test credentials keep administrator permissions. moto can enforce policies, but for most services it
checks them against the resource `*`, and rejects conditions that it does not know. S3 is in `s3`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import get_service_model, utcnow
from moto.ec2.models import ec2_backends
from moto.iam.models import Role, iam_backends
from moto.kms.models import Key, kms_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sts.models import STSBackend, sts_backends

from local.emulator.overlay import AwsError, replaces
from local.emulator.overlay.policies import ALLOW_ALL, Caller, decide, permitted

ACCOUNT = DEFAULT_ACCOUNT_ID
ADMINISTRATOR = Caller(f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, (ALLOW_ALL,))
TASKS = "ecs-tasks.amazonaws.com"
TRANSPORT = {"aws:securetransport": "true", "s3:tlsversion": "1.3"}  # requests on loopback count as TLS
NOTHING: dict[str, Any] = {"Statement": []}
DENIALS = {"json": "AccessDeniedException", "rest-json": "AccessDeniedException", "ec2": "UnauthorizedOperation"}


_endpoints: dict[str, Mapping[str, str]] = {}  # by access key ID


def pass_through(key_id: str, endpoints: Mapping[str, str]) -> None:
    """Route requests signed with this access key through these VPC endpoints: service (s3, logs, …) to ID."""
    _endpoints[key_id] = endpoints


def caller_of(role_arn: str, endpoints: Mapping[str, Any] | None = None) -> Caller:
    """The caller with the credentials of this role. Raises KeyError if the role does not exist.

    `endpoints`: the policies of the VPC endpoints that its requests pass, by service.
    """
    role = _role(role_arn)
    if role is None:
        raise KeyError(role_arn)
    attached = (_document(policy) for policy in role.managed_policies.values())
    arn = role.permissions_boundary_arn
    boundary = (_document(iam_backends[ACCOUNT]["aws"].managed_policies.get(arn)) or NOTHING) if arn else None
    return Caller(role_arn, ACCOUNT, (*role.policies.values(), *attached), endpoints or {}, boundary)


def caller(request: BaseResponse) -> Caller:
    """The signer of `request`, from a header or its URL: a role (key ID ASIA…), or else the administrator."""
    url = {name.lower(): values[0] for name, values in request.querystring.items() if values}
    key = url.get("x-amz-credential", "").partition("/")[0] or request.access_key
    if not key.startswith("ASIA"):
        return ADMINISTRATOR
    session = sts_backends[ACCOUNT]["aws"].get_assumed_role_from_access_key(key)
    token = request.headers.get("X-Amz-Security-Token") or url.get("x-amz-security-token")
    if session is None or token != session.session_token or _role(session.role_arn) is None:
        raise AwsError("InvalidClientTokenId", "The security token included in the request is invalid.")
    if session.expiration < utcnow():
        raise AwsError("ExpiredToken", "The security token included in the request is expired.")
    return caller_of(session.role_arn, _policies_on_the_way(request.region, key))


def context(request: BaseResponse, caller: Caller, **more: str) -> dict[str, str]:
    """The condition keys of a request."""
    account = {"aws:principalarn": caller.arn, "aws:principalaccount": ACCOUNT, "kms:calleraccount": ACCOUNT}
    return {**TRANSPORT, **account, "aws:requestedregion": request.region, **more}


def denial(caller: Caller, action: str, resource: str) -> str:
    """AWS's message for a denied request."""
    message = f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource}"
    if caller.passes(action, resource, TRANSPORT):
        return message
    return f"{message} because no VPC endpoint policy allows the {action} action"


def may_use_key(request: BaseResponse, caller: Caller, id: str, action: str, service: str) -> bool:
    """Whether `service` may use the KMS key (ID, ARN or alias) on behalf of `caller`, which requests its data.

    The request of the service to KMS does not pass the VPC endpoints of the caller.
    """
    if id.startswith("alias/aws/"):  # an AWS managed key, open to all callers that the service admits
        return True
    key = _key(request.region, id)
    via = {"kms:viaservice": f"{service}.{request.region}.amazonaws.com"}
    return key is not None and permitted(
        replace(caller, endpoints={}),
        action,
        key.arn,
        context(request, caller, **via),
        resource_policy=key.policy,
        must_delegate=True,
    )


def problem_of_key(who: Caller, region: str, id: str, action: str) -> str:
    """Why a caller cannot perform `action` with a KMS key (ID, ARN or alias) directly; empty if it can."""
    key = _key(region, id)
    keys = {**TRANSPORT, "kms:calleraccount": ACCOUNT}
    if key and permitted(who, action, key.arn, keys, resource_policy=key.policy, must_delegate=True):
        return ""
    return denial(who, action, key.arn if key else id)


def admits(
    region: str,
    key_id: str,
    service: str,
    action: str,
    keys: Mapping[str, str],
    *,
    says_for_whom: bool = True,
) -> bool:
    """Whether a KMS key's policy lets `service` (a principal's host name) use it, with these condition keys.

    Some services do not pass the account on whose behalf they use the key, so a condition on it blocks them.
    """
    key = _key(region, key_id)
    context = {**TRANSPORT, **({"aws:sourceaccount": ACCOUNT} if says_for_whom else {}), **keys}
    return key is not None and bool(decide([key.policy], action, key.arn, context, names=frozenset({service})))


def admits_through(region: str, key_id: str, service: str, actions: Iterable[str]) -> bool:
    """Whether the deployer may perform `actions` with a KMS key through `service` (rds, secretsmanager …)."""
    key = _key(region, key_id)
    via = {"kms:viaservice": f"{service}.{region}.amazonaws.com", "kms:calleraccount": ACCOUNT}
    context = {**TRANSPORT, **via, "kms:grantisforawsresource": "true"}
    return key is not None and all(
        permitted(ADMINISTRATOR, action, key.arn, context, resource_policy=key.policy, must_delegate=True)
        for action in actions
    )


def problem_of_service(role_arn: str, service: str, action: str, resource: str) -> str:
    """Why `service` (a principal's host name) cannot perform `action` with this role; empty if it can."""
    role = _role(role_arn)
    keys = {**TRANSPORT, "aws:sourceaccount": ACCOUNT}
    trust = [role.assume_role_policy_document] if role else []
    if not decide(trust, "sts:AssumeRole", role_arn, keys, names=frozenset({service})):
        return f"{service} may not assume {role_arn}"
    who = caller_of(role_arn)
    return "" if permitted(who, action, resource, keys) else denial(who, action, resource)


@replaces(BaseResponse)
def call_action(original: Any, self: BaseResponse) -> Any:
    """Authorize the request first; this method handles the requests to all services except S3."""
    try:
        _authorize(self)
    except AwsError as error:
        return self.serialized(ActionResult(error))
    return original(self)


@replaces(STSBackend)
def assume_role(original: Any, self: Any, **given: Any) -> Any:
    """moto returns credentials for any role, even for one that does not exist.

    Only the task runner, which emulates ECS, and the deployer assume roles here.
    """
    role = _role(given["role_arn"])
    names = ADMINISTRATOR.account_names | {TASKS}
    task = f"arn:aws:ecs:{given['region_name']}:{ACCOUNT}:task/"
    keys = {**TRANSPORT, "aws:sourceaccount": ACCOUNT, "aws:sourcearn": task}
    trust = [role.assume_role_policy_document] if role else []
    if not decide(trust, "sts:AssumeRole", given["role_arn"], keys, names=names):
        raise AwsError("AccessDenied", denial(ADMINISTRATOR, "sts:AssumeRole", given["role_arn"]))
    return original(self, **given)


def _authorize(request: BaseResponse) -> None:
    who = caller(request)
    if who is ADMINISTRATOR:
        return
    service = request.headers["Authorization"].split(",")[0].split("/")[3]  # key/date/region/service/…
    action = f"{service}:{request._get_action()}"
    if action == "sts:GetCallerIdentity":  # needs no permission
        return
    resource = RESOURCES[service](request) if service in RESOURCES else "*"
    key = _key(request.region, resource) if service == "kms" else None
    if not permitted(
        who,
        action,
        resource,
        context(request, who),
        resource_policy=key.policy if key else None,
        must_delegate=key is not None,
    ):
        protocol = str(get_service_model(request.boto3_service_name).protocol)
        raise AwsError(DENIALS.get(protocol, "AccessDenied"), denial(who, action, resource))
    if action == "secretsmanager:GetSecretValue":
        key_id = getattr(_secret(request), "kms_key_id", None)
        if key_id and not may_use_key(request, who, key_id, "kms:Decrypt", "secretsmanager"):
            raise AwsError("AccessDeniedException", "Access to KMS is not allowed")


def _policies_on_the_way(region: str, key_id: str) -> dict[str, Any]:
    """The current policies of the VPC endpoints; an endpoint that no longer exists allows nothing."""
    there = ec2_backends[ACCOUNT][region].vpc_end_points
    return {
        service: there[id].policy_document if id in there else NOTHING
        for service, id in _endpoints.get(key_id, {}).items()
    }


def _document(policy: Any) -> Any:
    """The default version of a managed policy; None if there is no policy."""
    return next((version.document for version in policy.versions if version.is_default), None) if policy else None


def _role(arn: str) -> Role | None:
    return next((role for role in iam_backends[ACCOUNT]["aws"].roles.values() if role.arn == arn), None)


def _key(region: str, id: str) -> Key | None:
    """The key for an ID, ARN or alias; None if it does not exist or is disabled and therefore unusable."""
    backend = kms_backends[ACCOUNT][region]
    key = backend.keys.get(backend.any_id_to_key_id(id))
    return key if key and key.enabled else None


def _secret(request: BaseResponse) -> Any:
    secrets = secretsmanager_backends[ACCOUNT][request.region].secrets
    return secrets.get(request._get_param("SecretId") or "")


def _named(template: str, *parameters: str) -> Callable[[BaseResponse], str]:
    """Returns a function for the ARN in a request's parameters; `*` if they name no resource."""

    def arn(request: BaseResponse) -> str:
        values = [request._get_param(parameter) for parameter in parameters]
        scope = f"{request.region}:{ACCOUNT}"
        return template.format(scope, *(value or "*" for value in values)) if any(values) else "*"

    return arn


RESOURCES: Mapping[str, Callable[[BaseResponse], str]] = {
    "ecr": _named("arn:aws:ecr:{}:repository/{}", "repositoryName"),
    "kms": lambda request: getattr(_key(request.region, request._get_param("KeyId") or ""), "arn", "*"),
    "logs": _named("arn:aws:logs:{}:log-group:{}:log-stream:{}", "logGroupName", "logStreamName"),
    "secretsmanager": lambda request: getattr(_secret(request), "arn", "*"),
    "sts": lambda request: request._get_param("RoleArn") or "*",
}
"""The resource of a request, by service (service authorization reference); `*` for all other services."""
