"""The end of a stack, and stacks that begin with what is there: a network, a snapshot, a bucket."""

import json
import re
from collections import Counter
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from components.iam.task_services import SERVICES_OF_A_TASK, SERVICES_OF_SHELLS
from tests.embedded import Embedded, Step, summary
from tests.engine.changes import DATA, ON_S3, backed_up, check_values, inventory, types

# What the data is given that does not go with dataOnDestroy delete, or not back.
LOCKED = {
    "dataOnDestroy": "keep",
    "enableCustomerKeys": "true",
    "enableAlarms": "true",
    "enableContainerInsights": "true",
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
    """At its second try, as docs/how-to/tear-down.md tells: what CloudFront has made in the VPC goes later."""
    stays = embedded.workspace.home / "cloudfront-leaves-seconds"
    stays.write_text("3600")
    failed = embedded.pulumi("destroy", "--yes", "--skip-preview", check=False)
    text = failed.stdout + failed.stderr
    assert failed.returncode and re.search(
        r"DependencyViolation: The subnet 'subnet-\w+' has dependencies", text
    ), text
    ec2 = embedded.client("ec2")
    [vpc] = ec2.describe_vpcs(Filters=[{"Name": "tag:Stack", "Values": ["local"]}])["Vpcs"]
    inside = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    left = ec2.describe_network_interfaces(Filters=inside)["NetworkInterfaces"]
    assert len(left) == 2 and all(each["RequesterManaged"] for each in left), "others than CloudFront's are left"
    groups = {each["GroupName"] for each in ec2.describe_security_groups(Filters=inside)["SecurityGroups"]}
    assert groups == {"default", "CloudFront-VPCOrigins-Service-SG"}
    assert not embedded.client("cloudfront").list_vpc_origins()["VpcOriginList"].get("Items")
    stays.unlink()  # the hour is over
    embedded.pulumi("destroy", "--yes", "--skip-preview")
    with mock_aws():
        untouched = inventory(lambda service: boto3.client(service, region_name="us-east-1"))
    assert inventory(embedded.client) == untouched, "the stack left something behind"


def test_an_existing_network_is_surveyed_and_stays_as_it_is(embedded: Embedded):
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
    own_endpoints = {"VpcId": vpc, "VpcEndpointType": "Interface", "PrivateDnsEnabled": True}
    own_endpoints["SecurityGroupIds"] = [
        ec2.create_security_group(VpcId=vpc, GroupName="endpoints", Description="Endpoints")["GroupId"]
    ]

    def endpoint(service: str) -> None:
        """One of the owner's, without a policy."""
        ec2.create_vpc_endpoint(
            **own_endpoints,
            SubnetIds=[named["privateSubnetIds[0]"]],
            ServiceName=f"com.amazonaws.us-east-1.{service}",
        )

    for service in SERVICES_OF_A_TASK:
        endpoint(service)
    settings = (f"--plaintext={path}={value}" for path, value in named.items())
    embedded.pulumi("config", "set-all", "--path", *settings)
    embedded.configure(**SECRETS)
    failed = embedded.pulumi("up", "--yes", "--skip-preview", check=False)
    text = failed.stdout + failed.stderr
    # Each of the two private subnets cannot reach three services, and is not admitted by the endpoints of four.
    assert "the configuration has 7 problems; nothing was created" in text, text
    problems = ["no DNS host names", "no internet gateway", "does not support VPC origins"]
    problems += [
        "cannot reach kms, ssmmessages, s3",
        "not allowed to connect to the endpoints of ecr.api, ecr.dkr",
    ]
    assert all(problem in text for problem in problems), text
    assert "Traceback" not in text

    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    embedded.pulumi("config", "set", "--path", "privateSubnetIds[1]", subnet(5, "b"))
    for service in SERVICES_OF_SHELLS:
        endpoint(service)
    [main] = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    ec2.create_vpc_endpoint(
        VpcId=vpc, RouteTableIds=[main["RouteTableId"]], ServiceName="com.amazonaws.us-east-1.s3"
    )
    [group] = own_endpoints["SecurityGroupIds"]
    ec2.authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=443, ToPort=443, CidrIp="10.7.0.0/16"
    )
    before = inventory(embedded.client)
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
    steps = embedded.changes()
    _nothing_alarmed_before_it_worked(embedded, steps)
    made = summary(steps)
    assert made["create", "BucketObjectLockConfiguration"] == 2 and made["create", "Trail"] == 1
    assert summary(embedded.changes()) == Counter()
    check_values(json.loads(embedded.pulumi("stack", "export").stdout))
    kept = {"dbSnapshotIdentifier": "", **_objects_are_locked_and_copied(embedded)}
    assert backed_up(embedded.client) == {"rds", "s3"}
    taken: set[str] = set()
    for stack in ("first", "second"):
        if stack == "second":
            gone = LOCKED.keys() - {"dataOnDestroy", "enableCustomerKeys"}
            embedded.configure(**dict.fromkeys([*DATA, *gone]), **kept)
            made = summary(embedded.changes())
            assert not types(made, "create") & ON_S3
            assert made["create", "Key"] == 2, (
                "the database keeps its snapshot's key: secrets and logs have theirs"
            )
            assert _key_of_the_database(embedded) == key, "the snapshot's key is another"
            embedded.changes()  # brings the other tasks
            assert summary(embedded.changes()) == Counter(), "an update would restore again"
        key = _key_of_the_database(embedded)
        embedded.pulumi("destroy", "--yes", "--skip-preview")
        snapshots = embedded.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
        [kept["dbSnapshotIdentifier"]] = {each["DBSnapshotIdentifier"] for each in snapshots} - taken
        assert kept["dbSnapshotIdentifier"].startswith("orthanc-database-final-"), "nobody finds it"
        taken.add(kept["dbSnapshotIdentifier"])
    backup = embedded.client("backup")
    copies = embedded.client("rds").describe_db_snapshots(SnapshotType="awsbackup")["DBSnapshots"]
    assert len(copies) == 1, "the copy of the database has gone"
    [vault] = backup.list_backup_vaults()["BackupVaultList"]
    points = backup.list_recovery_points_by_backup_vault(BackupVaultName=vault["BackupVaultName"])
    assert [point["Status"] for point in points["RecoveryPoints"]] == ["COMPLETED"] * 2, (
        "the backups have gone, or nothing may delete them when their time is over"
    )
    answer = embedded.client("s3").get_object(Bucket=kept["existingBucketName"], Key="study")
    assert answer["Body"].read() == b"image"


def test_a_database_is_restored_under_its_snapshots_key_and_never_replaced(embedded: Embedded):
    rds, kms = embedded.client("rds"), embedded.client("kms")
    names = ("existingBucketName", "existingBucketKeyArn", "dbSnapshotIdentifier")
    embedded.configure(**dict.fromkeys([*names, *SECRETS]), dataOnDestroy="delete")
    source = {"DBInstanceIdentifier": "of-before", "DBInstanceClass": "db.t4g.small", "Engine": "postgres"}
    login = {"MasterUsername": "postgres", "MasterUserPassword": "of-before", "AllocatedStorage": 20}
    rds.create_db_instance(**source, **login, EngineVersion="17", StorageEncrypted=True)
    rds.delete_db_instance(DBInstanceIdentifier="of-before", FinalDBSnapshotIdentifier="under-aws-key")
    before = inventory(embedded.client)
    embedded.configure(enableCustomerKeys="true", dbSnapshotIdentifier="under-aws-key")
    refused = embedded.pulumi("up", "--yes", "--skip-preview", check=False)
    text = refused.stdout + refused.stderr
    assert "with enableCustomerKeys it must be under a key of yours" in text and "nothing was created" in text, (
        text
    )

    # What the error says, word by word.
    command = text.partition("aws kms create-key, then aws rds copy-db-snapshot ")[2].partition(",")[0].split()
    given = dict(zip(command[::2], command[1::2], strict=True))
    key = kms.create_key()["KeyMetadata"]["Arn"]
    assert given.pop("--kms-key-id") == "ITS_ARN" and given.pop("--target-db-snapshot-identifier") == "NAME"
    rds.copy_db_snapshot(
        SourceDBSnapshotIdentifier=given.pop("--source-db-snapshot-identifier"),
        TargetDBSnapshotIdentifier="under-own-key",
        KmsKeyId=key,
    )
    assert not given
    embedded.configure(dbSnapshotIdentifier="under-own-key")
    assert summary(embedded.changes())["create", "Instance"] == 1
    assert _key_of_the_database(embedded) == key
    embedded.changes()  # brings the other tasks
    assert summary(embedded.changes("refresh")) == Counter()

    rds.delete_db_snapshot(DBSnapshotIdentifier="under-own-key")
    assert summary(embedded.changes()) == Counter(), "a snapshot that is gone blocks every update"
    embedded.configure(dbSnapshotIdentifier=None)
    assert summary(embedded.changes()) == Counter(), "without the snapshot's name the database is replaced"
    embedded.configure(enableCustomerKeys=None)
    assert "Instance" not in types(summary(embedded.changes()))
    assert _key_of_the_database(embedded) == key
    embedded.configure(kmsKeyArn=kms.create_key()["KeyMetadata"]["Arn"])
    refused = embedded.pulumi("preview", check=False)
    assert "RDS changes no instance's key" in refused.stdout + refused.stderr
    embedded.configure(kmsKeyArn=None)
    embedded.pulumi("destroy", "--yes", "--skip-preview")
    assert inventory(embedded.client) == before


def _nothing_alarmed_before_it_worked(embedded: Embedded, steps: list[Step]) -> None:
    done = [step.type.rpartition(":")[2] for step in steps if step.operation == "create"]
    works = max(done.index("Service"), done.index("Distribution"))
    assert done.index("MetricAlarm") > works and done.count("MetricAlarm") > 1, "somebody is told of a first `up`"
    ecs = embedded.client("ecs")
    [cluster] = ecs.list_clusters()["clusterArns"]
    [service] = ecs.describe_services(cluster=cluster, services=ecs.list_services(cluster=cluster)["serviceArns"])[
        "services"
    ]
    alarms = embedded.client("cloudwatch").describe_alarms()["MetricAlarms"]
    since = min(alarm["AlarmConfigurationUpdatedTimestamp"] for alarm in alarms)
    assert since >= service["deployments"][0]["updatedAt"].replace(microsecond=0), (
        "an alarm is older than the service"
    )


def _key_of_the_database(embedded: Embedded) -> str:
    [instance] = embedded.client("rds").describe_db_instances()["DBInstances"]
    return instance["KmsKeyId"]


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
