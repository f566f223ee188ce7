"""The stack's configuration: typed, frozen, and checked as a whole before the first resource.

`Pulumi.yaml` declares every key for the CLI (type, default, description); this package owns what that schema
cannot express: ranges, formats, structured values and the rules between keys. A test holds the two together.
All errors are reported at once, each with key, value, rule and remedy.
"""

from components.settings import access, data, edge, network, service, transfers
from components.settings.values import Problem, Rule

__all__ = ["RULES_BETWEEN_KEYS", "Problem", "Rule", "Settings"]


class Settings(
    network.NetworkSettings,
    data.DataSettings,
    service.ServiceSettings,
    transfers.TransferSettings,
    edge.EdgeSettings,
    access.AccessSettings,
):
    """Every setting of a stack, with the defaults that hold when the stack sets nothing."""

    @property
    def public_subnets_needed(self) -> bool:
        """Whether something of the stack's stands in public subnets: so far NAT gateways, in its own network."""
        return not self.vpc_id and self.nat_gateways != "none"


RULES_BETWEEN_KEYS: tuple[Rule, ...] = (
    *network.RULES,
    *data.RULES,
    *service.RULES,
    *transfers.RULES,
    *edge.RULES,
    *access.RULES,
)
