"""IAM and KMS."""

from typing import Any

from offline.stand_ins.codec import Values
from offline.stand_ins.servicer import Refused
from offline.stand_ins.table import Call, Read, row


def _bounded(client: Any, state: Values) -> None:
    role, boundary = {"RoleName": state["id"]}, state.get("permissionsBoundary")
    if not boundary:
        client.delete_role_permissions_boundary(**role)
        return
    try:
        client.get_policy(PolicyArn=boundary)
    except client.exceptions.NoSuchEntityException:
        raise Refused(f"NoSuchEntity: {boundary}, the permissions boundary, does not exist") from None
    client.put_role_permissions_boundary(**role, PermissionsBoundary=boundary)


row(
    "iam/role:Role",
    "iam",
    Call("create_role", mapped=True),
    "$name",
    Read("get_role", {"RoleName": "$id"}, "Role"),
    updates=(
        Call(
            "update_assume_role_policy",
            {"RoleName": "$id", "PolicyDocument": "$assumeRolePolicy"},
            when="assumeRolePolicy permissionsBoundary",
        ),
    ),
    finish=_bounded,
    delete=(Call("delete_role", {"RoleName": "$id"}),),
    fixed="name namePrefix path",
    names={"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument", "uniqueId": "RoleId"},
    outputs={"permissionsBoundary": "PermissionsBoundary.PermissionsBoundaryArn"},
    named="name 64",
)

_POLICY = {"RoleName": "$role", "PolicyName": "$name"}
_PUT_POLICY = {**_POLICY, "PolicyDocument": "$policy"}

row(
    "iam/rolePolicy:RolePolicy",
    "iam",
    Call("put_role_policy", _PUT_POLICY),
    "$role:$name",
    Read("get_role_policy", _POLICY),
    updates=(Call("put_role_policy", _PUT_POLICY),),
    delete=(Call("delete_role_policy", _POLICY),),
    fixed="name role",
    names={"name": "PolicyName", "role": "RoleName", "policy": "PolicyDocument"},
    named="name 128",
)

_ATTACHMENT = {"RoleName": "$role", "PolicyArn": "$policyArn"}

_MANAGED = {"PolicyArn": "$id"}


def _forget_old_versions(client: Any, state: Values) -> None:
    """Deletes old versions, because IAM rejects more than five versions of a policy."""
    for version in client.list_policy_versions(PolicyArn=state["id"])["Versions"]:
        if not version["IsDefaultVersion"]:
            client.delete_policy_version(PolicyArn=state["id"], VersionId=version["VersionId"])


row(
    "iam/policy:Policy",
    "iam",
    Call("create_policy", {"PolicyName": "$name", "PolicyDocument": "$policy"}, mapped=True),
    "Policy.Arn",
    Read(
        "get_account_authorization_details",
        {"Filter": ["LocalManagedPolicy"]},
        "Policies[?Arn=='$id'] | [0]",
    ),
    updates=(
        Call(
            "create_policy_version", _MANAGED | {"PolicyDocument": "$policy", "SetAsDefault": True}, when="policy"
        ),
    ),
    finish=_forget_old_versions,
    delete=(Call("delete_policy", _MANAGED),),
    fixed="name namePrefix path description",
    outputs={
        "name": lambda found: found["Arn"].rpartition("/")[2],
        "policy": "PolicyVersionList[?IsDefaultVersion] | [0].Document",
    },
    named="name 128",
)

row(
    "iam/rolePolicyAttachment:RolePolicyAttachment",
    "iam",
    Call("attach_role_policy", _ATTACHMENT),
    "$role/$policyArn",
    Read(
        "list_attached_role_policies",
        {"RoleName": "$role"},
        "AttachedPolicies[?PolicyArn=='$policyArn'] | [0]",
    ),
    delete=(Call("detach_role_policy", _ATTACHMENT),),
    fixed="role policyArn",
)

row(
    "kms/key:Key",
    "kms",
    Call("create_key", {"Description": "$description", "Policy": "$policy"}),
    "KeyMetadata.KeyId",
    [
        Read("describe_key", {"KeyId": "$id"}, "KeyMetadata"),
        Read("get_key_rotation_status", {"KeyId": "$id"}, "{enableKeyRotation: KeyRotationEnabled}"),
        Read("get_key_policy", {"KeyId": "$id", "PolicyName": "default"}),
    ],
    live="KeyState!='PendingDeletion'",
    updates=(
        Call("put_key_policy", {"KeyId": "$id", "PolicyName": "default", "Policy": "$policy"}, when="policy"),
    ),
    puts=(
        Call("enable_key_rotation", {"KeyId": "$id"}, when="enableKeyRotation"),
        Call("update_key_description", {"KeyId": "$id", "Description": "$description"}, when="description"),
    ),
    delete=(Call("schedule_key_deletion", {"KeyId": "$id", "PendingWindowInDays": "$deletionWindowInDays"}),),
    fixed="customerMasterKeySpec keyUsage multiRegion",
    unread={"deletionWindowInDays": "is about the deletion"},
)
