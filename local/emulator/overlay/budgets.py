"""AWS Budgets: updates and tags, which moto lacks."""

from typing import Any

from moto.budgets.models import Budget
from moto.budgets.responses import BudgetsResponse

from local.emulator.overlay import Parameters, operation, replaces
from local.workspace import ACCOUNT

_TAGS = "_tags"


@replaces(BudgetsResponse)
def create_budget(original: Any, self: Any) -> Any:
    """moto ignores the tags of a new budget."""
    answer = original(self)
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/{self._get_param('Budget')['BudgetName']}"
    given = {"ResourceARN": arn, "ResourceTags": self._get_param("ResourceTags") or []}
    _tag_resource(self, given)
    return answer


def _update_budget(request: Any, given: Parameters) -> Parameters:
    name = given["NewBudget"]["BudgetName"]
    request.backend.describe_budget(account_id=given["AccountId"], budget_name=name)  # fails if there is none
    budgets = request.backend.budgets[given["AccountId"]]
    changed = Budget(given["NewBudget"], [])
    vars(changed)["notifications"] = vars(budgets[name])["notifications"]
    budgets[name] = changed
    return {}


def _tags(request: Any, given: Parameters) -> dict[str, str]:
    budgets = vars(request.backend).setdefault(_TAGS, {})
    return budgets.setdefault(given["ResourceARN"], {})


def _tag_resource(request: Any, given: Parameters) -> Parameters:
    _tags(request, given).update({tag["Key"]: tag["Value"] for tag in given["ResourceTags"]})
    return {}


def _untag_resource(request: Any, given: Parameters) -> Parameters:
    for key in given["ResourceTagKeys"]:
        _tags(request, given).pop(key, None)
    return {}


def _list_tags(request: Any, given: Parameters) -> Parameters:
    return {"ResourceTags": [{"Key": key, "Value": value} for key, value in _tags(request, given).items()]}


operation(BudgetsResponse, "UpdateBudget", _update_budget)
operation(BudgetsResponse, "TagResource", _tag_resource)
operation(BudgetsResponse, "UntagResource", _untag_resource)
operation(BudgetsResponse, "ListTagsForResource", _list_tags)
