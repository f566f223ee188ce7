"""A network that is brought is looked at before anything is made in it."""

import ipaddress
import json
from dataclasses import replace
from typing import Any

import pytest

from components.config.parse import parse
from components.iam.task_services import SERVICES_OF_A_TASK
from components.preflight.endpoints import LiveEndpoint, LiveRule, Ways
from components.preflight.lookups import found
from components.preflight.network import LiveRoutes, LiveSubnet, LiveVpc, Survey, problems
from tests.unit.program import BROUGHT, EFS, refused

VPC, ACCOUNT = BROUGHT["vpcId"], "123456789012"
LISTS = BROUGHT | {
    "privateSubnetIds": '["subnet-000000a1", "subnet-000000a2"]',
    "isolatedSubnetIds": '["subnet-000000b1", "subnet-000000b2"]',
    "publicSubnetIds": '["subnet-000000c1", "subnet-000000c2"]',
}
TO_NAT = LiveRoutes("rtb-nat", public=False, leads_out=True)
NOWHERE = LiveRoutes("rtb-none", public=False, leads_out=False)
PUBLIC = LiveRoutes("rtb-public", public=True, leads_out=False)
OF_LISTS = {"a": TO_NAT, "b": NOWHERE, "c": PUBLIC}
GOOD = Survey(
    LiveVpc(dns_support=True, dns_hostnames=True, internet_gateway=True, owner=ACCOUNT),
    {
        f"subnet-000000{list}{number}": LiveSubnet(
            VPC, f"us-east-1{zone}", f"use1-az{number}", 250, f"10.0.{number}.0/24", routes
        )
        for list, routes in OF_LISTS.items()
        for number, zone in ((1, "b"), (2, "c"))
    },
    ACCOUNT,
    Ways(),
)
# What serves tasks without any route: an endpoint for each service, whose group lets the subnets in.
IN = [LiveRule(ipaddress.IPv4Network("10.0.0.0/16"))]
ENDPOINTS = Ways({s: LiveEndpoint(["sg-1"], IN) for s in SERVICES_OF_A_TASK}, frozenset({"rtb-none"}))
SHELLS = LISTS | {"enableExec": "true", "enableCustomerKeys": "true"}


def with_subnet(id: str, **changed: Any) -> Survey:
    return replace(GOOD, subnets=GOOD.subnets | {id: replace(GOOD.subnets[id], **changed)})


def without(id: str) -> Survey:
    return replace(GOOD, subnets={name: subnet for name, subnet in GOOD.subnets.items() if name != id})


def with_vpc(**changed: Any) -> Survey:
    assert GOOD.vpc
    return replace(GOOD, vpc=replace(GOOD.vpc, **changed))


def closed(ways: Ways, routes: LiveRoutes = NOWHERE) -> Survey:
    """The private subnets with these routes and these ways to AWS."""
    subnets = {
        id: replace(subnet, routes=routes) if id.startswith("subnet-000000a") else subnet
        for id, subnet in GOOD.subnets.items()
    }
    return replace(GOOD, subnets=subnets, ways=ways)


# What AWS tells, the key that the error names, its rule.
BAD: list[tuple[Survey, str, str]] = [
    (replace(GOOD, vpc=None), "vpcId", "does not exist"),
    (with_vpc(dns_support=False), "vpcId", "no DNS support"),
    (with_vpc(dns_hostnames=False), "vpcId", "no DNS host names"),
    (with_vpc(internet_gateway=False), "vpcId", "no internet gateway"),
    # Of a VPC that is shared nothing else is seen.
    (replace(with_vpc(owner="999999999999", internet_gateway=False), subnets={}), "vpcId", "account 999999999999"),
    (without("subnet-000000a1"), "privateSubnetIds[0]", "does not exist"),
    (without("subnet-000000c2"), "publicSubnetIds[1]", "does not exist"),
    (with_subnet("subnet-000000b2", vpc_id="vpc-other"), "isolatedSubnetIds[1]", f"not to vpcId {VPC}"),
    (with_subnet("subnet-000000a2", zone="us-east-1b"), "privateSubnetIds[1]", "like one before it"),
    (with_subnet("subnet-000000b2", zone="us-east-1b"), "isolatedSubnetIds[1]", "like one before it"),
    (with_subnet("subnet-000000a1", routes=PUBLIC), "privateSubnetIds[0]", "so it is a public subnet"),
    (with_subnet("subnet-000000b2", routes=PUBLIC), "isolatedSubnetIds[1]", "so it is a public subnet"),
    (with_subnet("subnet-000000c1", routes=TO_NAT), "publicSubnetIds[0]", "no route to an internet gateway"),
    (with_subnet("subnet-000000a1", zone_id="use1-az3"), "privateSubnetIds[0]", "not support VPC origins"),
    (with_subnet("subnet-000000a1", free_addresses=7), "privateSubnetIds[0]", "has 7 free addresses"),
    (with_subnet("subnet-000000c1", free_addresses=7), "publicSubnetIds[0]", "has 7 free addresses"),
]


@pytest.mark.parametrize(("survey", "key", "rule"), BAD)
def test_what_would_fail_half_an_hour_later_is_refused_now(survey: Survey, key: str, rule: str):
    [problem] = problems(parse(LISTS), survey)
    assert problem.key == key and rule in problem.rule and problem.remedy


@pytest.mark.parametrize(
    "survey",
    [
        GOOD,
        with_subnet("subnet-000000a1", free_addresses=8),
        # The stack's own balancer has taken some: an update must not be refused for it.
        with_subnet("subnet-000000a1", free_addresses=3, balanced=True),
        with_subnet("subnet-000000b1", free_addresses=3),
        with_subnet("subnet-000000b1", zone_id="use1-az3"),
        with_subnet("subnet-000000a2", zone="us-east-1d"),
    ],
)
def test_a_network_that_will_do(survey: Survey):
    assert not list(problems(parse(LISTS), survey))


ALL = ", ".join([*SERVICES_OF_A_TASK, "s3"])
IN_ONE = [LiveRule(ipaddress.IPv4Network("10.0.1.0/24"))]


def having(**endpoints: LiveEndpoint) -> Ways:
    """ENDPOINTS with others in their place; a service's dots are written as underscores."""
    changed = {name.replace("_", "."): endpoint for name, endpoint in endpoints.items()}
    return replace(ENDPOINTS, endpoints={**ENDPOINTS.endpoints, **changed})


# An endpoint whose security group allows nobody.
SHUT = LiveEndpoint(["sg-2"])
# The settings, what AWS tells, the private subnets that have a problem, its rule.
WITHOUT_A_WAY: list[tuple[dict[str, str], Survey, list[int], str]] = [
    (LISTS, closed(Ways()), [0, 1], f"cannot reach {ALL},"),
    (LISTS, closed(replace(ENDPOINTS, s3_tables=frozenset())), [0, 1], "cannot reach s3,"),
    # The endpoints that a shell needs, which tasks else do without.
    (SHELLS, closed(ENDPOINTS), [0, 1], "cannot reach kms, ssmmessages,"),
    # With private DNS calls go to an endpoint also where a route leads out.
    (LISTS, replace(GOOD, ways=having(logs=SHUT)), [0, 1], "the endpoints of logs: there is no rule"),
    (LISTS, closed(having(logs=LiveEndpoint(["sg-2"], IN_ONE))), [1], "from 10.0.2.0/24"),
    (LISTS, closed(having(logs=SHUT, ecr_api=SHUT)), [0, 1], "the endpoints of ecr.api, logs:"),
]
WITH_A_WAY = [
    (LISTS, GOOD),
    (LISTS, closed(ENDPOINTS)),
    (SHELLS, GOOD),
    (SHELLS, closed(having(kms=LiveEndpoint(["sg-1"], IN), ssmmessages=LiveEndpoint(["sg-1"], IN)))),
    # S3 by an interface; routes that a VPN gateway propagates are not seen; whom a group lets in is not known.
    (LISTS, closed(replace(having(s3=LiveEndpoint(["sg-1"], IN)), s3_tables=frozenset()))),
    (LISTS, closed(Ways(vpn=True))),
    (LISTS, closed(having(logs=LiveEndpoint(["sg-2"], [LiveRule(None)])))),
]


@pytest.mark.parametrize(("settings", "survey", "subnets", "rule"), WITHOUT_A_WAY)
def test_tasks_that_reach_no_service_are_reported_before_anything_is_created(
    settings: dict[str, str], survey: Survey, subnets: list[int], rule: str
):
    told = list(problems(parse(settings), survey))
    assert [problem.key for problem in told] == [f"privateSubnetIds[{number}]" for number in subnets]
    assert all(rule in problem.rule and problem.remedy.startswith("aws ec2 ") for problem in told)


@pytest.mark.parametrize(("settings", "survey"), WITH_A_WAY)
def test_tasks_that_reach_what_they_call(settings: dict[str, str], survey: Survey):
    assert not list(problems(parse(settings), survey))


def admitting(*actions: str) -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", "Action": list(actions), "Principal": "*"}]})


RECORDED = ("logs:CreateLogStream", "logs:PutLogEvents")
# The settings, the policy of the endpoint of CloudWatch Logs, the actions that it refuses.
OF_LOGS: list[tuple[dict[str, str], str, list[str]]] = [
    (LISTS, "", []),
    (LISTS, admitting(*RECORDED), []),
    (LISTS, admitting("logs:Put*", "Logs:createlogstream"), []),
    (LISTS, json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Principal": "*"}}), []),
    (LISTS, json.dumps({"Statement": [{"Effect": "Allow", "NotAction": ["s3:*"]}]}), []),
    (LISTS, admitting("logs:PutLogEvents"), ["logs:CreateLogStream"]),
    (LISTS, admitting(), list(RECORDED)),
    (LISTS, json.dumps({"Statement": [{"Effect": "Deny", "Action": "logs:*"}]}), list(RECORDED)),
    # What the agent of a shell does in addition.
    (SHELLS, admitting(*RECORDED), ["logs:DescribeLogGroups", "logs:DescribeLogStreams"]),
]


@pytest.mark.parametrize(("settings", "policy", "refused"), OF_LOGS)
def test_the_policies_of_existing_endpoints_admit_what_tasks_do(
    settings: dict[str, str], policy: str, refused: list[str]
):
    survey = replace(GOOD, ways=having(logs=LiveEndpoint(["sg-1"], IN, policy)))
    told = list(problems(parse(settings), survey))
    assert [problem.key for problem in told] == ["vpcId"] * bool(refused)
    for problem in told:
        assert f"endpoint of logs has a policy that denies {', '.join(refused)}, which" in problem.rule
        assert "modify-vpc-endpoint" in problem.remedy


def test_a_pull_asks_ecrs_two_endpoints_for_different_actions():
    api, registry = ("ecr:GetAuthorizationToken",), ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
    for service, needed, other in (("ecr_api", api, registry), ("ecr_dkr", registry, api)):
        for policy, told in ((admitting(*needed), 0), (admitting(*other), 1)):
            ways = having(**{service: LiveEndpoint(["sg-1"], IN, policy)})
            assert len(list(problems(parse(LISTS), replace(GOOD, ways=ways)))) == told


@pytest.mark.parametrize(("settings", "refused"), [(LISTS, "s3:DeleteObject"), (LISTS | EFS, "")])
def test_the_policy_of_a_gateway_endpoint_admits_the_use_of_the_bucket(settings: dict[str, str], refused: str):
    ways = replace(ENDPOINTS, s3_policy=admitting("s3:Get*", "s3:Put*", "s3:List*"))
    told = list(problems(parse(settings), closed(ways)))
    assert [refused in problem.rule for problem in told] == [True] * bool(refused)


def test_a_task_needs_a_mount_target_in_its_zone():
    [problem] = problems(parse(LISTS | EFS), with_subnet("subnet-000000a2", zone="us-east-1d"))
    assert problem.key == "privateSubnetIds[1]" and "could not mount" in problem.rule


def test_all_that_is_wrong_is_told_at_once():
    wrong = LISTS | {"taskCpu": "2", "publicSubnetIds": '["subnet-000000c1", "subnet-000000c2"]'}
    # The monitor's account has no public subnets.
    assert [problem.key for problem in refused(wrong)] == ["taskCpu", "publicSubnetIds[0]", "publicSubnetIds[1]"]


@pytest.mark.parametrize(
    "text",
    ["no matching EC2 VPC found", "multiple EC2 VPC Endpoints matched; use additional constraints to reduce"],
)
def test_what_a_lookup_does_not_find(text: str):
    def lookup(text: str) -> None:
        raise RuntimeError(f"invoke of aws:ec2/getVpc:getVpc failed: {text}")

    assert found(lambda: lookup(text)) is None
    with pytest.raises(RuntimeError, match="UnauthorizedOperation"):
        found(lambda: lookup("UnauthorizedOperation"))


def test_without_a_usable_vpc_aws_is_not_asked():
    assert [problem.key for problem in refused(LISTS | {"vpcId": "mine"})] == ["vpcId"]
