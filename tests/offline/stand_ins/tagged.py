"""The tags that AWS has of a resource: each service is asked in its own way."""

from typing import Any, NamedTuple

import jmespath

from offline.stand_ins.aws import Aws
from offline.stand_ins.table import ROWS
from tests.offline.stand_ins.samples import Made


class _Ask(NamedTuple):
    """An operation, its argument (with `[]`: a list of one), whether that is the ARN, and where the tags are."""

    operation: str
    argument: str
    by_arn: bool
    path: str


_LIST = "list_tags_for_resource"
_ASKED = {
    "acm": _Ask("list_tags_for_certificate", "CertificateArn", True, "Tags"),
    "application-autoscaling": _Ask(_LIST, "ResourceARN", True, "Tags"),
    "backup": _Ask("list_tags", "ResourceArn", True, "Tags"),
    "budgets": _Ask(_LIST, "ResourceARN", True, "ResourceTags"),
    "cloudfront": _Ask(_LIST, "Resource", True, "Tags.Items"),
    "cloudtrail": _Ask("list_tags", "ResourceIdList[]", True, "ResourceTagList[0].TagsList"),
    "cloudwatch": _Ask(_LIST, "ResourceARN", True, "Tags"),
    "ecr": _Ask(_LIST, "resourceArn", True, "tags"),
    "ecs": _Ask(_LIST, "resourceArn", True, "tags"),
    "efs": _Ask(_LIST, "ResourceId", False, "Tags"),
    "elbv2": _Ask("describe_tags", "ResourceArns[]", True, "TagDescriptions[0].Tags"),
    "events": _Ask(_LIST, "ResourceARN", True, "Tags"),
    "kms": _Ask("list_resource_tags", "KeyId", False, "Tags"),
    "logs": _Ask(_LIST, "resourceArn", True, "tags"),
    "rds": _Ask(_LIST, "ResourceName", True, "TagList"),
    "s3": _Ask("get_bucket_tagging", "Bucket", False, "TagSet"),
    "secretsmanager": _Ask("describe_secret", "SecretId", False, "Tags"),
    "sns": _Ask(_LIST, "ResourceArn", True, "Tags"),
    "sqs": _Ask("list_queue_tags", "QueueUrl", False, "Tags"),
    "stepfunctions": _Ask(_LIST, "resourceArn", True, "tags"),
    "wafv2": _Ask(_LIST, "ResourceARN", True, "TagInfoForResource.TagList"),
    "aws:iam/policy:Policy": _Ask("list_policy_tags", "PolicyArn", False, "Tags"),
    "aws:iam/role:Role": _Ask("list_role_tags", "RoleName", False, "Tags"),
}


def tags(aws: Aws, made: Made) -> dict[str, str]:
    """The tags by key."""
    row = ROWS[made.kind]
    client = aws.client(row.service, made.inputs.get("region"))
    if row.service == "ec2":
        found = client.describe_tags(Filters=[{"Name": "resource-id", "Values": [made.id]}])["Tags"]
    elif row.service == "ssm":
        found = client.list_tags_for_resource(ResourceType="Parameter", ResourceId=made.id)["TagList"]
    else:
        ask = _ASKED.get(made.kind) or _ASKED[row.service]
        who = made.outputs.get("arn") or made.id if ask.by_arn else made.id
        argument = {ask.argument.removesuffix("[]"): [who] if ask.argument.endswith("[]") else who}
        found = jmespath.search(ask.path, getattr(client, ask.operation)(**argument)) or []
    return dict(map(_pair, found)) if isinstance(found, list) else found


def _pair(tag: dict[str, Any]) -> tuple[str, str]:
    key, value = (next(name for name in tag if name.lower().endswith(part)) for part in ("key", "value"))
    return tag[key], tag[value]
