"""Alarms, dashboard, budget, and Container Insights."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from components.config.values import Flag, Group, Problem, Rule, distinct, matches

if TYPE_CHECKING:
    from components.config import Settings

Email = Annotated[
    str,
    # The format that SNS and AWS Budgets accept. Confirming the subscription proves that the address is in use.
    matches(
        r"[A-Za-z0-9._%+-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,}",
        "must be an e-mail address such as pacs-team@example.org",
    ),
]


class ObservabilitySettings(Group):
    """Monitoring and cost."""

    enable_alarms: Flag = False
    """Creates alarms for failures that prevent, or will soon prevent, storing and viewing studies, and an SNS
    topic in each Region involved."""
    # A budget notifies at most ten addresses (AWS Budgets, quotas of a notification).
    alarm_emails: Annotated[tuple[Email, ...], distinct("address")] = Field(
        default=(), max_length=10, examples=["pacs-team@example.org"]
    )
    """Email addresses that are notified of alarms and budget alerts. Each address must confirm its
    subscription."""
    enable_dashboard: Flag = False
    """Creates a CloudWatch dashboard that shows whether studies are stored and viewed."""
    enable_container_insights: Flag = False
    """Enables CloudWatch Container Insights with enhanced observability."""
    monthly_budget_usd: int = Field(default=0, ge=0, le=1_000_000)
    """Monthly budget of the stack in USD. alarmEmails are notified at a forecast of 80 % and at 100 %. 0
    disables the budget."""


def _addresses_are_told_something(settings: "Settings") -> Problem | None:
    if not settings.alarm_emails or settings.enable_alarms or settings.monthly_budget_usd:
        return None
    rule = "are notified of alarms and budget alerts, but neither is enabled"
    remedy = "pulumi config set enableAlarms true, or pulumi config rm alarmEmails"
    return Problem("alarmEmails", list(settings.alarm_emails), rule, remedy)


def _budget_is_told_to_somebody(settings: "Settings") -> Problem | None:
    if not settings.monthly_budget_usd or settings.alarm_emails:
        return None
    rule = "needs at least one address in alarmEmails"
    remedy = "pulumi config set --path 'alarmEmails[0]' team@example.org, or pulumi config rm monthlyBudgetUsd"
    return Problem("monthlyBudgetUsd", settings.monthly_budget_usd, rule, remedy)


RULES = (
    Rule(frozenset({"alarmEmails", "enableAlarms", "monthlyBudgetUsd"}), _addresses_are_told_something),
    Rule(frozenset({"alarmEmails", "monthlyBudgetUsd"}), _budget_is_told_to_somebody),
)
