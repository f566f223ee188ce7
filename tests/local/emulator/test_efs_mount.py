"""Who may mount a file system; moto runs in the test's own process here."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import boto3
import pytest
from moto import mock_aws

from components.iam import policies
from local.emulator.overlay.efs import may_mount

TRUST = policies.assumed_by("ecs-tasks.amazonaws.com")


class Files(NamedTuple):
    """A file system, two access points, and the task's role."""

    efs: Any
    iam: Any
    system: dict[str, Any]
    point: str
    other_point: str
    role: str

    def grant(self, document: str) -> None:
        self.iam.put_role_policy(RoleName="task", PolicyName="policy", PolicyDocument=document)

    def protect(self, document: str) -> None:
        self.efs.put_file_system_policy(FileSystemId=self.system["FileSystemId"], Policy=document)


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        efs = boto3.client("efs", region_name="us-east-1")
        iam = boto3.client("iam", region_name="us-east-1")
        system = efs.create_file_system(CreationToken="token")
        one, other = (
            efs.create_access_point(ClientToken=token, FileSystemId=system["FileSystemId"])["AccessPointArn"]
            for token in ("one", "other")
        )
        role = iam.create_role(RoleName="task", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        yield Files(efs, iam, system, one, other, role)


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
    files: Files, policy: Any, grants: list[str], mounts: bool
):
    if grants:
        files.grant(
            policies.document({"Effect": "Allow", "Action": grants, "Resource": files.system["FileSystemArn"]})
        )
    if policy is not None:
        statements = [{"Principal": "*", "Resource": "*", **statement} for statement in policy]
        files.protect(json.dumps({"Statement": statements}))
    assert may_mount(files.system["FileSystemArn"], files.role, "access-point") is mounts


@pytest.mark.parametrize(
    ("way", "mounts"),
    [
        ({}, True),
        ({"encrypted": False}, False),
        ({"role_arn": None}, False),
        ({"access_point_arn": None}, False),
        ({"access_point_arn": "other"}, False),
        ({"actions": ["ClientRootAccess"]}, False),
    ],
    ids=["a task", "without TLS", "without IAM", "around the access point", "by another one", "as root"],
)
def test_only_a_task_gets_to_the_files_and_only_its_own_way(files: Files, way: dict[str, Any], mounts: bool):
    """The program's own policies; the other way in is refused whatever else the client's role allows."""
    arn = files.system["FileSystemArn"]
    files.protect(policies.file_system_through_access_point_only(arn, files.point))
    files.grant(policies.use_file_system(arn, files.point))
    client = {"role_arn": files.role, "access_point_arn": files.point, **way}
    if client["access_point_arn"] == "other":
        client["access_point_arn"] = files.other_point
    assert may_mount(arn, **client) is mounts
    if way.keys() & {"encrypted", "access_point_arn"}:
        files.grant(policies.document({"Effect": "Allow", "Action": "*", "Resource": "*"}))
        assert not may_mount(arn, **client), "an administrator of the account gets to the files this way"
