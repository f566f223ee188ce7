"""CloudFront distributions with their whole configuration, whose references must exist.

moto drops VPC origins and function associations from the configuration.
"""

import copy
from typing import Any

from moto.cloudfront import models
from moto.cloudfront.models import CloudFrontBackend, random_id

from local.emulator.overlay import AwsError, Parameters, acm, replaces, wafv2
from local.emulator.overlay.cloudfront import REFERENCES, find, function, match, references

# The default values that AWS returns (API reference of DistributionConfig and its parts).
EMPTY = {"Quantity": 0}
OFF = {"Enabled": False, "Quantity": 0}
READ_ONLY = {"Quantity": 2, "Items": ["HEAD", "GET"]}
BEHAVIOR: Parameters = {
    "AllowedMethods": {**READ_ONLY, "CachedMethods": READ_ONLY},
    "Compress": False,
    "FieldLevelEncryptionId": "",
    "FunctionAssociations": EMPTY,
    "GrpcConfig": {"Enabled": False},
    "LambdaFunctionAssociations": EMPTY,
    "SmoothStreaming": False,
    "TrustedKeyGroups": OFF,
    "TrustedSigners": OFF,
}
ORIGIN: Parameters = {
    "OriginPath": "",
    "CustomHeaders": EMPTY,
    "ConnectionAttempts": 3,
    "ConnectionTimeout": 10,
    "OriginShield": {"Enabled": False},
    "OriginAccessControlId": "",
}
ORIGIN_TIMEOUTS = {"OriginReadTimeout": 30, "OriginKeepaliveTimeout": 5}
DEFAULT_CERTIFICATE: Parameters = {
    "CloudFrontDefaultCertificate": True,
    "SSLSupportMethod": "vip",
    "MinimumProtocolVersion": "TLSv1",  # regardless of the request
    "CertificateSource": "cloudfront",
}
DISTRIBUTION: Parameters = {
    "Aliases": EMPTY,
    "DefaultRootObject": "",
    "OriginGroups": EMPTY,
    "CacheBehaviors": EMPTY,
    "CustomErrorResponses": EMPTY,
    "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
    "PriceClass": "PriceClass_All",
    "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
    "WebACLId": "",
    "HttpVersion": "http2",
    "IsIPV6Enabled": True,
    "ContinuousDeploymentPolicyId": "",
    "Staging": False,
}


class DistributionConfig:
    """A distribution's configuration, with the API's names as attributes; replaces moto's class."""

    def __init__(self, given: Parameters):
        config = _merged(DISTRIBUTION, given)
        config["DefaultCacheBehavior"] = _merged(BEHAVIOR, config["DefaultCacheBehavior"])
        for name, defaults in (("CacheBehaviors", BEHAVIOR), ("Origins", ORIGIN)):
            if items := config[name].get("Items"):
                config[name]["Items"] = [_merged(defaults, each) for each in items]
        for origin in config["Origins"]["Items"]:
            for key in {"CustomOriginConfig", "VpcOriginConfig"} & origin.keys():
                origin[key] = {**ORIGIN_TIMEOUTS, **origin[key]}
        certificate = config.get("ViewerCertificate", {})
        if arn := certificate.get("ACMCertificateArn"):
            certificate |= {
                "CloudFrontDefaultCertificate": False,
                "Certificate": arn,
                "CertificateSource": "acm",
            }
        else:
            config["ViewerCertificate"] = DEFAULT_CERTIFICATE
        vars(self).update(config)
        self.caller_reference = config["CallerReference"]  # moto's own name for it


setattr(models, "DistributionConfig", DistributionConfig)  # noqa: B010 - pyright refuses an assignment


@replaces(CloudFrontBackend)
def create_distribution_with_tags(original: Any, self: Any, distribution_config: Parameters, tags: Any) -> Any:
    """moto does not check the configuration."""
    _check(self, distribution_config)
    return original(self, distribution_config, tags)


@replaces(CloudFrontBackend)
def update_distribution(original: Any, self: Any, dist_config: Parameters, _id: str, if_match: str) -> Any:
    """moto accepts any ETag, and does not change it."""
    distribution, etag = self.get_distribution(_id)
    match(etag, if_match)
    _check(self, dist_config, _id)
    original(self, dist_config, _id, if_match)
    distribution.etag = random_id()
    return distribution, distribution.location, distribution.etag


@replaces(CloudFrontBackend)
def delete_distribution(original: Any, self: Any, distribution_id: str, if_match: str) -> None:
    """moto accepts any ETag, and deletes enabled distributions."""
    distribution, etag = self.get_distribution(distribution_id)
    match(etag, if_match)
    if distribution.distribution_config.Enabled:
        raise AwsError("DistributionNotDisabled", "The distribution to delete has not been disabled.")
    original(self, distribution_id, if_match)


def _check(backend: CloudFrontBackend, config: Parameters, id: str = "") -> None:
    """Reject a configuration that AWS would reject because of its references, caching or certificate."""
    for key, value in references(config):
        if kind := REFERENCES[key]:
            find(backend, kind, value)
        else:
            function(backend, value.rpartition("/")[2], "LIVE")  # only published functions run
    origins = {origin["Id"] for part in ("Origins", "OriginGroups") for origin in _items(config, part)}
    for behavior in (config["DefaultCacheBehavior"], *_items(config, "CacheBehaviors")):
        if behavior["TargetOriginId"] not in origins:
            raise AwsError("NoSuchOrigin", "One or more of your origins or origin groups do not exist.")
        if ("CachePolicyId" in behavior) == ("ForwardedValues" in behavior):
            raise AwsError("InvalidArgument", "A behavior has either a cache policy or ForwardedValues.")
    aliases = set(config.get("Aliases", {}).get("Items", []))
    certificate = config.get("ViewerCertificate", {}).get("ACMCertificateArn", "")
    if aliases and not certificate:
        raise AwsError("InvalidViewerCertificate", "An alias needs an ACM certificate of us-east-1.")
    for alias in aliases or {""} if certificate else ():
        if reason := acm.problem(certificate, "us-east-1", alias):
            raise AwsError("InvalidViewerCertificate", f"The distribution cannot use {certificate}: {reason}.")
    if (web_acl := config.get("WebACLId")) and not wafv2.exists(web_acl):
        raise AwsError("InvalidWebACLId", f"There is no web ACL {web_acl} of scope CLOUDFRONT.")
    places = config.get("Restrictions", {}).get("GeoRestriction", {})
    if (places.get("RestrictionType", "none") == "none") == bool(places.get("Items")):
        raise AwsError("InvalidGeoRestrictionParameter", "A restriction by countries names them, none names none.")
    for other in backend.distributions.values():
        if other.id != id and aliases & set(_items(vars(other.distribution_config), "Aliases")):
            raise AwsError("CNAMEAlreadyExists", "An alias is already associated with another distribution.")


def _items(config: Parameters, part: str) -> list[Parameters]:
    return config.get(part, {}).get("Items", [])


def _merged(defaults: Parameters, given: Parameters) -> Parameters:
    """`given` merged over `defaults`, including nested structures; neither argument is changed."""
    result = copy.deepcopy(defaults)
    for key, value in given.items():
        nested = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = _merged(result[key], value) if nested else copy.deepcopy(value)
    return result
