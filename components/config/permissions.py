"""The permissions boundary that the account may require for every role."""

from typing import Annotated

from components.config.values import Group, matches

PolicyArn = Annotated[
    str,
    matches(
        r"|arn:aws[a-z-]*:iam::(\d{12}|aws):policy/([\x21-\x7e]+/)?[\w+=,.@-]{1,128}",
        "must be the ARN of a managed policy (arn:aws:iam::ACCOUNT:policy/NAME), or empty for no boundary",
    ),
]


class PermissionSettings(Group):
    """Permissions."""

    permissions_boundary_arn: PolicyArn = ""
    """ARN of the permissions boundary for all roles of the stack, if the account requires one."""
