"""The Resource Groups Tagging API: resources that moto omits from the response of GetResources.

AWS's list is in its User Guide, "Services that support the Resource Groups Tagging API". It does not include IAM
roles.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from moto.backup.models import backup_backends
from moto.cloudfront.models import cloudfront_backends
from moto.cloudtrail.models import cloudtrail_backends
from moto.core.resource_tagging import TaggedResource, make_tag_matcher
from moto.ec2.models import ec2_backends
from moto.ecr.models import ecr_backends
from moto.elbv2.models import elbv2_backends
from moto.events.models import events_backends
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends
from moto.rds.models import rds_backends
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend
from moto.s3.models import s3_backends
from moto.wafv2.models import wafv2_backends

from local.emulator.overlay import cloudfront, replaces

_GLOBAL = "us-east-1"
# Types for which moto uses its own names in ARNs.
_MISNAMED = {"flow-logs": "vpc-flow-log"}
# EC2's types that moto does not list, by the prefix of their IDs.
_OF_EC2 = {"eipalloc": "elastic-ip", "sgr": "security-group-rule", "vpce": "vpc-endpoint"}


@replaces(ResourceGroupsTaggingAPIBackend, "_get_resources_generator")
def _resources(
    original: Callable[..., Iterator[TaggedResource]], self: Any, tag_filters: Any = None, **others: Any
) -> Iterator[TaggedResource]:
    matches = make_tag_matcher(tag_filters)
    for resource in original(self, tag_filters=tag_filters, **others):
        kind = resource.resource_type.partition(":")[2]
        if kind in _MISNAMED:
            resource.arn = resource.arn.replace(f":{kind}/", f":{_MISNAMED[kind]}/")
        yield resource
    for arn, tags in _left_out(self.account_id, self.region_name):
        if tags and matches(tags):
            yield TaggedResource(arn=arn, tags=tags, resource_type=":".join(arn.split(":")[2:6:3]))


def _left_out(account: str, region: str) -> Iterator[tuple[str, dict[str, str]]]:
    ec2 = ec2_backends[account][region]
    for id, tags in list(ec2.tags.items()):
        if (kind := _OF_EC2.get(id.partition("-")[0])) and _is_there(ec2, id):
            yield f"arn:aws:ec2:{region}:{account}:{kind}/{id}", dict(tags)
    rds = rds_backends[account][region]
    for group in [*rds.db_parameter_groups.values(), *rds.subnet_groups.values()]:
        yield group.arn, {tag["Key"]: tag["Value"] for tag in group.get_tags()}
    if region == _GLOBAL:
        for policy in iam_backends[account]["aws"].managed_policies.values():
            yield policy.arn, {tag["Key"]: tag["Value"] for tag in policy.tags.values()}
    for tagger, arns in _tagged(account, region):
        for arn in arns:
            yield arn, tagger.get_tag_dict_for_resource(arn)


def _tagged(account: str, region: str) -> Iterator[tuple[Any, Iterable[str]]]:
    """The taggers of backends, and the ARNs of their resources."""
    backup = backup_backends[account][region]
    yield backup.tagger, [plan.backup_plan_arn for plan in backup.plans.values() if not plan.deletion_date]
    cloudtrail = cloudtrail_backends[account][region]
    yield cloudtrail.tagging_service, [trail.arn for trail in cloudtrail.trails.values()]
    ecr = ecr_backends[account][region]
    yield ecr.tagger, [repository.arn for repository in ecr.repositories.values()]
    events = events_backends[account][region]
    yield events.tagger, [rule.arn for bus in events.event_buses.values() for rule in bus.rules.values()]
    elbv2 = elbv2_backends[account][region]
    listeners = [each for balancer in elbv2.load_balancers.values() for each in balancer.listeners.values()]
    rules = itertools.chain.from_iterable(listener.rules.values() for listener in listeners)
    yield elbv2.tagging_service, [each.arn for each in (*listeners, *rules)]
    logs: Any = logs_backends[account][region]
    deliveries = (logs.delivery_sources, logs.delivery_destinations, logs.deliveries)
    yield logs.tagger, [each.arn for kind in deliveries for each in kind.values()]
    s3 = s3_backends[account]["aws"]
    yield s3.tagger, [bucket.arn for bucket in s3.buckets.values() if bucket.region_name == region]
    if region == _GLOBAL:
        waf = wafv2_backends[account]["global"]
        yield waf.tagging_service, [each.arn for each in (*waf.wacls.values(), *waf.ip_sets.values())]
        edge = cloudfront_backends[account]["aws"]
        yield edge.tagger, [origin["Arn"] for origin in cloudfront.entities(edge, cloudfront.VPC_ORIGIN).values()]


def _is_there(ec2: Any, id: str) -> bool:
    """Whether a tagged resource still exists; moto keeps the tags of some deleted resources."""
    groups = [group for groups in ec2.groups.values() for group in groups.values()]
    rules = (rule for group in groups for rule in (*group.ingress_rules, *group.egress_rules))
    return (
        id in ec2.vpc_end_points
        or any(address.allocation_id == id for address in ec2.addresses)
        or any(rule.id == id for rule in rules)
    )
