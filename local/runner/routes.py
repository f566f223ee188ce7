"""The route of a request from CloudFront to the healthy tasks, read from the emulated AWS."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from local.runner import firewall, listener_rules, names
from local.runner.aws import client
from local.runner.documents import Document, attributes
from local.runner.listener_rules import ListenerRule
from local.runner.security_groups import Peer, reaches
from local.workspace import Workspace

_PREFIX_LIST = "com.amazonaws.global.cloudfront.origin-facing"
# The managed origin request policies that the edge supports (CloudFront Developer Guide).
_ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
_ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"


class RouteError(Exception):
    """A request cannot be forwarded; contains the `status` of CloudFront or the load balancer, and the reason."""

    def __init__(self, status: int, text: str):
        super().__init__(text)
        self.status = status


class Route(NamedTuple):
    """The properties of the route of a request."""

    names: Mapping[str, str]  # of the distribution, each with the reason why requests for it fail, if any
    origin_host: str  # the Host header for the task; empty for that of the viewer
    web_acl: firewall.WebAcl
    methods: frozenset[str]
    function: str | None  # code for viewer requests
    headers_policy: Document
    protocol: str  # of the listener, https or http
    port: int
    read_timeout: int  # seconds
    rules: tuple[ListenerRule, ...]  # of the listener
    distribution: str  # its ID
    nodes: int  # of the load balancer, one in each of its zones
    idle_seconds: int  # after which it closes an idle connection


def read(workspace: Workspace) -> Route:
    """The route of the account's first distribution as deployed now. Raises RouteError."""
    try:
        return _read(workspace)
    except (ClientError, LookupError) as error:
        raise RouteError(502, f"there is no way from CloudFront to the tasks: {error!r}") from None


def _read(workspace: Workspace) -> Route:
    cloudfront, balancing = client(workspace, "cloudfront"), client(workspace, "elbv2")
    id = cloudfront.list_distributions()["DistributionList"]["Items"][0]["Id"]
    distribution = cloudfront.get_distribution(Id=id)["Distribution"]
    config = distribution["DistributionConfig"]
    behavior = config["DefaultCacheBehavior"]
    origins = {each["Id"]: each for each in config["Origins"]["Items"]}
    origin = origins[behavior["TargetOriginId"]]
    vpc_origin = cloudfront.get_vpc_origin(Id=origin["VpcOriginConfig"]["VpcOriginId"])["VpcOrigin"]
    endpoint = vpc_origin["VpcOriginEndpointConfig"]
    https = endpoint["OriginProtocolPolicy"] == "https-only"
    arn, port = endpoint["Arn"], endpoint["HTTPSPort" if https else "HTTPPort"]

    [balancer] = balancing.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]
    if not reaches(workspace, _cloudfront(workspace), Peer(frozenset(balancer["SecurityGroups"])), port):
        raise RouteError(504, f"the load balancer's security groups do not let CloudFront in on {port}")
    listeners = {each["Port"]: each for each in balancing.describe_listeners(LoadBalancerArn=arn)["Listeners"]}
    listener = listeners[port]
    if (listener["Protocol"] == "HTTPS") != https:
        raise RouteError(502, f"CloudFront speaks {endpoint['OriginProtocolPolicy']} to {listener['Protocol']}")
    of_balancer = attributes(balancing.describe_load_balancer_attributes(LoadBalancerArn=arn))

    origin_name = origin["DomainName"]
    origin_host = {_ALL_VIEWER: "", _ALL_VIEWER_EXCEPT_HOST: origin_name}[behavior["OriginRequestPolicyId"]]
    idle = int(of_balancer.get("idle_timeout.timeout_seconds", 60))
    return Route(
        names=_names(workspace, distribution, listener, origin_name, origin_host),
        origin_host=origin_host,
        web_acl=firewall.read(workspace, config["WebACLId"]),
        methods=frozenset(behavior["AllowedMethods"]["Items"]),
        function=_function(cloudfront, behavior),
        headers_policy=_headers_policy(cloudfront, behavior),
        protocol="https" if https else "http",
        port=port,
        read_timeout=min(origin["VpcOriginConfig"]["OriginReadTimeout"], idle),
        rules=listener_rules.read(balancing, listener["ListenerArn"]),
        distribution=id,
        nodes=len(balancer["AvailabilityZones"]),
        idle_seconds=idle,
    )


def _names(
    workspace: Workspace, distribution: Document, listener: Document, origin: str, origin_host: str
) -> dict[str, str]:
    """The distribution's names, aliases first, each with the reason why requests fail, or an empty string."""
    own, config = distribution["DomainName"], distribution["DistributionConfig"]
    kinds = ("A", "AAAA") if config["IsIPV6Enabled"] else ("A",)
    found = {
        alias: names.problem_in_dns(workspace, alias, own, kinds) for alias in config["Aliases"].get("Items", [])
    }
    found[own] = ""
    if listener["Protocol"] == "HTTPS":
        found = {
            name: problem or names.problem_of_certificate(workspace, listener, (origin, origin_host or name))
            for name, problem in found.items()
        }
    return found


def _cloudfront(workspace: Workspace) -> Peer:
    named = [{"Name": "prefix-list-name", "Values": [_PREFIX_LIST]}]
    lists = client(workspace, "ec2").describe_managed_prefix_lists(Filters=named)["PrefixLists"]
    return Peer(frozenset(each["PrefixListId"] for each in lists))


def _function(cloudfront: Any, behavior: Document) -> str | None:
    for each in behavior["FunctionAssociations"].get("Items", []):
        if each["EventType"] == "viewer-request":
            name = each["FunctionARN"].rpartition("/")[2]
            return cloudfront.get_function(Name=name, Stage="LIVE")["FunctionCode"].read().decode()
    return None


def _headers_policy(cloudfront: Any, behavior: Document) -> Document:
    if not (id := behavior.get("ResponseHeadersPolicyId")):
        return {}
    return cloudfront.get_response_headers_policy(Id=id)["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]
