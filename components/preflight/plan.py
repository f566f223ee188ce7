"""The decisions from settings, AWS, and recorded facts, made before the first resource is registered."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pulumi

from components.config import Problem, Settings
from components.preflight import (
    automatic_backups,
    data,
    database_key,
    hosted_zone,
    memory,
    network,
    quotas,
    rollouts,
    vpc_origins,
)
from components.preflight import zones as availability_zones
from components.preflight.rollouts import Rollout


class Plan(NamedTuple):
    """The decisions.

    `rollout`: how tasks are replaced. `zones`: the names of the zones of the stack's own network; empty in an
    existing VPC. `database_key`: the ARN of the key that the database keeps; None if the settings determine it.
    `makes_database_key`: whether the stack creates a key for the database. `endpoint_groups`: the security groups
    of the endpoints with private DNS that the tasks use in an existing VPC, by service.
    """

    rollout: Rollout
    zones: tuple[str, ...] = ()
    database_key: str | None = None
    makes_database_key: bool = False
    endpoint_groups: Mapping[str, Sequence[str]] = {}


def drawn_up(settings: Settings) -> Plan | list[Problem]:
    """Returns the plan for a stack with these settings, or all problems that were found in AWS.

    Warns of what may fail. Raises the provider's errors, such as access denied.
    """
    remembered = memory.recall()
    region = settings.account.region
    existing_data = data.look(settings, remembered, region)
    existing_network = network.look(settings) if settings.vpc_id else None
    problems = list(network.problems(settings, existing_network)) if existing_network else []
    problems += [*data.problems(settings, existing_data), *_of_zone(settings)]
    rollout = rollouts.chosen(settings, remembered.get(memory.IMAGE))
    zones = _zones(settings, remembered, region)
    problems += [decision for decision in (rollout, zones) if isinstance(decision, Problem)]
    if problems or isinstance(rollout, Problem) or isinstance(zones, Problem):
        return problems
    if warning := vpc_origins.warning(region):
        pulumi.log.warn(warning)
    quotas.warn(settings, rollout, new_network=not settings.vpc_id and memory.ZONES not in remembered)
    automatic_backups.warn(settings)
    kept = existing_data.kept_key
    makes_key = database_key.is_made(settings, kept, remembered)
    endpoints = existing_network.ways.endpoints if existing_network else {}
    groups = {service: each.groups for service, each in endpoints.items()}
    return Plan(rollout, zones, database_key.key_to_keep(kept, remembered), makes_key, groups)


def _of_zone(settings: Settings) -> list[Problem]:
    if not settings.hosted_zone_id:
        return []
    problem = hosted_zone.problem(settings, hosted_zone.look(settings))
    return [problem] if problem else []


def _zones(settings: Settings, remembered: Mapping[str, str], region: str) -> tuple[str, ...] | Problem:
    if settings.vpc_id:
        return ()
    usable = () if memory.ZONES in remembered else availability_zones.look()
    return availability_zones.chosen(remembered, region, usable)
