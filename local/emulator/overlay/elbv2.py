"""Load balancers: deletion protection protects."""

from typing import Any

from moto.elbv2.models import ELBv2Backend

from local.emulator.overlay import AwsError, replaces


@replaces(ELBv2Backend)
def delete_load_balancer(original: Any, self: Any, arn: str) -> None:
    """moto deletes a protected one."""
    balancer = self.load_balancers.get(arn)
    if balancer and balancer.attrs.get("deletion_protection.enabled") == "true":
        message = f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
        raise AwsError("OperationNotPermitted", message)
    original(self, arn)
