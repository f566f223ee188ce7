"""What exceeds the account's quotas is said by the preview; nothing of that fails it."""

import json
from typing import Any

import pytest

from components.config.parse import parse
from components.preflight import memory
from components.preflight.quotas import ADDRESSES, ON_DEMAND, RESPONSE, RULES, SPOT, VPCS, Quota, exceeded, needs
from components.preflight.rollouts import ROLLING, STOP_FIRST, Rollout
from tests.unit.program import INTERNAL, REGION, Monitor, configured, run


def need_of(
    quota: Quota, settings: dict[str, str], rollout: Rollout = ROLLING, *, new_network: bool = True
) -> float:
    """The most that a stack with these settings needs of a quota."""
    found = needs(parse(settings), rollout, new_network=new_network, in_use={VPCS: 2, ADDRESSES: 3})
    return max((need.total for need in found if need.quota == quota), default=0)


@pytest.mark.parametrize(
    ("quota", "settings", "amount"),
    [
        # Two tasks of 2 vCPU at once, while the only one is replaced.
        (ON_DEMAND, {}, 4),
        (SPOT, {}, 0),
        (ON_DEMAND, {"minTasks": "2", "maxTasks": "4", "taskCpu": "4096", "taskMemoryMib": "8192"}, 32),
        (ON_DEMAND, {"fargateSpotPercent": "100"}, 0),
        (SPOT, {"fargateSpotPercent": "100"}, 4),
        # Of 8 tasks the first is on demand, and half of the others.
        (ON_DEMAND, {"maxTasks": "4", "fargateSpotPercent": "50"}, 10),
        (SPOT, {"maxTasks": "4", "fargateSpotPercent": "50"}, 8),
        (RESPONSE, {"responseTimeoutSeconds": "90"}, 90),
        (ADDRESSES, {}, 4),
        (ADDRESSES, {"natGateways": "onePerZone"}, 5),
        (ADDRESSES, {"natGateways": "none"}, 0),
        (VPCS, {}, 3),
        (RULES, {}, 55),
        (RULES, INTERNAL | {"dicomAllowedCidrs": json.dumps([f"10.20.{n}.0/24" for n in range(60)])}, 60),
    ],
)
def test_what_a_stack_needs(quota: Quota, settings: dict[str, str], amount: float):
    assert need_of(quota, settings) == amount


def test_who_stops_first_needs_no_second_task():
    assert need_of(ON_DEMAND, {"maxTasks": "4"}, STOP_FIRST) == 8


def test_a_network_that_is_there_needs_no_second_one():
    assert not need_of(VPCS, {}, new_network=False) and not need_of(ADDRESSES, {}, new_network=False)


def test_the_warning_says_what_to_ask_for():
    found = needs(parse({"maxTasks": "4"}), ROLLING, new_network=False, in_use={})
    [need] = [need for need in found if need.quota == ON_DEMAND]
    assert exceeded(need, 16) is None
    warning = exceeded(need, 6)
    assert warning and "needs 16" in warning and "L-3032A538" in warning and "--desired-value 16" in warning
    assert "servicequotas:GetServiceQuota" not in warning
    unread = exceeded(need, None)
    assert unread and "servicequotas:GetServiceQuota was refused" in unread and "which is 6" in unread


def warned(answer: Any, caplog: pytest.LogCaptureFixture, **settings: str) -> str:
    """What the program warns of, where Service Quotas answers so."""
    caplog.clear()
    monitor = Monitor()
    monitor.answers = {"getServiceQuota": answer}
    program = run(configured(settings), monitor)
    assert program.all("Service"), "a warning has kept the program from its work"
    return "\n".join(record.message for record in caplog.records if "quota" in record.message)


def test_warnings_are_told_and_nothing_fails(caplog: pytest.LogCaptureFixture):
    assert not warned({"value": 1000.0}, caplog)
    assert not warned(None, caplog), "the defaults fit the documented quotas"
    low = warned({"value": 3.0}, caplog)
    assert all(quota.code in low for quota in (ON_DEMAND, RESPONSE, RULES)) and VPCS.code not in low

    def sixty(given: dict[str, Any]) -> dict[str, Any]:
        assert given["serviceCode"] != "cloudfront" or given["region"] == "us-east-1", "CloudFront's are there"
        return {"value": 60.0 if given["serviceCode"] == "cloudfront" else 1000.0}

    told = warned(sixty, caplog)
    assert "responseTimeoutSeconds is 120" in told and "which is 60" in told and "--region us-east-1" in told
    assert "GetServiceQuota was refused" in warned(None, caplog, maxTasks="4")


def test_what_cannot_be_listed_counts_as_nothing(caplog: pytest.LogCaptureFixture):
    monitor = Monitor()
    monitor.answers = {"getVpcs": None, "getEips": None}
    assert run(REGION, monitor).all("Vpc")
    assert VPCS.code not in caplog.text


def test_the_account_is_asked_for_its_vpcs_once():
    monitor = Monitor()
    monitor.remembered = {memory.ZONES: "us-east-1b,us-east-1c"}
    run(REGION, monitor)
    assert not monitor.asked & {"getVpcs", "getEips", "getAvailabilityZones"}
