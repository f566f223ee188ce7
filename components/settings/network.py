"""The network: addresses and ways out."""

from typing import Annotated, Literal

from pydantic import AfterValidator

from components.settings.values import Flag, Group, private_network


class NetworkSettings(Group):
    """The VPC and what it records."""

    enable_vpc_flow_logs: Flag = False
    vpc_cidr: Annotated[str, AfterValidator(private_network)] = "10.0.0.0/16"
    nat_gateways: Literal["none", "single", "onePerZone"] = "single"
