"""Application Auto Scaling: tags, and errors for invalid requests, which moto accepts.

Nothing scales here, because no metrics are measured. UpdateService has the same effect as a policy would have.
"""

import json
from typing import Any

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, FakeScalableTarget
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.elbv2.models import elbv2_backends

from local.emulator.overlay import AwsError, Parameters, ecs, operation, replaces


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def _not_found(message: str) -> AwsError:
    return AwsError("ObjectNotFoundException", message)


@replaces(ApplicationAutoscalingBackend)
def register_scalable_target(original: Any, self: Any, *args: Any, **kwargs: Any) -> FakeScalableTarget:
    """AWS rejects a minimum above the maximum, and adjusts a number of tasks outside of these bounds at once."""
    least, most = kwargs["min_capacity"], kwargs["max_capacity"]
    if least is not None and most is not None and least > most:
        raise _invalid("Maximum capacity cannot be less than minimum capacity")
    target = original(self, *args, **kwargs)
    if target.service_namespace == "ecs":
        _, cluster, service = target.resource_id.split("/")
        ecs.keep_within(cluster, service, int(target.min_capacity), int(target.max_capacity))
    return target


@replaces(ApplicationAutoscalingBackend)
def put_scaling_policy(original: Any, self: Any, **kwargs: Any) -> Any:
    """AWS requires a scalable target, and a load balancer for the named target group; it deletes old alarms."""
    id, name = kwargs["resource_id"], kwargs["policy_name"]
    if not self.describe_scalable_targets(kwargs["service_namespace"], [id], kwargs["scalable_dimension"]):
        raise _not_found(f"No scalable target registered for resource ID: {id}")
    metric = kwargs["policy_body"].get("PredefinedMetricSpecification", {})
    label = metric.get("ResourceLabel", "")
    if metric.get("PredefinedMetricType") == "ALBRequestCountPerTarget" and not _is_balanced(self, label):
        raise _invalid(f"The resource label {label} is not that of a load balancer and a target group of its own")
    for policy in self.policies.values():
        if (policy.resource_id, policy.policy_name) == (id, name):
            policy.delete_alarms(self.account_id, self.region_name)
    return original(self, **kwargs)


def _is_balanced(backend: ApplicationAutoscalingBackend, label: str) -> bool:
    """Whether `label` is app/NAME/ID/targetgroup/NAME/ID, and that load balancer forwards to that target group."""
    balancer, _, group = label.partition("/targetgroup/")
    groups = elbv2_backends[backend.account_id][backend.region_name].target_groups
    return any(
        arn.endswith(f":targetgroup/{group}") and leads.endswith(f":loadbalancer/{balancer}")
        for arn, each in groups.items()
        for leads in each.load_balancer_arns
    )


@replaces(ApplicationAutoscalingBackend)
def delete_scaling_policy(original: Any, self: Any, **kwargs: Any) -> None:
    """moto returns a different error for a missing policy."""
    key = (kwargs["resource_id"], kwargs["policy_name"])
    if not any((policy.resource_id, policy.policy_name) == key for policy in self.policies.values()):
        raise _not_found(f"No scaling policy found for resource ID: {key[0]}, policy name: {key[1]}")
    original(self, **kwargs)


@replaces(ApplicationAutoscalingBackend)
def deregister_scalable_target(original: Any, self: Any, namespace: str, r_id: str, dimension: str) -> None:
    """AWS deletes the policies with their target; moto also returns a different error for a missing target."""
    if not self.describe_scalable_targets(namespace, [r_id], dimension):
        raise _not_found(f"No scalable target found for resource ID: {r_id}")
    original(self, namespace, r_id, dimension)
    for policy in [policy for policy in self.policies.values() if policy.resource_id == r_id]:
        names = {"service_namespace": namespace, "resource_id": r_id, "scalable_dimension": dimension}
        self.delete_scaling_policy(policy_name=policy.policy_name, **names)


def _tags(request: Any, given: Parameters) -> dict[str, str]:
    for targets in request.applicationautoscaling_backend.targets.values():
        for target in targets.values():
            if target.arn == given["ResourceARN"]:
                return target.__dict__.setdefault("tags", {})
    raise AwsError("ResourceNotFoundException", f"There is no {given['ResourceARN']}")


def _tag_resource(request: Any, given: Parameters) -> Parameters:
    _tags(request, given).update(given["Tags"])
    return {}


def _untag_resource(request: Any, given: Parameters) -> Parameters:
    for key in given["TagKeys"]:
        _tags(request, given).pop(key, None)
    return {}


def _list_tags(request: Any, given: Parameters) -> Parameters:
    return {"Tags": _tags(request, given)}


@replaces(ApplicationAutoScalingResponse, "register_scalable_target")
def _register_with_tags(original: Any, self: Any) -> Any:
    """moto ignores the tags of a new target."""
    answer = original(self)
    if tags := self._get_param("Tags"):
        _tag_resource(self, {"ResourceARN": json.loads(answer)["ScalableTargetARN"], "Tags": tags})
    return answer


operation(ApplicationAutoScalingResponse, "TagResource", _tag_resource)
operation(ApplicationAutoScalingResponse, "UntagResource", _untag_resource)
operation(ApplicationAutoScalingResponse, "ListTagsForResource", _list_tags)
