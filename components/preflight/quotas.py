"""Warnings in previews and updates about quotas of the account that the settings exceed.

An exceeded quota has late effects: tasks never start, or CloudFront rejects a distribution after half an hour.
What other programs use of a quota is known only if it can be listed. The values are read from Service Quotas; if
that is not permitted, the documented default is used. A warning must never fail an update.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.config.edge import CLOUDFRONT_REGION
from components.config.modalities import destinations
from components.config.transfers import LONGEST_ORIGIN_TIMEOUT_SECONDS
from components.preflight.lookups import tried
from components.preflight.rollouts import Rollout


class Quota(NamedTuple):
    """A quota with its codes in Service Quotas.

    `default`: the value that AWS documents for a new account. `region`: the Region that has the quota, if it is
    not the stack's.
    """

    name: str
    service: str
    code: str
    default: float
    region: str | None = None


# AWS General Reference, "AWS Fargate", "Amazon VPC" and "Amazon EC2 endpoints and quotas"; CloudFront
# Developer Guide, "Quotas". Some accounts have 60 s, although CloudFront documents 120.
ON_DEMAND = Quota("Fargate On-Demand vCPU resource count", "fargate", "L-3032A538", 6)
SPOT = Quota("Fargate Spot vCPU resource count", "fargate", "L-36FBB829", 6)
RESPONSE = Quota(
    "Response timeout per origin", "cloudfront", "L-AECE9FA7", LONGEST_ORIGIN_TIMEOUT_SECONDS, CLOUDFRONT_REGION
)
ADDRESSES = Quota("EC2-VPC Elastic IPs", "ec2", "L-0263D0A3", 5)
VPCS = Quota("VPCs per Region", "vpc", "L-F678F1CE", 5)
RULES = Quota("Inbound or outbound rules per security group", "vpc", "L-0EA8095F", 60)

# The number of security group rules that CloudFront's prefix list counts as (Amazon VPC User Guide, "AWS-managed
# prefix lists").
CLOUDFRONT_WEIGHT = 55


class Need(NamedTuple):
    """The maximum that a stack needs of a quota, and why; `in_use`: what the account already uses of it."""

    quota: Quota
    amount: float
    why: str
    in_use: int = 0

    @property
    def total(self) -> float:
        """The minimum value that the quota must have."""
        return self.amount + self.in_use


def needs(
    settings: Settings, rollout: Rollout, *, new_network: bool, in_use: Mapping[Quota, int]
) -> Iterator[Need]:
    """Yields what a stack with these settings needs of each quota.

    `new_network`: whether this deployment creates the network. `in_use`: the number of VPCs and addresses in use.
    """
    yield from _tasks(settings, rollout)
    seconds = settings.response_timeout_seconds
    yield Need(RESPONSE, seconds, f"responseTimeoutSeconds is {seconds}")
    if new_network:
        yield Need(VPCS, 1, "the stack makes a VPC", in_use.get(VPCS, 0))
        gateways = {"none": 0, "single": 1, "onePerZone": 2}[settings.nat_gateways]
        if gateways:
            why = f"natGateways is {settings.nat_gateways}, and each gateway has an address"
            yield Need(ADDRESSES, gateways, why, in_use.get(ADDRESSES, 0))
    yield Need(RULES, CLOUDFRONT_WEIGHT, f"CloudFront's prefix list counts for {CLOUDFRONT_WEIGHT} rules")
    if settings.dicom_ingress != "off":
        networks = len(settings.dicom_allowed_cidrs)
        yield Need(RULES, networks, f"dicomAllowedCidrs names {networks} networks")
        # In addition to the other outbound rules of tasks: database, file system, and AWS.
        modalities = len(destinations(settings.dicom_modalities, settings.dicom_allowed_cidrs))
        yield Need(
            RULES, modalities + 3, f"dicomModalities has {modalities} addresses, and there are 3 other rules"
        )


def exceeded(need: Need, quota: float | None) -> str | None:
    """Returns the warning that a need exceeds its quota, or None; `quota` is None if it could not be read."""
    value = need.quota.default if quota is None else quota
    if need.total <= value:
        return None
    held = f" beside the {need.in_use} that the account has" if need.in_use else ""
    unread = "; it is AWS's default, since servicequotas:GetServiceQuota was refused" if quota is None else ""
    region = f" --region {need.quota.region}" if need.quota.region else ""
    return (
        f"this stack needs {need.amount:g}{held} of the quota {need.quota.name!r} ({need.quota.code}), which is"
        f" {value:g}{unread}: {need.why}. Ask for {need.total:g} or more: aws service-quotas"
        f" request-service-quota-increase --service-code {need.quota.service} --quota-code {need.quota.code}"
        f" --desired-value {need.total:g}{region}"
    )


def warn(settings: Settings, rollout: Rollout, *, new_network: bool) -> None:
    """Looks up the quotas, and warns of those that the settings exceed. Ignores lookups that fail."""
    listed: dict[Quota, Callable[[], Sequence[str]]] = {
        VPCS: lambda: aws.ec2.get_vpcs().ids,
        ADDRESSES: lambda: aws.ec2.get_eips().allocation_ids,
    }
    in_use = {quota: len(tried(look) or ()) for quota, look in listed.items()} if new_network else {}
    values: dict[Quota, float | None] = {}
    for need in needs(settings, rollout, new_network=new_network, in_use=in_use):
        if need.quota not in values:
            values[need.quota] = _value(need.quota)
        if warning := exceeded(need, values[need.quota]):
            pulumi.log.warn(warning)


def _tasks(settings: Settings, rollout: Rollout) -> Iterator[Need]:
    """Yields the vCPUs of the maximum number of tasks; a rolling update runs them side by side with successors."""
    tasks = settings.most_tasks * rollout.maximum_percent // 100
    share = settings.fargate_spot_percent / 100
    # The first task is On-Demand unless all are Spot (see `capacity`).
    on_demand = 0 if share == 1 else 1 + math.ceil((tasks - 1) * (1 - share))
    vcpu = settings.task_cpu / 1024
    for quota, count in ((ON_DEMAND, on_demand), (SPOT, math.ceil(tasks * share) if share else 0)):
        if count:
            why = f"up to {count} tasks of taskCpu {settings.task_cpu} run at once while an update replaces them"
            yield Need(quota, count * vcpu, why)


def _value(quota: Quota) -> float | None:
    """Returns the account's quota, or None if it could not be read."""
    named = {"service_code": quota.service, "quota_code": quota.code, "region": quota.region}
    return tried(lambda: aws.servicequotas.get_service_quota(**named).value)
