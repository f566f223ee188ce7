"""The first step of the program: loads the settings, and checks them against AWS before anything is created."""

import os
from collections.abc import Mapping
from typing import Any

import pulumi

from components.config import Settings, orthanc_options
from components.config.parse import ConfigurationError, checked
from components.preflight import account, plan
from components.preflight.plan import Plan


def load(given: Mapping[str, Any] | None = None) -> tuple[Settings, Plan]:
    """Returns the settings of the stack that is being deployed, and the plan that results from them and from AWS.

    `given`: the settings of a program that defines them in code, with the keys of the stack's configuration, which
    is then not read. Raises ConfigurationError with all problems at once. AWS is queried only if the settings are
    usable by themselves or name existing resources.
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
