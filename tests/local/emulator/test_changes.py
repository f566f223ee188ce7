"""Who listens to changes hears of every call that may be one, and of no other."""

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from local.emulator.overlay import changes


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    heard: list[str] = []
    monkeypatch.setattr(changes, "_listeners", [])
    changes.tell(lambda: heard.append("a change"))
    return heard


@mock_aws
def test_reading_changes_nothing(heard: list[str]):
    session = boto3.Session(region_name="us-east-1")
    session.client("ec2").describe_vpcs()  # by its name in the body
    session.client("ecs").list_clusters()  # in a header
    session.client("efs").describe_file_systems()  # in method and path
    assert not heard


@mock_aws
def test_a_change_is_heard_once(heard: list[str]):
    session = boto3.Session(region_name="us-east-1")
    for number, change in enumerate(
        (
            lambda: session.client("ec2").create_vpc(CidrBlock="10.0.0.0/16"),
            lambda: session.client("ecs").create_cluster(clusterName="cluster"),
            lambda: session.client("efs").create_file_system(CreationToken="files"),
        ),
        start=1,
    ):
        change()
        assert len(heard) == number


@mock_aws
def test_a_call_that_fails_may_have_changed_something(heard: list[str]):
    with pytest.raises(ClientError):
        boto3.client("ecs", region_name="us-east-1").delete_service(cluster="absent", service="absent")
    assert heard
