"""CloudFront."""

import copy
import uuid
from typing import Any

from botocore.session import get_session

from offline.stand_ins.codec import Values
from offline.stand_ins.mapping import to_api
from offline.stand_ins.table import Call, Read, row

_SHAPES = get_session().get_service_model("cloudfront")
_NAMES = {"orderedCacheBehaviors": "CacheBehaviors"}


def _distribution(state: Values) -> Values:
    """DistributionConfig: the API has different structures for methods and locations than the SDK."""
    inputs = copy.deepcopy({name: value for name, value in state.items() if value is not None})
    members = _SHAPES.shape_for("DistributionConfig").members  # type: ignore[attr-defined]
    folded = {name.lower(): name for name in members}
    config: Values = {"CallerReference": state.get("callerReference") or str(uuid.uuid4()), "Comment": ""}
    behavior, places = inputs["defaultCacheBehavior"], inputs.pop("restrictions")["geoRestriction"]
    allowed, cached = behavior.pop("allowedMethods"), behavior.pop("cachedMethods")
    inputs["origins"] = [{"id": origin.pop("originId"), **origin} for origin in inputs["origins"]]
    for name, value in inputs.items():
        member = _NAMES.get(name) or folded.get(name.lower(), "")
        if member and member != "CallerReference":
            config[member] = to_api(value, members[member], name)
    methods = {"Quantity": len(cached), "Items": cached}
    config["DefaultCacheBehavior"]["AllowedMethods"] = {
        "Quantity": len(allowed),
        "Items": allowed,
        "CachedMethods": methods,
    }
    locations = places.get("locations") or []
    geo = {"RestrictionType": places["restrictionType"], "Quantity": len(locations), "Items": locations}
    config["Restrictions"] = {"GeoRestriction": geo}
    return config


def _disabled(client: Any, state: Values) -> None:
    """Disables the distribution, because AWS deletes only disabled ones."""
    found = client.get_distribution_config(Id=state["id"])
    config = {**found["DistributionConfig"], "Enabled": False}
    client.update_distribution(Id=state["id"], IfMatch=found["ETag"], DistributionConfig=config)


def _made(state: Values) -> Values:
    return {"DistributionConfigWithTags": {"DistributionConfig": _distribution(state), "Tags": {"Items": []}}}


def _updated(state: Values) -> Values:
    return {"Id": state["id"], "DistributionConfig": _distribution(state)}


row(
    "cloudfront/distribution:Distribution",
    "cloudfront",
    Call("create_distribution_with_tags", _made),
    "Distribution.Id",
    Read(
        "get_distribution",
        {"Id": "$id"},
        "merge(Distribution.DistributionConfig, {ARN: Distribution.ARN, DomainName: Distribution.DomainName,"
        " Status: Distribution.Status, etag: ETag, DefaultCacheBehavior:"
        " merge(Distribution.DistributionConfig.DefaultCacheBehavior,"
        " {CachedMethods: Distribution.DistributionConfig.DefaultCacheBehavior.AllowedMethods.CachedMethods}),"
        " Origins: Distribution.DistributionConfig.Origins.Items[].merge(@, {originId: Id}),"
        " Restrictions: {geoRestriction: Distribution.DistributionConfig.Restrictions.GeoRestriction"
        ".{restrictionType: RestrictionType, locations: Items}}})",
    ),
    updates=(Call("update_distribution", _updated),),
    delete=(Call("delete_distribution", {"Id": "$id"}),),
    names=_NAMES,
    outputs={"hostedZoneId": '`"Z2FDTNDATAQYW2"`'},
    prepare=_disabled,
)

row(
    "cloudfront/vpcOrigin:VpcOrigin",
    "cloudfront",
    Call("create_vpc_origin", mapped=True),
    "VpcOrigin.Id",
    Read("get_vpc_origin", {"Id": "$id"}, "merge(VpcOrigin, {etag: ETag})"),
    updates=(Call("update_vpc_origin", {"Id": "$id"}, mapped=True, when="vpcOriginEndpointConfig"),),
    delete=(Call("delete_vpc_origin", {"Id": "$id"}),),
    unread={"timeouts": "is the provider's own"},
)


def _function(state: Values) -> Values:
    config = {"Comment": state.get("comment", ""), "Runtime": state["runtime"]}
    return {"Name": state["name"], "FunctionConfig": config, "FunctionCode": state["code"].encode()}


_NAME = {"Name": "$name"}

row(
    "cloudfront/function:Function",
    "cloudfront",
    Call("create_function", _function),
    "$name",
    [
        Read(
            "describe_function",
            _NAME,
            "merge(FunctionSummary.FunctionConfig, FunctionSummary.FunctionMetadata, {name: FunctionSummary.Name,"
            " status: FunctionSummary.Status, ETag: ETag})",
        ),
        Read("get_function", _NAME, "{FunctionCode: FunctionCode}"),
    ],
    puts=(Call("publish_function", _NAME, when="publish"),),
    updates=(Call("update_function", _function), Call("publish_function", _NAME)),
    delete=(Call("delete_function", _NAME),),
    fixed="name",
    outputs={"arn": "FunctionARN", "code": lambda found: found["FunctionCode"].read().decode()},
    named="name 64",
    unread={"publish": "is about the call"},
)


def _headers(state: Values) -> Values:
    shape = _SHAPES.shape_for("ResponseHeadersPolicyConfig")
    ours = ("name", "comment", "corsConfig", "securityHeadersConfig", "customHeadersConfig", "removeHeadersConfig")
    config = {name: state[name] for name in ours if state.get(name) is not None}
    return {"Id": state.get("id"), "ResponseHeadersPolicyConfig": to_api(config, shape)}


row(
    "cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
    "cloudfront",
    Call("create_response_headers_policy", _headers),
    "ResponseHeadersPolicy.Id",
    Read(
        "get_response_headers_policy",
        {"Id": "$id"},
        "merge(ResponseHeadersPolicy.ResponseHeadersPolicyConfig, {etag: ETag})",
    ),
    updates=(Call("update_response_headers_policy", _headers),),
    delete=(Call("delete_response_headers_policy", {"Id": "$id"}),),
    outputs={"arn": "arn:aws:cloudfront::123456789012:response-headers-policy/$id"},
    named="name 128",
)
