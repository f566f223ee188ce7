"""Extensions of moto: operations that it lacks, and corrections where its behavior differs from AWS.

One module per service (CloudFront has two; `policies` evaluates IAM policies). Each module patches moto's classes
when it is imported. The docstring of a patch describes the behavior of moto that it corrects, or that of AWS.
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
    """`AwsError(code, message)`: an error as AWS returns it; its HTTP status is in the service model."""


def install(workspace: Workspace, *, tasks: bool) -> None:
    """Extend moto for `workspace`; without `tasks`, a service is steady as soon as it is deployed."""
    for name in MODULES:
        module = import_module(f"{__name__}.{name}")
        if configure := getattr(module, "configure", None):
            configure(workspace, tasks=tasks)


def replaces(owner: type, name: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Replace the method of `owner` named like the function (or `name`); the original is its first argument.

    A missing method is an error, so that a method that a new version of moto renames is noticed at once.
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
    """Implement the AWS operation `name` of `owner`'s service with `function(request, parameters)`.

    The service model parses the parameters and serializes the response in the protocol of the service.
    """

    def method(request: BaseResponse) -> ActionResult:
        request.parse_parameters(request.normalized_request)
        return ActionResult(function(request, request.params))

    setattr(owner, camelcase_to_underscores(name), method)
