"""What settings, AWS's answers and what the stack remembers decide before the first resource is registered."""

from collections.abc import Mapping
from typing import NamedTuple

import pulumi
import pulumi_aws as aws

from components import (
    automatic_backups,
    data_survey,
    database_key,
    hosted_zone,
    memory,
    network_survey,
    quotas,
    rollouts,
    vpc_origins,
)
from components import zones as availability_zones
from components.rollouts import Rollout
from components.settings import Problem, Settings


class Plan(NamedTuple):
    """The decisions.

    `rollout`: how tasks are replaced. `zones`: those of the stack's own network, by name, none in an existing VPC.
    `database_key`: the ARN of the key that the database keeps, None where it is the one that the settings say.
    `makes_database_key`: whether the stack makes a key for the database.
    """

    rollout: Rollout
    zones: tuple[str, ...] = ()
    database_key: str | None = None
    makes_database_key: bool = False


def drawn_up(settings: Settings) -> Plan | list[Problem]:
    """The plan for a stack with these settings, or everything that AWS's answers say against them.

    Warns of what may fail. Raises what the provider does, such as access denied.
    """
    remembered = memory.recall()
    region = aws.get_region().region
    data = data_survey.look(settings, remembered)
    problems = [*_of_network(settings), *data_survey.problems(settings, data), *_of_zone(settings)]
    rollout = rollouts.chosen(settings, remembered.get(memory.IMAGE))
    zones = _zones(settings, remembered, region)
    problems += [decision for decision in (rollout, zones) if isinstance(decision, Problem)]
    if problems or isinstance(rollout, Problem) or isinstance(zones, Problem):
        return problems
    if warning := vpc_origins.warning(region):
        pulumi.log.warn(warning)
    quotas.warn(settings, rollout, new_network=not settings.vpc_id and memory.ZONES not in remembered)
    automatic_backups.warn(settings)
    kept = data.kept_key
    makes_key = database_key.is_made(settings, kept, remembered)
    return Plan(rollout, zones, database_key.brought(kept, remembered), makes_key)


def _of_network(settings: Settings) -> list[Problem]:
    if not settings.vpc_id:
        return []
    return list(network_survey.problems(settings, network_survey.look(settings)))


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
