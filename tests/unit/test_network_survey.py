"""A network that is brought is looked at before anything is made in it."""

from dataclasses import replace
from typing import Any

import pytest

from components.configuration import ConfigurationError, parse
from components.lookups import found
from components.network_survey import LiveSubnet, LiveVpc, Survey, problems
from tests.unit.program import BROUGHT, EFS, NAME, REGION, Monitor, run

VPC = BROUGHT["vpcId"]
LISTS = BROUGHT | {
    "privateSubnetIds": '["subnet-000000a1", "subnet-000000a2"]',
    "isolatedSubnetIds": '["subnet-000000b1", "subnet-000000b2"]',
    "publicSubnetIds": '["subnet-000000c1", "subnet-000000c2"]',
}
GOOD = Survey(
    LiveVpc(dns_support=True, dns_hostnames=True, internet_gateway=True),
    {
        f"subnet-000000{list}{number}": LiveSubnet(VPC, f"us-east-1{zone}", f"use1-az{number}", 250)
        for list in "abc"
        for number, zone in ((1, "b"), (2, "c"))
    },
)


def with_subnet(id: str, **changed: Any) -> Survey:
    return Survey(GOOD.vpc, GOOD.subnets | {id: replace(GOOD.subnets[id], **changed)})


def without(id: str) -> Survey:
    return Survey(GOOD.vpc, {name: subnet for name, subnet in GOOD.subnets.items() if name != id})


def with_vpc(**changed: bool) -> Survey:
    assert GOOD.vpc
    return Survey(replace(GOOD.vpc, **changed), GOOD.subnets)


# What AWS tells, the key that the error names, its rule.
BAD: list[tuple[Survey, str, str]] = [
    (Survey(None, GOOD.subnets), "vpcId", "no such VPC"),
    (with_vpc(dns_support=False), "vpcId", "no DNS support"),
    (with_vpc(dns_hostnames=False), "vpcId", "no DNS host names"),
    (with_vpc(internet_gateway=False), "vpcId", "no internet gateway"),
    (without("subnet-000000a1"), "privateSubnetIds[0]", "no such subnet"),
    (without("subnet-000000c2"), "publicSubnetIds[1]", "no such subnet"),
    (with_subnet("subnet-000000b2", vpc_id="vpc-other"), "isolatedSubnetIds[1]", f"not to vpcId {VPC}"),
    (with_subnet("subnet-000000a2", zone="us-east-1b"), "privateSubnetIds[1]", "like one before it"),
    (with_subnet("subnet-000000b2", zone="us-east-1b"), "isolatedSubnetIds[1]", "like one before it"),
    (
        with_subnet("subnet-000000a1", zone_id="use1-az3"),
        "privateSubnetIds[0]",
        "CloudFront reaches no VPC origin",
    ),
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


def test_a_task_needs_a_mount_target_in_its_zone():
    [problem] = problems(parse(LISTS | EFS), with_subnet("subnet-000000a2", zone="us-east-1d"))
    assert problem.key == "privateSubnetIds[1]" and "could not mount" in problem.rule


def test_all_that_is_wrong_is_told_at_once():
    wrong = LISTS | {"taskCpu": "2", "publicSubnetIds": '["subnet-000000c1", "subnet-000000c2"]'}
    monitor = Monitor()
    with pytest.raises(ConfigurationError) as refused:
        run(REGION | {f"{NAME}:{key}": value for key, value in wrong.items()}, monitor)
    # The monitor's account has no public subnets.
    told = [problem.key for problem in refused.value.problems]
    assert told == ["taskCpu", "publicSubnetIds[0]", "publicSubnetIds[1]"]
    assert not monitor.program.resources


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
    with pytest.raises(ConfigurationError) as refused:
        run(REGION | {f"{NAME}:{key}": value for key, value in (LISTS | {"vpcId": "mine"}).items()})
    assert [problem.key for problem in refused.value.problems] == ["vpcId"]
