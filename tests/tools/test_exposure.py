"""What is open to whom, told from an exported state."""

import io
import json
from typing import Any

import pytest

from tools import exposure

PUBLIC, INWARD, OUTWARD, ROUTES, ENDPOINTS, ROLES = (
    *("Accessible from the internet", "Accessible inside the network", "Outbound access", "Routes"),
    *("VPC endpoint policies", "Accessible to IAM roles"),
)


def resource(token: str, name: str, id: str, **outputs: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:test::orthanc-on-aws::orthanc:some:Component$aws:{token}::{name}"
    return {"urn": urn, "type": f"aws:{token}", "id": id, "inputs": {}, "outputs": outputs}


def balancer(**outputs: Any) -> dict[str, Any]:
    usual = {"arn": "arn:web", "internal": True, "securityGroups": ["sg-web"], "subnets": ["subnet-1"]}
    return resource("lb/loadBalancer:LoadBalancer", "web", "arn:web", **{**usual, **outputs})


def distribution(**outputs: Any) -> dict[str, Any]:
    usual = {
        "aliases": [],
        "defaultCacheBehavior": {"viewerProtocolPolicy": "https-only"},
        "origins": [{"domainName": "elsewhere.example.org"}],
        "restrictions": {"geoRestriction": {"restrictionType": "none", "locations": []}},
    }
    return resource("cloudfront/distribution:Distribution", "edge", "E1", **{**usual, **outputs})


def group(name: str) -> dict[str, Any]:
    return resource("ec2/securityGroup:SecurityGroup", name, f"sg-{name}")


def rule(direction: str, owner: str, **changed: Any) -> dict[str, Any]:
    token = f"vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule"
    usual = {"ipProtocol": "tcp", "fromPort": 443.0, "toPort": 443.0, "description": "why"}
    return resource(token, "rule", "sgr-1", securityGroupId=f"sg-{owner}", **{**usual, **changed})


def policy(**statement: Any) -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", **statement}]})


def rows(title: str, *resources: dict[str, Any]) -> list[str]:
    """The rows of the table of that title."""
    text = exposure.exposure({"version": 3, "deployment": {"resources": list(resources)}})
    [table] = [part for part in f"\n{text}".split("\n### ") if part.startswith(title)]
    return [line for line in table.splitlines()[4:] if line]


ORIGIN = resource(
    "cloudfront/vpcOrigin:VpcOrigin",
    "edge",
    "vo_1",
    vpcOriginEndpointConfig={"arn": "arn:web", "originProtocolPolicy": "https-only"},
)
TO_WEB = {"origins": [{"domainName": "web.elb", "vpcOriginConfig": {"vpcOriginId": "vo_1"}}]}
GUARDED = {
    "aliases": ["a.example.org"],
    "webAclId": "arn:acl",
    "restrictions": {"geoRestriction": {"restrictionType": "whitelist", "locations": ["DE", "FR"]}},
    "defaultCacheBehavior": {"viewerProtocolPolicy": "allow-all"},
}
DATABASE = resource("rds/instance:Instance", "index", "db-1", publiclyAccessible=True)
SERVICE = resource("ecs/service:Service", "app", "arn:app", networkConfiguration={"assignPublicIp": True})
BUCKET = resource("s3/bucket:Bucket", "images", "images-1", arn="arn:images")
BLOCKS = dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True)
BLOCK = "s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
CLOSED = resource(BLOCK, "images", "images-1", bucket="images-1", **BLOCKS)
HALF_CLOSED = resource(BLOCK, "images", "images-1", bucket="images-1", **{**BLOCKS, "blockPublicPolicy": False})
ENDPOINT = resource("ec2/vpcEndpoint:VpcEndpoint", "s3", "vpce-1", prefixListId="pl-1")
RESTRICTED = resource(
    "ec2/vpcEndpointPolicy:VpcEndpointPolicy",
    "s3",
    "vpce-1",
    vpcEndpointId="vpce-1",
    policy=policy(Action=["s3:GetObject", "s3:PutObject"], Resource="arn:images/*", Principal="*"),
)
ROLE = resource(
    "iam/role:Role", "task", "task-1", assumeRolePolicy=policy(Principal={"Service": "ecs"}, Action="x")
)
MAY = resource(
    "iam/policy:Policy",
    "may",
    "arn:aws:policy/may",
    policy=policy(Action="s3:ListBucket", Resource=["arn:images", "arn:other", "*"]),
)
GRANTED = resource(
    "iam/rolePolicyAttachment:RolePolicyAttachment", "may", "2", role="task-1", policyArn="arn:aws:policy/may"
)
MANAGED = resource(
    "iam/rolePolicyAttachment:RolePolicyAttachment", "more", "1", role="task-1", policyArn="arn:aws:policy/Monitor"
)
VPC = resource("ec2/vpc:Vpc", "net", "vpc-1")
SUBNET = resource("ec2/subnet:Subnet", "private-1", "subnet-1", vpcId="vpc-1")
TABLE = resource(
    "ec2/routeTableAssociation:RouteTableAssociation", "a", "1", subnetId="subnet-1", routeTableId="rtb-1"
)
NAT = resource("ec2/natGateway:NatGateway", "way", "nat-1", subnetId="subnet-2")
OUT = resource(
    "ec2/route:Route", "r", "1", routeTableId="rtb-1", destinationCidrBlock="0.0.0.0/0", natGatewayId="nat-1"
)
LOCAL = resource(
    "ec2/route:Route", "l", "2", routeTableId="rtb-1", destinationCidrBlock="10.9.0.0/16", gatewayId="vgw-1"
)
ITS_RULES = "the peers of its rules below"

CASES: list[tuple[str, list[dict[str, Any]], list[str]]] = [
    (PUBLIC, [balancer(), BUCKET, CLOSED], ["nothing | | |"]),
    (PUBLIC, [balancer(internal=False)], [f"`web` (load balancer) | {ITS_RULES} | public addresses | itself"]),
    (PUBLIC, [DATABASE], [f"`index` (instance) | {ITS_RULES} | public addresses | itself"]),
    (PUBLIC, [SERVICE], [f"`app` (service) | {ITS_RULES} | a public address of each task | itself"]),
    (
        PUBLIC,
        [BUCKET],
        ["`images` (bucket) | the principals of its policy | public access is not blocked | itself"],
    ),
    (
        PUBLIC,
        [BUCKET, HALF_CLOSED],
        ["`images` (bucket) | the principals of its policy | public access is not blocked | itself"],
    ),
    (
        PUBLIC,
        [balancer(), ORIGIN, distribution(**TO_WEB)],
        ["`edge` (distribution) | everybody | HTTPS; CloudFront's own name | `web` (load balancer), https-only"],
    ),
    (
        PUBLIC,
        [distribution(**GUARDED)],
        [
            "`edge` (distribution) | clients that its web ACL allows (whitelist: DE, FR) | HTTP and HTTPS;"
            " a.example.org | `elsewhere.example.org`"
        ],
    ),
    (INWARD, [group("web"), balancer()], ["`web` (load balancer) | nobody | none | `web` has no rules"]),
    (
        INWARD,
        [group("web"), balancer(), rule("Ingress", "web", cidrIpv4="0.0.0.0/0")],
        ["`web` (load balancer) | any IPv4 address | TCP 443 | `rule`: why"],
    ),
    (
        INWARD,
        [group("web"), rule("Ingress", "web", cidrIpv6="::/0", ipProtocol="-1", description=None)],
        ["resources in `web` (security group) | any IPv6 address | all | `rule`: not described"],
    ),
    (
        INWARD,
        [group("web"), balancer(), rule("Ingress", "web", prefixListId="pl-9", toPort=444)],
        ["`web` (load balancer) | AWS's prefix list `pl-9` | TCP 443 to 444 | `rule`: why"],
    ),
    (
        INWARD,
        [group("web"), group("app"), balancer(), rule("Ingress", "app", referencedSecurityGroupId="sg-web")],
        [
            "`web` (load balancer) | nobody | none | `web` has no rules",
            "resources in `app` (security group) | `web` (load balancer) | TCP 443 | `rule`: why",
        ],
    ),
    (
        OUTWARD,
        [group("web"), group("app"), balancer(), rule("Egress", "web", referencedSecurityGroupId="sg-app")],
        ["nothing | | |"],
    ),
    (
        OUTWARD,
        [group("web"), balancer(), rule("Egress", "web", referencedSecurityGroupId="sg-theirs")],
        ["`web` (load balancer) | resources in `sg-theirs` | TCP 443 | `rule`: why"],
    ),
    (
        OUTWARD,
        [ENDPOINT, group("web"), balancer(), rule("Egress", "web", prefixListId="pl-1")],
        ["`web` (load balancer) | the service behind `s3` (vpc endpoint) | TCP 443 | `rule`: why"],
    ),
    (ROUTES, [balancer()], ["those of a network that is brought | what is deployed into it | its owner's"]),
    (ROUTES, [VPC, SUBNET, TABLE, LOCAL, balancer()], ["`private-1` | `web` (load balancer) | none"]),
    (ROUTES, [VPC, SUBNET, TABLE, NAT, OUT, LOCAL], ["`private-1` | nothing | `way` (nat gateway)"]),
    (ENDPOINTS, [ENDPOINT], ["`s3` | anything | all"]),
    (ENDPOINTS, [BUCKET, ENDPOINT, RESTRICTED], ["`s3` | `images` (bucket) `/*` | s3:GetObject, s3:PutObject"]),
    (
        ROLES,
        [BUCKET, ROLE, MAY, GRANTED, MANAGED],
        [
            "`arn:other` | `task` (role) of ecs | s3:ListBucket | `may`",
            "`images` (bucket) | `task` (role) of ecs | s3:ListBucket | `may`",
            "anything | `task` (role) of ecs | s3:ListBucket | `may`",
            "what AWS's `Monitor` names | `task` (role) of ecs | as it says | `more`",
        ],
    ),
]


@pytest.mark.parametrize(("title", "deployed", "expected"), CASES)
def test_the_tables_tell_what_is_deployed(title: str, deployed: list[dict[str, Any]], expected: list[str]):
    assert rows(title, *deployed) == [f"| {row} |" for row in expected]


def test_the_order_of_the_state_does_not_matter():
    deployed = [group("web"), balancer(), distribution(), BUCKET, CLOSED, ROLE, MAY, GRANTED]
    texts = {exposure.exposure({"deployment": {"resources": order}}) for order in (deployed, deployed[::-1])}
    assert len(texts) == 1


def test_what_waits_for_its_deletion_is_not_told():
    assert rows(PUBLIC, balancer(), {**distribution(), "delete": True}) == ["| nothing | | | |"]


@pytest.mark.parametrize("text", ["", "{}", '{"deployment": {"resources": []}}', '{"deployment": {}}'])
def test_without_a_deployment_it_says_so(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert exposure.main() == 1
    assert "pulumi stack export" in capsys.readouterr().err
