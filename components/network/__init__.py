"""The network of the stack, and who can connect to whom in it."""

from components.config import Settings
from components.iam.keys import Keys
from components.network.existing_vpc import ExistingVpc
from components.network.network import Network
from components.network.vpc import NewVpc
from components.preflight.plan import Plan


def create(name: str, settings: Settings, *, keys: Keys, plan: Plan) -> Network:
    """Returns the existing VPC that `settings` name, or a new one in the zones of `plan`."""
    if settings.vpc_id:
        return ExistingVpc(name, settings, endpoint_groups=plan.endpoint_groups)
    return NewVpc(name, settings, keys=keys, zones=plan.zones)
