"""What the emulated AWS has beyond moto: calls that moto lacks, answers that moto gets wrong.

One module per service (CloudFront has two, IAM's evaluation is `policies`), each of which patches moto's
classes when it is imported; every patch says what it mends.
"""

import functools
from collections.abc import Callable
from importlib import import_module
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import camelcase_to_underscores

from local.workspace import Workspace

MODULES = (
    *("acm", "applicationautoscaling", "backup", "backup_jobs", "buckets", "budgets", "changes", "cloudfront"),
    *("cloudtrail", "cloudwatch", "container_insights", "distributions", "ec2", "ecr", "ecs", "efs", "elbv2"),
    *("events", "iam", "kms", "listener_rules", "logs", "rds", "resourcegroupstagging", "route53", "s3"),
    *("secretsmanager", "servicequotas", "sns", "stepfunctions", "vpc_origins", "wafv2"),
)

Parameters = dict[str, Any]
"""An operation's input or output, named and shaped as in the AWS API."""


class AwsError(ServiceException):
    """`AwsError(code, message)`: an error as AWS answers it; the service model knows its HTTP status."""


def install(workspace: Workspace, *, tasks: bool) -> None:
    """Extend moto for `workspace`; without `tasks` a service counts as steady as soon as it is deployed."""
    for name in MODULES:
        module = import_module(f"{__name__}.{name}")
        if configure := getattr(module, "configure", None):
            configure(workspace, tasks=tasks)


def replaces(owner: type, name: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Replace `owner`'s method of the function's name (or `name`); the function gets the original first.

    A method that is not there is an error, so that an upgrade of moto which renames one is noticed at once.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        original = getattr(owner, name or function.__name__)

        @functools.wraps(original)
        def method(*args: Any, **kwargs: Any) -> Any:
            return function(original, *args, **kwargs)

        setattr(owner, name or function.__name__, method)
        return function

    return decorate


def operation(owner: type[BaseResponse], name: str, function: Callable[[Any, Parameters], Any]) -> None:
    """Answer the AWS operation `name` of `owner`'s service with `function(request, parameters)`.

    The service's own model parses the parameters and writes the answer, in whichever protocol it speaks.
    """

    def method(request: BaseResponse) -> ActionResult:
        request.parse_parameters(request.normalized_request)
        return ActionResult(function(request, request.params))

    setattr(owner, camelcase_to_underscores(name), method)
