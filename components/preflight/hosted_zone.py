"""Checks whether the hosted zone can contain the records of the domain, before anything is registered.

Otherwise Route 53 would reject the records when other resources already exist, and ACM would wait an hour for a
record in a private zone. `look` queries AWS; `problem` checks the result and is a pure function.
"""

from __future__ import annotations

from typing import NamedTuple

import pulumi_aws as aws

from components.config import Problem, Settings
from components.preflight.lookups import found

# Error texts of the provider and Route 53 for a zone that does not exist.
_NONE = ("NoSuchHostedZone", "couldn't find resource", "no matching ")


class LiveZone(NamedTuple):
    """The current state of a hosted zone; `name` has no trailing dot."""

    name: str
    private: bool


def look(settings: Settings) -> LiveZone | None:
    """Looks up the zone that the settings name. Raises the provider's errors, such as access denied."""
    zone = found(lambda: aws.route53.get_zone(zone_id=settings.hosted_zone_id), _NONE)
    return zone and LiveZone(zone.name.rstrip("."), bool(zone.private_zone))


def problem(settings: Settings, zone: LiveZone | None) -> Problem | None:
    """Returns the problem that the zone cannot contain the public records of the domain, or None."""
    id, domain = settings.hosted_zone_id, settings.domain_name
    if zone is None:
        return Problem("hostedZoneId", id, "does not exist in this account", "pulumi config set hostedZoneId Z…")
    if zone.private:
        rule = f"is the private hosted zone {zone.name}, which viewers and ACM cannot resolve"
        return Problem("hostedZoneId", id, rule, "pulumi config set hostedZoneId with the public zone's id")
    if domain == zone.name or domain.endswith(f".{zone.name}"):
        return None
    rule = f"is not in the hosted zone {id}, which is {zone.name}"
    remedy = f"pulumi config set domainName archive.{zone.name}, or another hostedZoneId"
    return Problem("domainName", domain, rule, remedy)
