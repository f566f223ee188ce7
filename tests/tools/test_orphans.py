"""What the tool says of a state, with the answers of AWS made up."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tools import orphans
from tools.orphan_kinds import TAGGED

STACK = "urn:pulumi:prod::orthanc-on-aws"
TAGS = {"Project": "orthanc-on-aws", "Stack": "prod"}
ACCOUNT = "us-east-1:123456789012"
PARENT = f"{STACK}::orthanc:network:NewVpc::orthanc-network"


class Answers:
    """A client: each operation answers what it was given, of a list one after the other."""

    def __init__(self, **answers: Any):
        self._answers = answers

    def can_paginate(self, operation: str) -> bool:
        return False

    def get_paginator(self, operation: str) -> "Answers":
        return self

    def paginate(self, **_: Any) -> list[Any]:
        return [self._answers["get_resources"]]

    def __getattr__(self, name: str) -> Any:
        def answer(**_: Any) -> Any:
            given = self._answers[name]
            if isinstance(given, Exception):
                raise given
            return given.pop(0) if isinstance(given, list) else given

        return answer


def exported(*pending: dict[str, Any], known: list[str] | None = None) -> dict[str, Any]:
    provider = {
        "type": "pulumi:providers:aws",
        "urn": f"{STACK}::pulumi:providers:aws::default_7_9_0",
        "inputs": {
            "region": "us-east-1",
            "defaultTags": '{"tags": {"Project": "orthanc-on-aws", "Stack": "prod"}}',
        },
    }
    parent = {"type": "orthanc:network:NewVpc", "urn": PARENT}
    resources = [{"type": "aws:x:Y", "urn": urn, "id": urn} for urn in known or []]
    operations = [{"type": "creating", "resource": each} for each in pending]
    return {"deployment": {"resources": [provider, parent, *resources], "pending_operations": operations}}


def recorded(kind: str, pulumi_name: str, /, **inputs: Any) -> dict[str, Any]:
    urn = f"{PARENT.rpartition('::')[0]}$aws:{kind}::{pulumi_name}"
    return {"type": f"aws:{kind}", "urn": urn, "parent": PARENT, "inputs": {"tagsAll": TAGS, **inputs}}


def told(state: dict[str, Any], *arns: str, **answers: Any) -> list[str]:
    tags = [{"Key": key, "Value": value} for key, value in TAGS.items()]
    answers["get_resources"] = {"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": tags} for arn in arns]}
    read = orphans.state_of(state)
    return list(orphans.commands(read, list(orphans.orphans(read, lambda service, region: Answers(**answers)))))


SUBNET = f"arn:aws:ec2:{ACCOUNT}:subnet/subnet-1"
BUCKET = "arn:aws:s3:::orthanc-dicom-1"


def test_what_was_being_created_is_imported_by_its_name():
    [why, command, *rest] = told(exported(recorded("ec2/subnet:Subnet", "private-1")), SUBNET)
    assert why.startswith("# private-1: made, but not recorded")
    assert command == (
        f"pulumi import --stack prod --yes --protect=false --generate-code=false --parent parent={PARENT}"
        " aws:ec2/subnet:Subnet private-1 subnet-1"
    )
    assert [line for line in rest if not line.startswith("#")] == [
        "pulumi refresh --stack prod --yes --clear-pending-creates",
        "pulumi up --stack prod",
    ]


def test_what_the_program_has_another_one_of_is_left_to_the_next_update():
    made = recorded("ec2/subnet:Subnet", "private-1")
    lines = told(exported(made, known=[made["urn"]]), SUBNET)
    assert any(line.endswith("aws:ec2/subnet:Subnet orphan-subnet-1 subnet-1") for line in lines)
    assert not any(line.startswith("pulumi import") and "--parent" in line for line in lines)


def test_what_may_hold_data_is_deleted_by_nobody_but_its_owner():
    lines = told(exported(), BUCKET)
    assert all(line.startswith("#") for line in lines)
    assert any("orphan-orthanc-dicom-1 orthanc-dicom-1" in line for line in lines)
    [_, command, *_] = told(
        exported(recorded("s3/bucket:Bucket", "orthanc-dicom", bucket="orthanc-dicom-1")), BUCKET
    )
    assert command.endswith("aws:s3/bucket:Bucket orthanc-dicom orthanc-dicom-1")


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:ecs:{ACCOUNT}:task/orthanc/0a1b",
        f"arn:aws:rds:{ACCOUNT}:snapshot:rds:orthanc-2026-11-30",
        f"arn:aws:secretsmanager:{ACCOUNT}:secret:rds!db-1-AbCdEf",
        f"arn:aws:backup:{ACCOUNT}:recovery-point:1",
    ],
)
def test_what_aws_made_by_itself_is_no_orphan(arn: str):
    assert told(exported(), arn) == []


def test_what_the_state_knows_is_no_orphan():
    assert told(exported(known=["subnet-1", BUCKET]), SUBNET, BUCKET) == []


def test_what_is_not_listed_is_asked_for():
    route = recorded("ec2/route:Route", "out", routeTableId="rtb-1", destinationCidrBlock="0.0.0.0/0")
    table = {
        "RouteTables": [
            {"Routes": [{"DestinationCidrBlock": "0.0.0.0/0"}, {"DestinationCidrBlock": "10.0.0.0/16"}]}
        ]
    }
    [_, command, *_] = told(exported(route), describe_route_tables=table)
    assert command.endswith("aws:ec2/route:Route out rtb-1_0.0.0.0/0")
    assert not any(
        "import" in line for line in told(exported(route, known=[route["urn"]]), describe_route_tables=table)
    )
    gone = ClientError({"Error": {"Code": "InvalidRouteTableID.NotFound"}}, "DescribeRouteTables")
    assert not any("import" in line for line in told(exported(route), describe_route_tables=gone))
    denied = ClientError({"Error": {"Code": "UnauthorizedOperation"}}, "DescribeRouteTables")
    with pytest.raises(ClientError):
        told(exported(route), describe_route_tables=denied)


def test_what_was_being_created_twice_is_found_twice():
    """Under two generated names, by two updates that were killed one after the other."""
    roles = [recorded("iam/role:Role", "orthanc-task", name=name) for name in ("orthanc-task-1", "orthanc-task-2")]
    twice = told(exported(*roles), get_role=[{"Role": {"RoleName": role["inputs"]["name"]}} for role in roles])
    imports = [line for line in twice if line.startswith("pulumi import")]
    assert [line.split()[-2:] for line in imports] == [
        ["orthanc-task", "orthanc-task-1"],
        ["orphan-orthanc-task-2", "orthanc-task-2"],
    ]
    route = recorded("ec2/route:Route", "out", routeTableId="rtb-1", destinationCidrBlock="0.0.0.0/0")
    table = {"RouteTables": [{"Routes": [{"DestinationCidrBlock": "0.0.0.0/0"}]}]}
    assert sum("import" in line for line in told(exported(route, route), describe_route_tables=table)) == 1


def test_what_may_be_several_is_imported_under_no_name():
    """Which is which nobody can tell, so none becomes the program's."""
    keys = [f"arn:aws:kms:{ACCOUNT}:key/{number}" for number in (1, 2)]
    alive = {"KeyMetadata": {"KeyState": "Enabled", "KeyId": "1"}}
    lines = told(exported(recorded("kms/key:Key", "orthanc-keys-logs")), *keys, describe_key=alive)
    assert not any(line.startswith("pulumi import") for line in lines)


def test_what_is_being_deleted_is_no_orphan():
    gone = {"KeyMetadata": {"KeyState": "PendingDeletion", "KeyId": "1"}}
    assert told(exported(), f"arn:aws:kms:{ACCOUNT}:key/1", describe_key=gone) == []


def test_a_state_without_aws_says_so():
    with pytest.raises(ValueError, match="no resources of AWS"):
        orphans.state_of({"deployment": {"resources": []}})


def test_each_type_stands_once():
    kinds = [row.kind for row in TAGGED]
    assert len(kinds) == len(set(kinds))
