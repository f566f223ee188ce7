"""One emulated AWS for all tests of the overlay: a workspace of its own, without tasks."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local.workspace import Workspace
from tests.emulated import emulated

Client = Callable[..., Any]


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    with emulated(workspace, "--no-tasks"):
        yield workspace
    assert "Traceback" not in (workspace.home / "emulator.log").read_text()


@pytest.fixture(scope="session")
def client(workspace: Workspace) -> Client:
    """Clients of the emulated AWS: the deployer's, or those of an assumed role's credentials."""
    cache: dict[str, Any] = {}

    def make(service: str, credentials: dict[str, str] | None = None) -> Any:
        if credentials is None and service in cache:
            return cache[service]
        keys = credentials or {"AccessKeyId": "test", "SecretAccessKey": "test", "SessionToken": None}
        made = boto3.client(
            service,
            endpoint_url=workspace.endpoint,
            region_name="us-east-1",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
        )
        return made if credentials else cache.setdefault(service, made)

    return make


@pytest.fixture(scope="session")
def network(client: Client) -> dict[str, Any]:
    """A VPC with an internet gateway, two subnets and a security group."""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")
        for number, zone in enumerate("ab")
    ]
    group = ec2.create_security_group(GroupName="tasks", Description="tasks", VpcId=vpc)["GroupId"]
    return {"vpc": vpc, "subnets": [each["Subnet"]["SubnetId"] for each in subnets], "group": group}


@pytest.fixture(scope="session")
def refused() -> Callable[..., str]:
    """The error code with which a call is refused."""

    def code(call: Callable[..., Any], **arguments: Any) -> str:
        with pytest.raises(Exception) as caught:
            call(**arguments)
        return caught.value.response["Error"]["Code"]  # type: ignore[attr-defined]

    return code
