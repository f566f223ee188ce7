"""What happens to patients' data when the stack is destroyed: resource options for everything that holds it."""

from collections.abc import Sequence

import pulumi

from components.config import Settings


def stateful(
    parent: pulumi.Resource, settings: Settings, *, depends_on: Sequence[pulumi.Resource] = ()
) -> pulumi.ResourceOptions:
    """Options of a child that holds data, or that the data cannot be read or kept safe without.

    `dataOnDestroy` refuse: Pulumi refuses to delete it; keep: it leaves the stack and stays in the account;
    delete: it goes with the stack.
    """
    return pulumi.ResourceOptions(
        parent=parent,
        protect=settings.data_on_destroy == "refuse",
        retain_on_delete=settings.data_on_destroy == "keep",
        depends_on=list(depends_on),
    )


def key_deletion_window_days(settings: Settings) -> int:
    """Days in which the deletion of a KMS key can still be cancelled; KMS takes 7 to 30."""
    return 7 if settings.data_on_destroy == "delete" else 30


def secret_recovery_window_days(settings: Settings) -> int:
    """Days in which a deleted secret can be restored and its name is taken; 0 deletes it at once."""
    return 0 if settings.data_on_destroy == "delete" else 30
