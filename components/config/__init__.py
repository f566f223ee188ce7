"""The stack's configuration: typed, immutable, and validated as a whole before the first resource is registered.

Each key is a field with its type, default and description; `make docs` generates Pulumi.yaml and
docs/reference/settings.md from them. Rules between keys are below the fields. All problems are reported at once,
each with key, value, rule and remedy.
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
    """All settings of a stack, with their defaults."""

    _account: Account | None = PrivateAttr(None)

    @property
    def account(self) -> Account:
        """The account and Region that the stack is deployed to, as reported by AWS.

        Raises LookupError if the settings do not belong to a deployed stack.
        """
        if not self._account:
            raise LookupError("these settings are not deployed to an account")
        return self._account

    def deployed_to(self, account: Account) -> Self:
        """Returns a copy of the settings for a stack that is deployed to `account`."""
        copy = self.model_copy()
        copy._account = account
        return copy

    @property
    def zones(self) -> int:
        """The number of Availability Zones that always run a task; with two, the archive survives losing one."""
        return 2 if self.enable_multi_az else 1

    @property
    def task_count(self) -> int:
        """The number of Orthanc tasks that always run: one in each zone, or more."""
        return self.min_tasks or self.zones

    @property
    def most_tasks(self) -> int:
        """The maximum number of tasks that the service runs under load."""
        return self.max_tasks or self.task_count

    @property
    def scales(self) -> bool:
        """Whether the number of tasks depends on the load."""
        return self.most_tasks > self.task_count

    @property
    def public_subnets_needed(self) -> bool:
        """Whether the stack's own network needs public subnets, for NAT gateways or public DICOM."""
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
