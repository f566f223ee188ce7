"""The account and Region that a stack is deployed to."""

from typing import NamedTuple


class Account(NamedTuple):
    """An AWS account and Region as ARNs name them: partition such as `aws`, 12-digit ID, and Region code."""

    partition: str
    id: str
    region: str

    @property
    def root(self) -> dict[str, str]:
        """The account as a principal: the IAM policies of the account then decide who has access."""
        return {"AWS": f"arn:{self.partition}:iam::{self.id}:root"}
