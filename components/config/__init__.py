"""The stack's configuration: typed, immutable, and validated as a whole before the first resource is registered.

Each key is a field with its type, default and description; `make docs` generates Pulumi.yaml and docs/settings.md
from them. Rules between keys are below the fields. All problems are reported at once, each with key, value, rule
and remedy.
"""

from typing import Self

from pydantic import PrivateAttr

from components.config import (
    access,
    backup,
    bucket,
    connections,
    credentials,
    data,
    dicom,
    edge,
    keys,
    monitoring,
    network,
    orthanc_options,
    permissions,
    scaling,
    service,
    transfers,
)
from components.config.account import Account
from components.config.values import Problem, Rule

__all__ = ["RULES_BETWEEN_KEYS", "Problem", "Rule", "Settings"]


class Settings(
    network.NetworkSettings,
    data.DataSettings,
    bucket.BucketSettings,
    backup.BackupSettings,
    service.ServiceSettings,
    scaling.ScalingSettings,
    transfers.TransferSettings,
    dicom.DicomSettings,
    orthanc_options.OrthancSettings,
    edge.EdgeSettings,
    access.AccessSettings,
    credentials.CredentialSettings,
    keys.KeySettings,
    permissions.PermissionSettings,
    monitoring.ObservabilitySettings,
):
    """Every setting of a stack, with the defaults that hold when the stack sets nothing."""

    _account: Account | None = PrivateAttr(None)

    @property
    def account(self) -> Account:
        """The account and Region that the stack is deployed to: no setting, but AWS's answer.

        Raises LookupError for settings that are not of a stack.
        """
        if not self._account:
            raise LookupError("these settings are not deployed to an account")
        return self._account

    def deployed_to(self, account: Account) -> Self:
        """The same settings of a stack that is deployed to `account`."""
        copy = self.model_copy()
        copy._account = account
        return copy

    @property
    def zones(self) -> int:
        """How many Availability Zones always have a task: with Multi-AZ the archive survives the loss of one."""
        return 2 if self.enable_multi_az else 1

    @property
    def task_count(self) -> int:
        """How many Orthanc tasks always run: one in each zone, or more."""
        return self.min_tasks or self.zones

    @property
    def most_tasks(self) -> int:
        """How many tasks the service runs under load."""
        return self.max_tasks or self.task_count

    @property
    def scales(self) -> bool:
        """Whether load decides on the number of tasks."""
        return self.most_tasks > self.task_count

    @property
    def public_subnets_needed(self) -> bool:
        """Whether something in the stack's own network stands in public subnets: NAT gateways or public DICOM."""
        return not self.vpc_id and (self.nat_gateways != "none" or self.dicom_ingress == "public")


RULES_BETWEEN_KEYS: tuple[Rule, ...] = (
    *network.RULES,
    *data.RULES,
    *bucket.RULES,
    *backup.RULES,
    *service.RULES,
    *scaling.RULES,
    *connections.RULES,
    *transfers.RULES,
    *dicom.RULES,
    *edge.RULES,
    *access.RULES,
    *credentials.RULES,
    *keys.RULES,
    *monitoring.RULES,
)
