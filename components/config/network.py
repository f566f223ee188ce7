"""The network: a VPC that the stack creates, or an existing one."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic.alias_generators import to_camel

from components.config.values import Flag, Group, Problem, Rule, distinct, matches, private_network

if TYPE_CHECKING:
    from components.config import Settings

# A load balancer and a DB subnet group each require two zones (Elastic Load Balancing and RDS user guides).
FEWEST_ZONES = 2

_EXAMPLE_VPC, _EXAMPLE_SUBNET = "vpc-0123456789abcdef0", "subnet-0123456789abcdef0"

VpcId = Annotated[
    str,
    matches(
        r"|vpc-[0-9a-f]{8}([0-9a-f]{9})?",
        f"must be the id of a VPC such as {_EXAMPLE_VPC}, or empty to create a VPC",
    ),
]
SubnetId = Annotated[
    str, matches(r"subnet-[0-9a-f]{8}([0-9a-f]{9})?", f"must be the id of a subnet such as {_EXAMPLE_SUBNET}")
]
SubnetIds = Annotated[tuple[SubnetId, ...], distinct("subnet")]


class NetworkSettings(Group):
    """Network."""

    enable_vpc_flow_logs: Flag = False
    """Sends VPC flow logs to CloudWatch Logs."""
    vpc_cidr: Annotated[str, AfterValidator(private_network)] = "10.0.0.0/16"
    """IPv4 CIDR block of the VPC, /16 to /24."""
    nat_gateways: Literal["none", "single", "onePerZone"] = "single"
    """How tasks reach AWS services: a single NAT gateway, onePerZone, or none (interface endpoints, no
    internet access)."""
    vpc_id: VpcId = ""
    """Existing VPC to deploy to without changing its network. Empty creates a VPC."""
    private_subnet_ids: SubnetIds = Field(default=(), examples=[_EXAMPLE_SUBNET])
    """Subnets of vpcId for load balancers and tasks, one in each of at least two Availability Zones."""
    isolated_subnet_ids: SubnetIds = Field(default=(), examples=[_EXAMPLE_SUBNET])
    """Subnets of vpcId for the database and the file system, one in each of at least two Availability Zones."""
    public_subnet_ids: SubnetIds = Field(default=(), examples=[_EXAMPLE_SUBNET])
    """Subnets of vpcId for internet-facing load balancers (dicomIngress public), one in each of at least two
    Availability Zones."""

    @property
    def existing_subnets(self) -> dict[str, tuple[str, ...]]:
        """The existing subnets, by the key that names them."""
        return {to_camel(field): getattr(self, field) for field in _LISTS}


_LISTS = ("private_subnet_ids", "isolated_subnet_ids", "public_subnet_ids")
_KEYS_OF_AN_OWN_NETWORK = ("vpc_cidr", "nat_gateways", "enable_vpc_flow_logs")


def _enough_subnets(field: str) -> Rule:
    """Returns the rule that an existing VPC requires existing subnets; public ones are optional."""
    key = to_camel(field)

    def check(settings: "Settings") -> Problem | None:
        subnets = getattr(settings, field)
        if not subnets and (not settings.vpc_id or field == "public_subnet_ids"):
            return None
        if not settings.vpc_id:
            rule = "requires vpcId, the VPC of the subnets"
            remedy = f"pulumi config set vpcId {_EXAMPLE_VPC}, or pulumi config rm {key}"
            return Problem(key, list(subnets), rule, remedy)
        if len(subnets) >= FEWEST_ZONES:
            return None
        rule = f"must name at least {FEWEST_ZONES} subnets of vpcId, each in a different Availability Zone"
        remedy = f"pulumi config set --path '{key}[{len(subnets)}]' {_EXAMPLE_SUBNET}"
        return Problem(key, list(subnets), rule, remedy)

    return Rule(frozenset({"vpcId", key}), check)


def _of_an_own_network(field: str) -> Rule:
    """Returns the rule that `field`, which configures a new VPC, conflicts with an existing one."""
    key, default = to_camel(field), NetworkSettings.model_fields[field].default

    def check(settings: "Settings") -> Problem | None:
        # The CLI also passes the defaults of the schema, so a key with its default value counts as not set.
        if not settings.vpc_id or (value := getattr(settings, field)) == default:
            return None
        rule = "configures the VPC that the stack creates, but vpcId uses an existing one"
        return Problem(key, value, rule, f"pulumi config rm {key}, or pulumi config rm vpcId")

    return Rule(frozenset({"vpcId", key}), check)


def _no_subnet_twice(settings: "Settings") -> Problem | None:
    owners: dict[str, str] = {}
    for key, subnets in settings.existing_subnets.items():
        for number, subnet in enumerate(subnets):
            if subnet in owners:
                rule = f"is also in {owners[subnet]}; a subnet can have one purpose only"
                remedy = f"pulumi config set --path '{key}[{number}]' {_EXAMPLE_SUBNET}"
                return Problem(f"{key}[{number}]", subnet, rule, remedy)
            owners[subnet] = key
    return None


RULES = (
    *(_enough_subnets(field) for field in _LISTS),
    *(_of_an_own_network(field) for field in _KEYS_OF_AN_OWN_NETWORK),
    Rule(frozenset(to_camel(field) for field in _LISTS), _no_subnet_twice),
)
