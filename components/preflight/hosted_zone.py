"""Checks whether the hosted zone can contain the records of the domain, before anything is registered.

Otherwise Route 53 would reject the records when other resources exist already, and ACM would wait an hour for a
record in a private zone. `look` asks AWS; `problem` judges the answer and is pure.
"""

from __future__ import annotations

from typing import NamedTuple

import pulumi_aws as aws

from components.config import Problem, Settings
from components.preflight.lookups import found

# So the provider and Route 53 say that there is no such zone.
_NONE = ("NoSuchHostedZone", "couldn't find resource", "no matching ")


class LiveZone(NamedTuple):
    """A hosted zone as it is; `name` without the dot at its end."""

    name: str
    private: bool


def look(settings: Settings) -> LiveZone | None:
    """Ask AWS for the zone that the settings name. Raises what the provider does, access denied."""
    zone = found(lambda: aws.route53.get_zone(zone_id=settings.hosted_zone_id), _NONE)
    return zone and LiveZone(zone.name.rstrip("."), bool(zone.private_zone))


def problem(settings: Settings, zone: LiveZone | None) -> Problem | None:
    """Why the zone cannot hold the domain's public records, if so."""
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
