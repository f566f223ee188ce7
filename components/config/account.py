"""Where a stack is deployed."""

from typing import NamedTuple


class Account(NamedTuple):
    """An AWS account in one of its Regions, with what ARNs need: partition (`aws`), 12 digits, Region's code."""

    partition: str
    id: str
    region: str

    @property
    def root(self) -> dict[str, str]:
        """The principal that leaves the decision to the account's IAM policies."""
        return {"AWS": f"arn:{self.partition}:iam::{self.id}:root"}
