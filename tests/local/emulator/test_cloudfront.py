"""CloudFront: what distributions refer to exists, is kept while in use, and is read back."""

import uuid
from typing import Any

import pytest

from local.workspace import Workspace
from tests.certificates import imported

GROUP = "CloudFront-VPCOrigins-Service-SG"

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
CODE = b"function handler(event) { return event.request }"


def endpoint(balancer: str, name: str) -> dict[str, Any]:
    return {
        "Name": name,
        "Arn": balancer,
        "HTTPPort": 80,
        "HTTPSPort": 443,
        "OriginProtocolPolicy": "http-only",
        "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
    }


def configuration(origin: str, **behavior: Any) -> dict[str, Any]:
    return {
        "CallerReference": str(uuid.uuid4()),
        "Comment": "",
        "Enabled": True,
        "Origins": {
            "Quantity": 1,
            "Items": [
                {
                    "Id": "alb",
                    "DomainName": "internal.example",
                    "VpcOriginConfig": {"VpcOriginId": origin, "OriginReadTimeout": 60},
                }
            ],
        },
        "DefaultCacheBehavior": {
            "TargetOriginId": "alb",
            "ViewerProtocolPolicy": "redirect-to-https",
            "CachePolicyId": CACHING_DISABLED,
            **behavior,
        },
    }


@pytest.fixture(scope="module")
def balancer(client: Any, network: Any) -> str:
    made = client("elbv2").create_load_balancer(Name="alb", Subnets=network["subnets"], Scheme="internal")
    return made["LoadBalancers"][0]["LoadBalancerArn"]


@pytest.fixture
def origin(client: Any, balancer: str) -> Any:
    return client("cloudfront").create_vpc_origin(
        VpcOriginEndpointConfig=endpoint(balancer, str(uuid.uuid4())),
        Tags={"Items": [{"Key": "stack", "Value": "test"}]},
    )


def test_a_vpc_origin_is_an_existing_load_balancer_in_a_vpc_with_an_internet_gateway(
    client: Any, refused: Any
) -> None:
    cloudfront, ec2 = client("cloudfront"), client("ec2")
    missing = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/none/0"
    assert refused(cloudfront.create_vpc_origin, VpcOriginEndpointConfig=endpoint(missing, "none")) == (
        "InvalidArgument"
    )
    closed = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=closed, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    made = client("elbv2").create_load_balancer(Name="closed", Subnets=[subnet], Scheme="internal")
    arn = made["LoadBalancers"][0]["LoadBalancerArn"]
    assert refused(cloudfront.create_vpc_origin, VpcOriginEndpointConfig=endpoint(arn, "closed")) == (
        "InvalidArgument"
    )


def test_a_vpc_origin_is_read_updated_and_deleted_with_its_etag(
    client: Any, origin: Any, balancer: str, refused: Any
) -> None:
    cloudfront, id = client("cloudfront"), origin["VpcOrigin"]["Id"]
    config = origin["VpcOrigin"]["VpcOriginEndpointConfig"]
    assert cloudfront.get_vpc_origin(Id=id)["VpcOrigin"]["Status"] == "Deployed"
    assert id in [each["Id"] for each in cloudfront.list_vpc_origins()["VpcOriginList"]["Items"]]
    tags = cloudfront.list_tags_for_resource(Resource=origin["VpcOrigin"]["Arn"])["Tags"]["Items"]
    assert tags == [{"Key": "stack", "Value": "test"}]
    update = {"Id": id, "VpcOriginEndpointConfig": {**config, "HTTPPort": 8080}}
    assert refused(cloudfront.update_vpc_origin, IfMatch="stale", **update) == "PreconditionFailed"
    updated = cloudfront.update_vpc_origin(IfMatch=origin["ETag"], **update)
    assert updated["VpcOrigin"]["VpcOriginEndpointConfig"]["HTTPPort"] == 8080
    cloudfront.delete_vpc_origin(Id=id, IfMatch=updated["ETag"])
    assert refused(cloudfront.get_vpc_origin, Id=id) == "EntityNotFound"


def test_what_cloudfront_makes_in_the_vpc_goes_some_time_after_the_origin(
    client: Any, workspace: Workspace, refused: Any
) -> None:
    ec2, cloudfront, elb = client("ec2"), client("cloudfront"), client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.8.{each}.0/24")["Subnet"]["SubnetId"] for each in (0, 1)
    ]
    balancer = elb.create_load_balancer(Name="left", Subnets=subnets, Scheme="internal")["LoadBalancers"][0]
    arn = balancer["LoadBalancerArn"]
    origins = [
        cloudfront.create_vpc_origin(VpcOriginEndpointConfig=endpoint(arn, str(uuid.uuid4()))) for _ in range(2)
    ]

    named = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": [GROUP]}]

    def left() -> tuple[list[str], list[str]]:
        groups = ec2.describe_security_groups(Filters=named)["SecurityGroups"]
        interfaces = ec2.describe_network_interfaces(Filters=named)["NetworkInterfaces"]
        return [each["GroupId"] for each in groups], [each["NetworkInterfaceId"] for each in interfaces]

    [group], interfaces = left()
    assert len(interfaces) == 4, "an interface for each origin in each subnet"
    assert refused(ec2.delete_network_interface, NetworkInterfaceId=interfaces[0]) == "AuthFailure"
    assert refused(ec2.delete_security_group, GroupId=group) == "DependencyViolation"
    assert refused(ec2.delete_subnet, SubnetId=subnets[0]) == "DependencyViolation"

    delay = workspace.home / "cloudfront-leaves-seconds"
    delay.write_text("3600")
    for each in origins:
        cloudfront.delete_vpc_origin(Id=each["VpcOrigin"]["Id"], IfMatch=each["ETag"])
    elb.delete_load_balancer(LoadBalancerArn=arn)
    assert left() == ([group], interfaces)
    assert refused(ec2.delete_subnet, SubnetId=subnets[0]) == "DependencyViolation"
    delay.unlink()  # the time is over
    assert left() == ([], [])
    for subnet in subnets:
        ec2.delete_subnet(SubnetId=subnet)
    own = ec2.create_security_group(GroupName="own", Description="own", VpcId=vpc)["GroupId"]
    assert refused(ec2.delete_vpc, VpcId=vpc) == "DependencyViolation"
    ec2.delete_security_group(GroupId=own)
    ec2.detach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)
    ec2.delete_vpc(VpcId=vpc)


def test_a_distribution_keeps_what_it_uses_and_what_it_uses_is_kept(
    client: Any, origin: Any, refused: Any
) -> None:
    cloudfront, id, name = client("cloudfront"), origin["VpcOrigin"]["Id"], str(uuid.uuid4())
    policy = cloudfront.create_response_headers_policy(
        ResponseHeadersPolicyConfig={
            "Name": name,
            "SecurityHeadersConfig": {"ContentTypeOptions": {"Override": True}},
        }
    )["ResponseHeadersPolicy"]["Id"]
    function = cloudfront.create_function(
        Name=name, FunctionConfig={"Comment": "", "Runtime": "cloudfront-js-2.0"}, FunctionCode=CODE
    )
    arn = function["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
    config = configuration(
        id,
        OriginRequestPolicyId=ALL_VIEWER,
        ResponseHeadersPolicyId=policy,
        FunctionAssociations={
            "Quantity": 1,
            "Items": [{"EventType": "viewer-request", "FunctionARN": arn}],
        },
    )
    assert refused(cloudfront.create_distribution, DistributionConfig=config) == "NoSuchFunctionExists", (
        "a function that is not published runs nowhere"
    )
    cloudfront.publish_function(Name=name, IfMatch=function["ETag"])
    tagged = {"DistributionConfig": config, "Tags": {"Items": [{"Key": "stack", "Value": "test"}]}}
    made = cloudfront.create_distribution_with_tags(DistributionConfigWithTags=tagged)["Distribution"]
    read = cloudfront.get_distribution_config(Id=made["Id"])
    kept = read["DistributionConfig"]
    assert kept["Origins"]["Items"][0]["VpcOriginConfig"] == {
        "VpcOriginId": id,
        "OriginReadTimeout": 60,
        "OriginKeepaliveTimeout": 5,
    }
    behavior = config["DefaultCacheBehavior"]
    assert {key: kept["DefaultCacheBehavior"][key] for key in behavior} == behavior
    assert kept["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1"

    endpoint_config = origin["VpcOrigin"]["VpcOriginEndpointConfig"]
    change = {"Id": id, "IfMatch": origin["ETag"], "VpcOriginEndpointConfig": endpoint_config}
    assert refused(cloudfront.update_vpc_origin, **change) == "CannotUpdateEntityWhileInUse"
    assert refused(cloudfront.delete_vpc_origin, Id=id, IfMatch=origin["ETag"]) == ("CannotDeleteEntityWhileInUse")
    assert refused(cloudfront.delete_function, Name=name, IfMatch=function["ETag"]) == "FunctionInUse"
    etag = cloudfront.get_response_headers_policy(Id=policy)["ETag"]
    assert refused(cloudfront.delete_response_headers_policy, Id=policy, IfMatch=etag) == (
        "ResponseHeadersPolicyInUse"
    )

    target = {"Id": made["Id"], "IfMatch": read["ETag"]}
    assert refused(cloudfront.delete_distribution, **target) == "DistributionNotDisabled"
    disabled = cloudfront.update_distribution(DistributionConfig={**kept, "Enabled": False}, **target)
    assert refused(cloudfront.delete_distribution, **target) == "PreconditionFailed"
    cloudfront.delete_distribution(Id=made["Id"], IfMatch=disabled["ETag"])
    cloudfront.delete_response_headers_policy(Id=policy, IfMatch=etag)
    cloudfront.delete_function(Name=name, IfMatch=function["ETag"])
    cloudfront.delete_vpc_origin(Id=id, IfMatch=origin["ETag"])


@pytest.mark.parametrize(
    ("behavior", "code"),
    [
        ({"TargetOriginId": "other"}, "NoSuchOrigin"),
        ({"CachePolicyId": "none"}, "NoSuchCachePolicy"),
        ({"OriginRequestPolicyId": "none"}, "NoSuchOriginRequestPolicy"),
        ({"ResponseHeadersPolicyId": "none"}, "NoSuchResponseHeadersPolicy"),
        (
            {"ForwardedValues": {"QueryString": True, "Cookies": {"Forward": "all"}}},
            "InvalidArgument",
        ),
    ],
)
def test_a_distribution_refers_to_nothing_that_does_not_exist(
    client: Any, origin: Any, refused: Any, behavior: Any, code: str
) -> None:
    config = configuration(origin["VpcOrigin"]["Id"], **behavior)
    assert refused(client("cloudfront").create_distribution, DistributionConfig=config) == code


def test_an_alias_needs_a_certificate_of_the_first_region(client: Any, origin: Any, refused: Any) -> None:
    config = configuration(origin["VpcOrigin"]["Id"])
    config["Aliases"] = {"Quantity": 1, "Items": ["pacs.example"]}
    create = client("cloudfront").create_distribution
    assert refused(create, DistributionConfig=config) == "InvalidViewerCertificate"
    acm = client("acm")
    pending = acm.request_certificate(DomainName="pacs.example", ValidationMethod="DNS")["CertificateArn"]
    for arn in ("arn:aws:acm:eu-west-1:123456789012:certificate/1", pending, imported(acm, "other.example")):
        config["ViewerCertificate"] = {"ACMCertificateArn": arn, "SSLSupportMethod": "sni-only"}
        assert refused(create, DistributionConfig=config) == "InvalidViewerCertificate"
    served = imported(acm, "*.example")
    config["ViewerCertificate"]["ACMCertificateArn"] = served
    create(DistributionConfig=config)
    assert refused(acm.delete_certificate, CertificateArn=served) == "ResourceInUseException"


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ({"WebACLId": "arn:aws:wafv2:us-east-1:123456789012:global/webacl/absent/1"}, "InvalidWebACLId"),
        (
            {"Restrictions": {"GeoRestriction": {"RestrictionType": "whitelist", "Quantity": 0}}},
            "InvalidGeoRestrictionParameter",
        ),
    ],
)
def test_a_distribution_lets_in_whom_it_can_tell(
    client: Any, origin: Any, refused: Any, part: Any, code: str
) -> None:
    config = configuration(origin["VpcOrigin"]["Id"]) | part
    assert refused(client("cloudfront").create_distribution, DistributionConfig=config) == code


def test_publishing_copies_the_draft_of_a_function(client: Any, refused: Any) -> None:
    cloudfront, name = client("cloudfront"), str(uuid.uuid4())
    config = {"Comment": "", "Runtime": "cloudfront-js-2.0"}
    etag = cloudfront.create_function(Name=name, FunctionConfig=config, FunctionCode=CODE)["ETag"]
    assert refused(cloudfront.describe_function, Name=name, Stage="LIVE") == "NoSuchFunctionExists"
    cloudfront.publish_function(Name=name, IfMatch=etag)
    changed = {"Name": name, "FunctionConfig": config, "FunctionCode": CODE + b"\n// changed"}
    assert refused(cloudfront.update_function, IfMatch="stale", **changed) == "PreconditionFailed"
    etag = cloudfront.update_function(IfMatch=etag, **changed)["ETag"]
    assert cloudfront.get_function(Name=name, Stage="LIVE")["FunctionCode"].read() == CODE
    cloudfront.publish_function(Name=name, IfMatch=etag)
    assert cloudfront.get_function(Name=name, Stage="LIVE")["FunctionCode"].read() == CODE + b"\n// changed"
    too_long = {**changed, "FunctionCode": b"/" * 10241}
    assert refused(cloudfront.update_function, IfMatch=etag, **too_long) == "FunctionSizeLimitExceeded"


@pytest.mark.parametrize(
    ("operation", "result", "id", "name"),
    [
        ("get_cache_policy", "CachePolicy", CACHING_DISABLED, "Managed-CachingDisabled"),
        ("get_origin_request_policy", "OriginRequestPolicy", ALL_VIEWER, "Managed-AllViewer"),
    ],
)
def test_managed_policies_are_there(client: Any, operation: str, result: str, id: str, name: str) -> None:
    policy = getattr(client("cloudfront"), operation)(Id=id)[result]
    assert policy[f"{result}Config"]["Name"] == name
