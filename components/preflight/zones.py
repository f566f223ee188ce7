"""The two Availability Zones of a new VPC: chosen once, then kept.

Subnets, load balancers, and the database are in them. If the choice changed because AWS adds a zone, or stops
listing an impaired one, subnets would move, and the database with them. So the choice is recorded (see `memory`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi_aws as aws

from components.config import Problem
from components.config.network import FEWEST_ZONES
from components.preflight import memory, vpc_origins


def look() -> Sequence[str]:
    """Returns the names of the zones in which a new stack can be deployed. Raises the provider's errors."""
    found = aws.get_availability_zones(
        state="available",
        exclude_zone_ids=list(vpc_origins.ZONES_WITHOUT),
        # Local Zones, and zones that require opt-in, do not have everything that the stack needs.
        filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
    )
    return found.names


def chosen(remembered: Mapping[str, str], region: str, usable: Sequence[str]) -> tuple[str, ...] | Problem:
    """Returns the zones that the stack has, or the first `usable` ones; a problem if there are too few."""
    if recorded := remembered.get(memory.ZONES):
        return tuple(recorded.split(","))
    if len(usable) >= FEWEST_ZONES:
        return tuple(sorted(usable)[:FEWEST_ZONES])
    shown = ", ".join(usable) or "none"
    rule = (
        f"load balancer and database need {FEWEST_ZONES} zones that are available, need no opt-in and are reached"
        f" by CloudFront; this account has {len(usable)} of them here ({shown})"
    )
    remedy = "deploy to another region (pulumi config set aws:region …), or wait until AWS lists the zones again"
    return Problem("aws:region", region, rule, remedy)
