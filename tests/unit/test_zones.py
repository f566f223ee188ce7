"""The zones of a stack are chosen once, and only where CloudFront reaches them."""

from typing import Any

import pytest

from components.config import Problem
from components.preflight import memory, zones
from tests.unit.program import BROUGHT, NAME, Monitor, Program, configured, refused, run

LISTED = ["us-east-1c", "us-east-1b", "us-east-1d"]


def deployed_where(
    names: list[str],
    remembered: dict[str, str] | None = None,
    settings: dict[str, str] | None = None,
    *,
    preview: bool = False,
) -> Program:
    """The program in an account that lists these zones."""
    monitor = Monitor(preview=preview)
    monitor.answers = {"getAvailabilityZones": {"names": names}}
    monitor.remembered = remembered or {}
    return run(configured(settings or {}), monitor)


def zones_of(program: Program) -> Any:
    return program.one("Vpc").inputs["availabilityZoneNames"]


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize(
    "later",
    [
        pytest.param(["us-east-1a", *LISTED], id="a new zone is listed first"),
        pytest.param(["us-east-1d", "us-east-1e"], id="both are impaired"),
        pytest.param([], id="none is listed"),
        pytest.param(list(reversed(LISTED)), id="in another order"),
    ],
)
def test_zones_once_chosen_stay(later: list[str], preview: bool):
    first = deployed_where(LISTED)
    record = first.one("Parameter", "orthanc-network-zones").inputs
    assert zones_of(first) == ["us-east-1b", "us-east-1c"]
    assert (record["name"], record["value"]) == (f"/{NAME}/test/running/zones", "us-east-1b,us-east-1c")
    second = deployed_where(later, {memory.ZONES: record["value"]}, preview=preview)
    assert zones_of(second) == zones_of(first), "subnets move, and the database with them"
    assert second.one("Parameter", "orthanc-network-zones").inputs == record


@pytest.mark.parametrize("names", [[], ["us-east-1b"]])
def test_too_few_zones_are_told_before_anything_is_made(names: list[str]):
    monitor = Monitor()
    monitor.answers = {"getAvailabilityZones": {"names": names}}
    [problem] = refused({}, monitor)
    assert problem.key == "aws:region" and f"has {len(names)} of them" in problem.rule and problem.remedy


def test_in_an_existing_network_its_owner_has_chosen():
    program = deployed_where([], settings=BROUGHT)
    assert "orthanc-network-zones" not in {fact.name for fact in program.all("Parameter")}


def test_the_order_in_which_aws_lists_zones_does_not_matter():
    choices = {zones.chosen({}, "us-east-1", names) for names in (LISTED, sorted(LISTED), LISTED[::-1])}
    assert choices == {("us-east-1b", "us-east-1c")}
    assert isinstance(zones.chosen({}, "us-east-1", ["us-east-1b"]), Problem)


def test_a_region_that_aws_does_not_list_is_warned_of(caplog: pytest.LogCaptureFixture):
    for region, warned in (("us-east-1", False), ("ap-southeast-7", True)):
        caplog.clear()
        # The region as the program asks for it; its settings know nothing of the certificates there.
        run({}, Monitor(region=region))
        assert ("VPC origin" in caplog.text) is warned
        assert region in caplog.text or not warned
