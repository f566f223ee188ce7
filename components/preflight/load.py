"""The first step of the program: its settings, and what AWS's answers decide before anything is created."""

import os
from collections.abc import Mapping
from typing import Any

import pulumi

from components.config import Settings, orthanc_options
from components.config.parse import ConfigurationError, checked
from components.preflight import account, plan
from components.preflight.plan import Plan


def load(given: Mapping[str, Any] | None = None) -> tuple[Settings, Plan]:
    """The settings of the stack that is being deployed, and what AWS's answers decide beside them.

    `given`: the settings of a program that has them in code, with the keys of the stack's configuration, which is
    then not read. Raises ConfigurationError with every problem at once. AWS is asked where the settings are usable
    by themselves, or name something that exists.
    """
    config = {**pulumi.runtime.get_config_env(), **pulumi.runtime.config.CONFIG.get()}
    prefix = f"{pulumi.get_project()}:"
    region = config.get("aws:region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    configured = {key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)}
    secret = pulumi.runtime.config.is_config_secret(f"{prefix}{orthanc_options.KEY}")
    if secret:
        configured.pop(orthanc_options.KEY, None)
    settings, problems = checked(configured if given is None else given, region)
    if secret and given is None:
        problems.append(orthanc_options.NO_SECRET)
    names_what_exists = (
        settings.vpc_id,
        settings.existing_bucket_name,
        settings.db_snapshot_identifier,
        settings.hosted_zone_id,
    )
    if problems and not any(names_what_exists):
        raise ConfigurationError(problems)
    settings = settings.deployed_to(account.look())
    drawn_up = plan.drawn_up(settings)
    if not isinstance(drawn_up, Plan):
        raise ConfigurationError([*problems, *drawn_up])
    if problems:
        raise ConfigurationError(problems)
    return settings, drawn_up
