"""A monthly budget in AWS Budgets that notifies before and when it is exceeded.

It counts the costs of resources with the tag `Stack` (aws:defaultTags), once an administrator has activated the
tag as a cost allocation tag. Without the tag, it counts the costs of the whole account.
"""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from components.config import Settings

_TAG = "Stack"
# When to notify: in advance, by the forecast, and once the limit is reached.
_TOLD = {"FORECASTED": 80, "ACTUAL": 100}


class MonthlyBudget(pulumi.ComponentResource):
    """A monthly budget of `monthlyBudgetUsd` that notifies `alarmEmails`."""

    def __init__(self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None):
        """Only notifies and does not stop anything: an archive must not be turned off because of its costs."""
        super().__init__("orthanc:monitoring:MonthlyBudget", name, None, opts)
        aws.budgets.Budget(
            name,
            budget_type="COST",
            limit_amount=str(settings.monthly_budget_usd),
            limit_unit="USD",
            time_unit="MONTHLY",
            cost_filters=cost_filters(pulumi.Config("aws").get_object("defaultTags")),
            notifications=[
                {
                    "notification_type": kind,
                    "comparison_operator": "GREATER_THAN",
                    "threshold": percent,
                    "threshold_type": "PERCENTAGE",
                    "subscriber_email_addresses": list(settings.alarm_emails),
                }
                for kind, percent in _TOLD.items()
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


def cost_filters(default_tags: Any) -> list[aws.budgets.BudgetCostFilterArgsDict]:
    """Returns the filter for the tag `Stack` in the provider's default tags, or none to count all costs."""
    value = ((default_tags or {}).get("tags") or {}).get(_TAG)
    return [{"name": "TagKeyValue", "values": [f"user:{_TAG}${value}"]}] if value else []
