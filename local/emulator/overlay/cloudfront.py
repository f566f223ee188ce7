"""CloudFront's VPC origins, policies and functions; the distributions that use them are in `distributions`.

Names, shapes and error codes are from the service model. The rules for origins and functions in use are from the
developer guide.
"""

import copy
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from moto.cloudfront import urls
from moto.cloudfront.models import CloudFrontBackend, CloudFrontFunction, random_id
from moto.cloudfront.responses import CloudFrontResponse
from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends

from local.emulator.overlay import AwsError, Parameters, operation, replaces, vpc_origins

# moto registers only the paths of its own operations; the service model finds the operation for any path.
urls.url_paths["{0}/2020-05-31/(?P<path>.+)$"] = CloudFrontResponse.dispatch

FUNCTION_SIZE = 10 * 1024  # bytes of code, comments included (quota)


@dataclass(frozen=True)
class Kind:
    """A type of resource that distributions refer to by ID, with AWS's names for it and its errors."""

    name: str
    config: str
    missing: str
    exists: str
    in_use: str
    managed: dict[str, str] = field(default_factory=dict)  # AWS managed: ID by name

    @property
    def reference(self) -> str:
        """The key of its ID in a distribution's configuration."""
        return f"{self.name}Id"


def _policy(name: str, managed: dict[str, str]) -> Kind:
    return Kind(name, f"{name}Config", f"NoSuch{name}", f"{name}AlreadyExists", f"{name}InUse", managed)


VPC_ORIGIN = Kind(
    "VpcOrigin",
    "VpcOriginEndpointConfig",
    "EntityNotFound",
    "EntityAlreadyExists",
    "CannotDeleteEntityWhileInUse",
)
KINDS = {
    "VpcOrigins": VPC_ORIGIN,
    "CachePolicies": _policy("CachePolicy", {"Managed-CachingDisabled": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"}),
    "OriginRequestPolicies": _policy(
        "OriginRequestPolicy",
        {
            "Managed-AllViewer": "216adef6-5c7f-47e4-b989-5492eafa07d3",
            "Managed-AllViewerExceptHostHeader": "b689b0a8-53d0-40ab-baf2-68738e2966ac",
        },
    ),
    "ResponseHeadersPolicies": _policy(
        "ResponseHeadersPolicy",
        {
            "Managed-CORS-With-Preflight": "5cc3b908-e619-4b99-88e5-2cf7f45965bd",
            "Managed-SecurityHeadersPolicy": "67f7725c-6f97-4210-82d7-5512b31e9d03",
        },
    ),
}
REFERENCES = {kind.reference: kind for kind in KINDS.values()} | {"FunctionARN": None}


def references(config: Any) -> Iterator[tuple[str, str]]:
    """Each (key, id or ARN) by which a distribution's configuration refers to something, at any depth."""
    if isinstance(config, list):
        for value in config:
            yield from references(value)
    elif isinstance(config, dict):
        for key, value in config.items():
            if key not in REFERENCES:
                yield from references(value)
            elif value:
                yield key, value


def find(backend: CloudFrontBackend, kind: Kind, id: str) -> Parameters:
    """The resource of `kind` with this ID. Raises AWS's error if it does not exist."""
    try:
        return entities(backend, kind)[id]
    except KeyError:
        raise AwsError(kind.missing, f"The specified {kind.name} does not exist: {id}") from None


def match(etag: str, if_match: str | None) -> None:
    """Reject a change whose If-Match is not the ETag of the current version."""
    if not if_match:
        raise AwsError("InvalidIfMatchVersion", "The If-Match version is missing or not valid.")
    if if_match != etag:
        raise AwsError("PreconditionFailed", "The request failed because it didn't meet the preconditions.")


def _in_use(backend: CloudFrontBackend, id: str) -> bool:
    configs = (vars(distribution.distribution_config) for distribution in backend.distributions.values())
    return any(id == used for config in configs for _, used in references(config))


def entities(backend: CloudFrontBackend, kind: Kind) -> dict[str, Parameters]:
    """The resources of `kind` by ID, stored on the backend so that moto's reset removes them."""
    kept = vars(backend).setdefault("entities", {})
    if kind.name not in kept:
        kept[kind.name] = {
            id: _entity(backend, kind, {"Name": name}, id, "managed") for name, id in kind.managed.items()
        }
    return kept[kind.name]


def _entity(backend: CloudFrontBackend, kind: Kind, config: Parameters, id: str, type: str) -> Parameters:
    """All fields that any response contains; the service model selects those of each response."""
    return {
        "Id": id,
        "Arn": f"arn:aws:cloudfront::{backend.account_id}:{kind.name.lower()}/{id}",
        "AccountId": backend.account_id,
        "Type": type,
        "Status": "Deployed",
        "CreatedTime": utcnow(),
        "LastModifiedTime": utcnow(),
        "ETag": random_id(),
        kind.config: config,
    }


def _endpoint(backend: CloudFrontBackend, config: Parameters) -> tuple[str, Any]:
    """The region and the load balancer of a VPC origin, whose VPC must have an internet gateway."""
    region = config["Arn"].split(":")[3]
    balancer = elbv2_backends[backend.account_id][region].load_balancers.get(config["Arn"])
    if balancer is None:
        raise AwsError("InvalidArgument", f"The origin endpoint does not exist: {config['Arn']}")
    gateways = ec2_backends[backend.account_id][region].internet_gateways.values()
    if not any(gateway.vpc and gateway.vpc.id == balancer.vpc_id for gateway in gateways):
        raise AwsError("InvalidArgument", f"The VPC of the origin has no internet gateway: {balancer.vpc_id}")
    return region, balancer


def _operations(kind: Kind, plural: str) -> Iterator[tuple[str, Callable[[Any, Parameters], Parameters]]]:
    """The operations on one kind, by name."""

    def answer(entity: Parameters) -> Parameters:
        return {kind.name: entity, kind.config: entity[kind.config], "ETag": entity["ETag"]}

    def check(backend: CloudFrontBackend, config: Parameters, id: str = "") -> None:
        for other in entities(backend, kind).values():
            if other["Id"] != id and other[kind.config]["Name"] == config["Name"]:
                raise AwsError(kind.exists, f"A {kind.name} named {config['Name']} already exists.")
        if kind is VPC_ORIGIN:
            _endpoint(backend, config)

    def create(request: Any, given: Parameters) -> Parameters:
        backend, config = request.backend, given[kind.config]
        check(backend, config)
        id = f"vo_{random_id(length=22)}" if kind is VPC_ORIGIN else str(uuid.uuid4())
        entity = entities(backend, kind)[id] = _entity(backend, kind, config, id, "custom")
        backend.tagger.tag_resource(entity["Arn"], given.get("Tags", {}).get("Items", []))
        if kind is VPC_ORIGIN:
            region, balancer = _endpoint(backend, config)
            vpc_origins.arrive(backend.account_id, region, id, balancer)
        return answer(entity)

    def get(request: Any, given: Parameters) -> Parameters:
        return answer(find(request.backend, kind, given["Id"]))

    def update(request: Any, given: Parameters) -> Parameters:
        backend, config = request.backend, given[kind.config]
        entity = find(backend, kind, given["Id"])
        match(entity["ETag"], given.get("IfMatch"))
        if kind is VPC_ORIGIN and _in_use(backend, given["Id"]):
            raise AwsError("CannotUpdateEntityWhileInUse", "A distribution uses the VPC origin.")
        check(backend, config, given["Id"])
        entity.update({kind.config: config, "ETag": random_id(), "LastModifiedTime": utcnow()})
        return answer(entity)

    def delete(request: Any, given: Parameters) -> Parameters:
        backend, id = request.backend, given["Id"]
        match(find(backend, kind, id)["ETag"], given.get("IfMatch"))
        if _in_use(backend, id):
            raise AwsError(kind.in_use, f"A distribution uses the {kind.name}.")
        gone = entities(backend, kind).pop(id)
        if kind is VPC_ORIGIN:
            vpc_origins.leave(backend.account_id, gone[kind.config]["Arn"].split(":")[3], id)
        return answer(gone)

    def listing(request: Any, given: Parameters) -> Parameters:
        items = [
            {"OriginEndpointArn": each[kind.config].get("Arn"), **each[kind.config], **each, kind.name: each}
            for each in entities(request.backend, kind).values()
            if given.get("Type", each["Type"]) == each["Type"]
        ]
        page = {"Marker": "", "MaxItems": 100, "IsTruncated": False, "Quantity": len(items), "Items": items}
        return {f"{kind.name}List": page}

    yield f"Create{kind.name}", create
    yield f"Get{kind.name}", get
    yield f"Get{kind.config}", get
    yield f"Update{kind.name}", update
    yield f"Delete{kind.name}", delete
    yield f"List{plural}", listing


for _plural, _kind in KINDS.items():
    for _name, _function in _operations(_kind, _plural):
        operation(CloudFrontResponse, _name, _function)


def function(backend: CloudFrontBackend, name: str, stage: str = "DEVELOPMENT") -> CloudFrontFunction:
    """The function at `stage`; LIVE is the published copy, which distributions run."""
    draft = backend.functions.get(name)
    found = draft if stage == "DEVELOPMENT" else vars(draft).get("live") if draft else None
    if found is None:
        raise AwsError("NoSuchFunctionExists", f"The function {name} does not exist in the stage {stage}.")
    return found


def _described(function: CloudFrontFunction) -> Parameters:
    summary = {"FunctionSummary": function.function_summary, "ETag": function.etag}
    return {**summary, "FunctionCode": function.code, "ContentType": "application/octet-stream"}


def _check_code(code: bytes) -> None:
    if len(code) > FUNCTION_SIZE:
        raise AwsError("FunctionSizeLimitExceeded", f"The code has more than {FUNCTION_SIZE} bytes.")


def _update_function(request: Any, given: Parameters) -> Parameters:
    draft = function(request.backend, given["Name"])
    match(draft.etag, given.get("IfMatch"))
    _check_code(given["FunctionCode"])
    draft.config, draft.code = given["FunctionConfig"], given["FunctionCode"]
    draft.etag, draft.last_modified_time = random_id(), utcnow()
    return _described(draft)


def _publish_function(request: Any, given: Parameters) -> Parameters:
    draft = function(request.backend, given["Name"])
    match(draft.etag, given.get("IfMatch"))
    live = copy.copy(draft)
    live.stage, live.status, live.etag = "LIVE", "UNASSOCIATED", random_id()
    draft.status = "UNASSOCIATED"
    vars(draft)["live"] = live
    return _described(live)


def _read_function(request: Any, given: Parameters) -> Parameters:
    return _described(function(request.backend, given["Name"], given.get("Stage", "DEVELOPMENT")))


operation(CloudFrontResponse, "UpdateFunction", _update_function)
operation(CloudFrontResponse, "PublishFunction", _publish_function)
operation(CloudFrontResponse, "DescribeFunction", _read_function)
operation(CloudFrontResponse, "GetFunction", _read_function)


@replaces(CloudFrontBackend)
def create_function(original: Any, self: Any, **given: Any) -> CloudFrontFunction:
    """moto does not check the size of the code."""
    _check_code(given["function_code"])
    return original(self, **given)


@replaces(CloudFrontBackend)
def delete_function(original: Any, self: Any, name: str, if_match: str) -> None:
    """moto accepts any ETag, and deletes functions that a distribution uses."""
    draft = function(self, name)
    match(draft.etag, if_match)
    if _in_use(self, draft.arn):
        raise AwsError("FunctionInUse", f"A distribution uses the function {name}.")
    original(self, name, if_match)
