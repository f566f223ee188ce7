"""IAM and KMS."""

from local.standins.table import Call, Read, row

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
            when="assumeRolePolicy",
        ),
    ),
    delete=(Call("delete_role", {"RoleName": "$id"}),),
    fixed="name namePrefix path",
    names={"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument", "uniqueId": "RoleId"},
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
)
