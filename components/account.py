"""Where a stack is deployed to, which AWS tells once for the whole program: each question is a call on its way."""

from typing import NamedTuple

import pulumi_aws as aws


class Account(NamedTuple):
    """An AWS account in one of its Regions, with what ARNs need: partition (`aws`), 12 digits, Region's code."""

    partition: str
    id: str
    region: str

    @property
    def root(self) -> dict[str, str]:
        """The principal that leaves the decision to the account's IAM policies."""
        return {"AWS": f"arn:{self.partition}:iam::{self.id}:root"}


def look() -> Account:
    """The account and Region of the provider's credentials and configuration."""
    return Account(aws.get_partition().partition, aws.get_caller_identity().account_id, aws.get_region().region)
