"""The end of a stack, and stacks that begin with what is there: a network, a snapshot, a bucket."""

from collections import Counter
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from tests.embedded import Embedded, summary
from tests.engine.changes import DATA, ON_S3, inventory, types

# What the data is given that does not go with dataOnDestroy delete, or not back.
LOCKED = {
    "dataOnDestroy": "keep",
    "objectLockDays": "1",
    "backupVaultLockDays": "7",
    "enableAccessLogs": "true",
    "enableDataEvents": "true",
}

# Keys, users, rotation and shells, all that can be turned on of them.
SECRETS: dict[str, str | list[Any]] = {
    "enableCustomerKeys": "true",
    "enableExec": "true",
    "orthancUsers": [{"name": "viewer"}, {"name": "chief", "role": "full"}],
    "databasePasswordRotation": "managed",
}


def test_destroy_leaves_the_account_as_it_was(embedded: Embedded):
    embedded.pulumi("destroy", "--yes", "--skip-preview")
    with mock_aws():
        untouched = inventory(lambda service: boto3.client(service, region_name="us-east-1"))
    assert inventory(embedded.client) == untouched, "the stack left something behind"


def test_a_network_that_is_brought_stays_as_it_is(embedded: Embedded):
    ec2 = embedded.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]

    def subnet(number: int, zone: str) -> str:
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.7.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")
        return made["Subnet"]["SubnetId"]

    named = {
        "vpcId": vpc,
        "privateSubnetIds[0]": subnet(1, "a"),
        "privateSubnetIds[1]": subnet(2, "e"),
        "isolatedSubnetIds[0]": subnet(3, "a"),
        "isolatedSubnetIds[1]": subnet(4, "b"),
    }
    settings = (f"--plaintext={path}={value}" for path, value in named.items())
    embedded.pulumi("config", "set-all", "--path", *settings)
    failed = embedded.pulumi("up", "--yes", "--skip-preview", check=False)
    text = failed.stdout + failed.stderr
    assert "the configuration has 3 problems; nothing was created" in text, text
    assert all(problem in text for problem in ("no DNS host names", "no internet gateway", "no VPC origin")), text
    assert "Traceback" not in text

    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    embedded.pulumi("config", "set", "--path", "privateSubnetIds[1]", subnet(5, "b"))
    before = inventory(embedded.client)
    embedded.configure(**SECRETS)
    made = summary(embedded.changes())
    assert (
        made["create", "Key"] == 4
        and made["create", "RandomPassword"] == 3
        and made["create", "StateMachine"] == 1
    )
    assert summary(embedded.changes()) == Counter(), "keys, users or rotation are seen as changed"
    network = {"Vpc", "Subnet", "RouteTable", "Route", "InternetGateway", "NatGateway", "Eip", "VpcEndpoint"}
    assert not types(made) & (network | {"DefaultSecurityGroup", "FlowLog", "VpcEndpointPolicy"})
    assert made["create", "Service"] == made["create", "Distribution"] == made["create", "Instance"] == 1
    embedded.pulumi("destroy", "--yes", "--skip-preview")
    assert inventory(embedded.client) == before, "what was there has changed, or something was left behind"


def test_what_is_kept_is_used_again_and_kept_again(embedded: Embedded):
    for key in ("vpcId", "privateSubnetIds", "isolatedSubnetIds"):
        embedded.configure(**{key: None})
    embedded.configure(**DATA, **LOCKED)
    made = summary(embedded.changes())
    assert made["create", "BucketObjectLockConfiguration"] == 2 and made["create", "Trail"] == 1
    assert summary(embedded.changes()) == Counter()
    kept = {"dbSnapshotIdentifier": "", **_objects_are_locked_and_copied(embedded)}
    taken: set[str] = set()
    for stack in ("first", "second"):
        if stack == "second":
            embedded.configure(**dict.fromkeys([*DATA, *(LOCKED.keys() - {"dataOnDestroy"})]), **kept)
            assert not types(summary(embedded.changes()), "create") & ON_S3
            embedded.changes()  # brings the other tasks
            assert summary(embedded.changes()) == Counter(), "an update would restore again"
        embedded.pulumi("destroy", "--yes", "--skip-preview")
        snapshots = embedded.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
        [kept["dbSnapshotIdentifier"]] = {each["DBSnapshotIdentifier"] for each in snapshots} - taken
        assert kept["dbSnapshotIdentifier"].startswith("orthanc-database-final-"), "nobody finds it"
        taken.add(kept["dbSnapshotIdentifier"])
    assert len(embedded.client("backup").list_backup_vaults()["BackupVaultList"]) == 1, "the backups have gone"
    answer = embedded.client("s3").get_object(Bucket=kept["existingBucketName"], Key="study")
    assert answer["Body"].read() == b"image"


def _objects_are_locked_and_copied(embedded: Embedded) -> dict[str, str]:
    """Stores an object in the stack's bucket; answers the settings that bring that."""
    s3 = embedded.client("s3")
    listed = [each["Name"] for each in s3.list_buckets()["Buckets"]]
    [replica] = [name for name in listed if name.startswith("orthanc-dicom-replica-")]
    [bucket] = [name for name in listed if name.startswith("orthanc-dicom-") and name != replica]
    version = s3.put_object(Bucket=bucket, Key="study", Body=b"image")["VersionId"]
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=bucket, Key="study", VersionId=version)
    here, there = (s3.get_object(Bucket=name, Key="study") for name in (bucket, replica))
    assert there["Body"].read() == b"image", "the replica's role may not do what replication does"
    assert ":eu-west-1:" in there["SSEKMSKeyId"] and ":us-east-1:" in here["SSEKMSKeyId"]
    return {"existingBucketName": bucket, "existingBucketKeyArn": here["SSEKMSKeyId"]}
