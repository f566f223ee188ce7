"""What happens to patients' data when the stack is destroyed: resource options for everything that holds it."""

from collections.abc import Sequence

import pulumi

from components.config import Settings


def stateful(
    parent: pulumi.Resource, settings: Settings, *, depends_on: Sequence[pulumi.Resource] = ()
) -> pulumi.ResourceOptions:
    """Returns the options of a child that holds data, or that is needed to read or protect the data.

    With `dataOnDestroy` refuse, Pulumi refuses to delete it. With keep, it is removed from the stack but stays in
    the account. With delete, it is deleted with the stack.
    """
    return pulumi.ResourceOptions(
        parent=parent,
        protect=settings.data_on_destroy == "refuse",
        retain_on_delete=settings.data_on_destroy == "keep",
        depends_on=list(depends_on),
    )


def key_deletion_window_days(settings: Settings) -> int:
    """Returns the days during which the deletion of a KMS key can be canceled; KMS accepts 7 to 30."""
    return 7 if settings.data_on_destroy == "delete" else 30


def secret_recovery_window_days(settings: Settings) -> int:
    """Returns the days during which a deleted secret can be restored and its name is in use; 0 deletes at once."""
    return 0 if settings.data_on_destroy == "delete" else 30
