"""The stacks' files, and the defaults."""

from components.config import Settings
from components.config.parse import parse
from tests.unit.program import NAME, stack_file


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
