"""The account and Region of the stack, looked up only once because each lookup is a call to AWS."""

from __future__ import annotations

import pulumi_aws as aws

from components.config.account import Account


def look() -> Account:
    """Returns the account and Region of the provider's credentials and configuration."""
    return Account(aws.get_partition().partition, aws.get_caller_identity().account_id, aws.get_region().region)
