"""Pulumi.yaml, by which the CLI checks and documents the configuration, and the stacks' files."""

import pytest
import yaml
from pydantic.alias_generators import to_camel

from components.config import Settings
from components.config.orthanc_options import OrthancConfiguration
from components.config.parse import parse
from tests.unit.program import NAME, PROJECT, stack_file

SCHEMA = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text())["config"]
FIELDS = {to_camel(name): field for name, field in Settings.model_fields.items()}
TYPES = {bool: "boolean", int: "integer", str: "string", tuple: "array", OrthancConfiguration: "object"}


def test_the_schema_has_every_setting_and_no_other():
    assert SCHEMA.keys() == FIELDS.keys()


@pytest.mark.parametrize("key", SCHEMA)
def test_a_key_means_the_same_to_the_cli_and_to_the_program(key: str):
    default = FIELDS[key].default
    assert SCHEMA[key]["type"] == TYPES[type(default)]
    structure = {tuple: list, OrthancConfiguration: OrthancConfiguration.given}.get(type(default))
    assert SCHEMA[key]["default"] == (structure(default) if structure else default)
    description = SCHEMA[key]["description"]
    assert description.endswith(".") and description[0].isupper(), f"{key} is not described in a sentence"


def settings_of(stack: str) -> Settings:
    prefix = f"{NAME}:"
    return parse({key.removeprefix(prefix): v for key, v in stack_file(stack).items() if key.startswith(prefix)})


def test_prod_is_safe():
    prod = settings_of("prod")
    assert prod.enable_multi_az and prod.enable_rds_backup and prod.enable_vpc_flow_logs
    assert prod.data_on_destroy == "refuse", "prod could be destroyed with its images"
    assert prod.nat_gateways == "onePerZone", "the loss of one zone would cut off both"
    assert prod.log_retention_days >= 365
    assert prod.enable_alarms and prod.enable_dashboard, "nobody hears of it when nothing is stored any more"
    assert prod.scales and prod.fargate_spot_percent == 0, "load or AWS's other customers take viewers' tasks away"
    assert prod.enable_customer_keys, "nobody of one's own says who reads the database, the secrets and the logs"


def test_dev_is_cheap_and_goes_when_told():
    dev = settings_of("dev")
    assert dev.data_on_destroy == "delete"
    assert not dev.enable_multi_az and dev.nat_gateways != "onePerZone"
    assert dev.database_instance_class.endswith("micro")
    assert (dev.cpu_architecture, dev.fargate_spot_percent) == ("ARM64", 100)


def test_the_defaults_keep_what_they_hold():
    assert Settings().data_on_destroy == "refuse"
