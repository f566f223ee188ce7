"""What a role may do is a managed policy: listed, versioned and compared apart from the role it is attached to."""

from collections.abc import Iterator

from . import Properties


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Of roles and their inline policies."""
    if kind == "aws:iam/rolePolicy:RolePolicy" or (
        kind == "aws:iam/role:Role" and properties.get("inlinePolicies")
    ):
        yield "the policy is inline: make it a Policy and attach it, as roles.build does"
