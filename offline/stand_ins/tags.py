"""Tags: every service has its own calls, which differ only in names; the shapes of the calls show them.

As in the provider, tags are part of the call that creates a resource, if that call accepts them. A resource that
was created but not recorded then has its tags.
"""

from collections.abc import Mapping
from typing import Any

from botocore.model import Shape

from offline.stand_ins.codec import Values
from offline.stand_ins.mapping import fold

_IN_CREATIONS = {"Tags", "tags", "TagsList", "ResourceTags", "BackupPlanTags", "BackupVaultTags"}
# EC2 requires the type of the tagged resource; the other types are named as in the operation.
_OF_EC2 = {
    "allocate_address": "elastic-ip",
    "authorize_security_group_egress": "security-group-rule",
    "authorize_security_group_ingress": "security-group-rule",
    "create_flow_logs": "vpc-flow-log",
    "create_nat_gateway": "natgateway",
}

# ACM has its own calls in addition to the general ones, which the emulator lacks.
_TAG = ("add_tags_to_certificate", "tag_resource", "create_tags", "add_tags", "add_tags_to_resource")
_UNTAG = ("remove_tags_from_certificate", "untag_resource", "delete_tags", "remove_tags")
_UNTAG += ("remove_tags_from_resource",)


def in_creation(operation: str, shape: Shape | None, tags: Mapping[str, str] | None) -> Values:
    """The parameters by which the call that creates a resource tags it; empty if it cannot."""
    members: Mapping[str, Any] = shape.members if tags and shape else {}  # type: ignore[attr-defined]
    for name in members.keys() & _IN_CREATIONS:
        return {name: _written(tags or {}, members[name])}
    for name in members:
        if name.endswith("WithTags"):  # CloudFront's distributions
            return {name: {"Tags": _written(tags or {}, members[name].members["Tags"])}}
    if "TagSpecifications" not in members:
        return {}
    kind = _OF_EC2.get(operation) or operation.removeprefix("create_").replace("_", "-")
    specification = members["TagSpecifications"].member.members["Tags"]
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": _written(tags or {}, specification)}]}


def tag(client: Any, service: str, state: Values, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    """Change the tags of the resource `state` (with its ID and, if it has one, its ARN) from `old` to `new`."""
    if service == "s3":
        tags = [{"Key": key, "Value": value} for key, value in new.items()]
        client.put_bucket_tagging(Bucket=state["id"], Tagging={"TagSet": tags})
        return
    # SQS has its own calls. IAM has calls for each type, and identifies only policies by their ARNs.
    own = "tag_queue" if service == "sqs" else "tag_policy" if state["id"].startswith("arn:") else "tag_role"
    if gone := sorted(set(old) - set(new)):
        _call(client, (*_UNTAG, f"un{own}"), state, lambda member: _named(gone, member))
    if new:
        _call(client, (*_TAG, own), state, lambda member: _written(new, member))


def _call(client: Any, candidates: tuple[str, ...], state: Values, tags: Any) -> None:
    operation = next(name for name in candidates if hasattr(client, name))
    members = client.meta.service_model.operation_model(
        client.meta.method_to_api_mapping[operation]
    ).input_shape.members
    arguments = {}
    for name, member in members.items():
        if "tag" in name.lower() and name.lower() != "tagging":
            arguments[name] = tags(member)
        elif name == "ResourceType":  # of SSM; parameters are the only type here
            arguments[name] = "Parameter"
        elif fold(name) in (
            "resource",
            "resourcearn",
            "resourcename",
            "resourceid",
            "rolename",
            "secretid",
            "keyid",
            "certificatearn",
            "policyarn",
            "queueurl",
        ):
            by_id = (
                fold(name) in ("resourceid", "rolename", "keyid", "queueurl")
                or client.meta.service_model.service_name == "ec2"
            )
            who = state["id"] if by_id else state.get("arn") or state["id"]
            arguments[name] = [who] if member.type_name == "list" else who
    getattr(client, operation)(**arguments)


def _named(keys: list[str], member: Any) -> Any:
    if member.type_name == "structure":
        return {"Items": keys}
    return keys if member.member.type_name == "string" else [{"Key": key} for key in keys]


def _written(tags: Mapping[str, str], member: Any) -> Any:
    if member.type_name == "map":
        return dict(tags)
    if member.type_name == "structure":
        return {"Items": _written(tags, member.members["Items"])}
    key, value = sorted(member.member.members)[:2]
    return [{key: name, value: text} for name, text in tags.items()]
