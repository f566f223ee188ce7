"""Who may mount a file system; moto runs in the test's own process here."""

import json
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.emulator.overlay.efs import may_mount

TRUST = {"Version": "2012-10-17", "Statement": []}


@pytest.mark.parametrize(
    ("policy", "grants", "mounts"),
    [
        (None, [], True),
        ([{"Effect": "Deny", "Action": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}], [], False),
        ([], ["elasticfilesystem:ClientMount"], False),
        ([], ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"], True),
        ([{"Effect": "Deny", "Action": "*"}], ["elasticfilesystem:*"], False),
        ([{"Effect": "Allow", "Action": "elasticfilesystem:Client*"}], [], True),
        (
            [
                {
                    "Effect": "Allow",
                    "Action": "elasticfilesystem:Client*",
                    "Condition": {"StringEquals": {"elasticfilesystem:AccessPointArn": "other"}},
                }
            ],
            [],
            False,
        ),
    ],
)
def test_a_file_system_is_mounted_as_its_policy_and_the_roles_say(
    policy: Any, grants: list[str], mounts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        efs = boto3.client("efs", region_name="us-east-1")
        iam = boto3.client("iam", region_name="us-east-1")
        file_system = efs.create_file_system(CreationToken="token")
        role = iam.create_role(RoleName="task", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
        if grants:
            allowed = {"Effect": "Allow", "Action": grants, "Resource": file_system["FileSystemArn"]}
            document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
            iam.put_role_policy(RoleName="task", PolicyName="policy", PolicyDocument=document)
        if policy is not None:
            statements = [{"Principal": "*", "Resource": "*", **statement} for statement in policy]
            efs.put_file_system_policy(
                FileSystemId=file_system["FileSystemId"], Policy=json.dumps({"Statement": statements})
            )
        assert may_mount(file_system["FileSystemArn"], role["Arn"], "access-point") is mounts
