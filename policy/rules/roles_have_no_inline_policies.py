"""A role's permissions are managed policies, which are listed, versioned and compared separately from the role."""

from collections.abc import Iterator

from . import Properties


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Checks roles and their inline policies."""
    if kind == "aws:iam/rolePolicy:RolePolicy" or (
        kind == "aws:iam/role:Role" and properties.get("inlinePolicies")
    ):
        yield "the policy is inline: make it a Policy and attach it, as roles.build does"
