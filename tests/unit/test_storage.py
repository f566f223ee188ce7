"""Where patients' images and their index live, and what happens to them."""

import json

import pytest

from components.service import task_definition
from local.emulator.overlay.policies import Caller, decide, permitted
from tests.unit.program import EFS, KEPT, KEY, PASSWORD, S3, deployed


@pytest.mark.parametrize(("mode", "absent"), [(S3, "aws:efs/"), (EFS, "aws:s3/")])
def test_only_what_the_storage_mode_needs(mode: dict[str, str], absent: str):
    assert not [resource.urn for resource in deployed(**mode).resources if resource.kind.startswith(absent)]


# Buckets for images, replica and access logs; the vault.
COPIES = {"enableBackupPlan": "true", "enableAccessLogs": "true"}
EVERY_BUCKET = COPIES | {"replicaRegion": "eu-west-1"}


def test_every_bucket_has_no_acls_and_rejects_tls_older_than_1_2():
    program = deployed(**EVERY_BUCKET)
    for bucket in program.all("Bucket"):
        owner = program.one("BucketOwnershipControls", bucket.name).inputs["rule"]["objectOwnership"]
        assert owner == "BucketOwnerEnforced", "an ACL can open the bucket, or another account own an object"
        policy, arn = program.one("BucketPolicy", bucket.name).inputs["policy"], bucket.outputs["arn"]
        for action, resource in (("s3:GetObject", f"{arn}/image"), ("s3:ListBucket", arn)):
            for secure, version, refused in (
                ("false", "1.3", True),
                ("true", "1.1", True),
                ("true", "1.2", False),
            ):
                over = {"aws:securetransport": secure, "s3:tlsversion": version}
                answer = decide([policy], action, resource, over, names=frozenset({"*"}))
                assert (answer is False) is refused, f"{bucket.name} accepts {over}, or rejects everybody"


def test_files_are_encrypted_with_the_stacks_own_key():
    [rule] = deployed().one("BucketServerSideEncryptionConfiguration").inputs["rules"]
    key = rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"]
    assert key == deployed().one("Key").outputs["arn"], "the key that AWS manages cannot be disabled"
    assert rule["bucketKeyEnabled"], "every object costs a request to KMS"


def test_orthanc_owns_its_files_on_efs():
    program = deployed(**EFS)
    point = program.one("AccessPoint").inputs
    assert point["posixUser"] == {"uid": 999, "gid": 999}, "Orthanc does not run as the files' owner"
    made = point["rootDirectory"]["creationInfo"]
    assert (made["ownerUid"], made["ownerGid"]) == (999, 999), "the first mount fails"
    volumes = {volume["name"]: volume for volume in program.one("TaskDefinition").inputs["volumes"]}
    mounted = volumes[task_definition.FILES_VOLUME]["efsVolumeConfiguration"]
    assert mounted["authorizationConfig"] == {"accessPointId": "orthanc-dicom-id", "iam": "ENABLED"}
    assert "rootDirectory" not in mounted, "ECS refuses it beside an access point"
    assert set(volumes) == {mount["sourceVolume"] for mount in program.container()["mountPoints"]}


POINT = "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/orthanc-dicom"
THROUGH = {"aws:securetransport": "true", "elasticfilesystem:accesspointarn": POINT}


@pytest.mark.parametrize(
    ("action", "by", "allowed"),
    [
        ("ClientMount", THROUGH, True),
        ("ClientWrite", THROUGH, True),
        ("ClientRootAccess", THROUGH, False),
        ("ClientMount", THROUGH | {"aws:securetransport": "false"}, False),
        ("ClientMount", THROUGH | {"elasticfilesystem:accesspointarn": f"{POINT}-2"}, False),
        ("ClientMount", {"aws:securetransport": "true"}, False),
    ],
)
def test_tasks_mount_over_tls_and_through_the_access_point_only(action: str, by: dict[str, str], allowed: bool):
    program = deployed(**EFS)
    system, policy = program.one("FileSystem").outputs["arn"], program.one("FileSystemPolicy").inputs["policy"]
    request = (f"elasticfilesystem:{action}", system, by)
    task = Caller("task", "123456789012", (program.one("Policy", "orthanc-task").inputs["policy"],))
    assert permitted(task, *request, resource_policy=policy) is allowed
    stranger = Caller("stranger", "123456789012", ())
    assert not permitted(stranger, *request, resource_policy=policy), "every client in the network can mount it"


def test_database_and_file_system_are_in_isolated_subnets():
    program, isolated = deployed(**EFS), ["subnet-isolated-1", "subnet-isolated-2"]
    assert program.one("SubnetGroup").inputs["subnetIds"] == isolated
    assert program.one("Instance").inputs["vpcSecurityGroupIds"] == ["orthanc-network-sg-database-id"]
    mounted = sorted(target.inputs["subnetId"] for target in program.all("MountTarget"))
    assert mounted == isolated, "a task in a zone without a mount target never starts"


HOLD_DATA = {
    *("Key", "FileSystem", "AccessPoint", "FileSystemPolicy", "BackupPolicy", "Vault", "VaultLockConfiguration"),
    *("Bucket", "BucketOwnershipControls", "BucketPublicAccessBlock", "BucketPolicy", "BucketVersioning"),
    *("BucketServerSideEncryptionConfiguration", "BucketLifecycleConfiguration", "BucketReplicationConfig"),
}


@pytest.mark.parametrize("mode", [EVERY_BUCKET, COPIES | EFS], ids=["s3", "efs"])
@pytest.mark.parametrize("fate", ["", "refuse", "keep", "delete"])
def test_data_is_never_destroyed_unless_the_stack_says_so(mode: dict[str, str], fate: str):
    program = deployed(**mode, **({"dataOnDestroy": fate} if fate else {}))
    refuse, delete = fate in ("", "refuse"), fate == "delete"
    holding = [resource for resource in program.resources if resource.type in HOLD_DATA]
    for resource in [*holding, program.one("Instance")]:
        assert resource.request.protect is refuse, f"{resource.urn} is deleted with the stack, or never"
    for resource in holding:
        assert resource.request.retainOnDelete is (fate == "keep"), f"{resource.urn} is deleted, or stays"
    for resource in (*program.all("Bucket"), *program.all("Vault")):
        assert resource.inputs["forceDestroy"] is delete, "destroying the stack empties it, or fails"
    held = [each for each in program.resources if each.request.protect or each.request.retainOnDelete]
    assert bool(held) is not delete, "destroying the stack leaves something behind, or nothing is protected"
    database = program.one("Instance").inputs
    assert database["deletionProtection"] is refuse
    assert database["skipFinalSnapshot"] is delete, "the index is deleted without a snapshot"
    assert database["deleteAutomatedBackups"] is delete
    assert bool(database.get("finalSnapshotIdentifier")) is not delete
    for secret in program.all("Secret"):
        assert secret.inputs["recoveryWindowInDays"] == (0 if delete else 30)


def test_a_bucket_that_is_brought_is_used_and_left_alone():
    program = deployed(**KEPT)
    kinds = {resource.kind for resource in program.resources}
    assert not [kind for kind in kinds if kind.startswith("aws:s3/")], "somebody else's bucket is changed"
    assert not program.all("Key"), "a key is paid for that encrypts nothing"
    resources = {each for statement in program.statements("orthanc-task") for each in statement["Resource"]}
    assert resources == {"arn:aws:s3:::images-of-the-hospital", "arn:aws:s3:::images-of-the-hospital/*", KEY}
    assert program.orthanc()["AwsS3Storage"]["BucketName"] == "images-of-the-hospital"


def test_a_restored_database_keeps_its_users_and_gets_a_new_password():
    program = deployed(**KEPT, databaseName="postgres")
    instance, access = program.one("Instance"), program.one("SecretVersion", "orthanc-database").inputs
    assert instance.inputs["snapshotIdentifier"] == KEPT["dbSnapshotIdentifier"]
    assert not {"dbName", "username"} & instance.inputs.keys(), "RDS takes them from the snapshot"
    secret = json.loads(access["secretString"])
    # As RDS tells the master user, whoever it was.
    assert (secret["dbname"], secret["username"]) == ("postgres", "orthanc-database-username")
    assert secret["password"] == instance.inputs["password"], "the password of the snapshot is the old stack's"


@pytest.mark.parametrize("settings", [{}, KEPT])
def test_nothing_of_a_snapshot_ever_replaces_a_database(settings: dict[str, str]):
    ignored = set(deployed(**settings).one("Instance").request.ignoreChanges)
    assert ignored == {"snapshotIdentifier", "kmsKeyId", "dbName", "username"}, "a new database would be empty"


def test_rds_is_not_asked_for_the_database_that_it_always_makes():
    assert "dbName" not in deployed(databaseName="postgres").one("Instance").inputs
    assert deployed(databaseName="index").one("Instance").inputs["dbName"] == "index"


def test_the_index_is_supported_and_grows():
    database = deployed(databaseStorageGib="50", databaseMaxStorageGib="500").one("Instance").inputs
    assert (database["allocatedStorage"], database["maxAllocatedStorage"]) == (50, 500)
    assert database["engineLifecycleSupport"].endswith("-disabled"), "extended support is paid for silently"


@pytest.mark.parametrize("version", ["14", "18"])
def test_a_new_major_version_brings_its_own_parameters(version: str):
    program = deployed(databaseEngineVersion=version)
    group = program.one("ParameterGroup")
    assert group.inputs["family"] == f"postgres{version}" and version in group.name
    assert program.one("Instance").inputs["engineVersion"] == version
    force = {"name": "rds.force_ssl", "value": "1", "applyMethod": "pending-reboot"}
    assert force in group.inputs["parameters"], "passwords travel in clear, or every update changes it"
    assert program.one("Instance").waits_for(group)


@pytest.mark.parametrize(("gib", "iops", "throughput"), [(20, None, None), (399, None, None), (400, 12000, 500)])
def test_storage_is_as_fast_as_rds_wants_it(gib: int, iops: int | None, throughput: int | None):
    """Below 400 GiB RDS refuses iops, from there on it refuses the 3,000 that an instance had before."""
    database = deployed(databaseStorageGib=str(gib), databaseMaxStorageGib="1000").one("Instance").inputs
    assert (database.get("iops"), database.get("storageThroughput")) == (iops, throughput)


def test_the_secrets_open_what_they_belong_to():
    program = deployed()
    database = program.one("Instance").inputs
    access = json.loads(program.one("SecretVersion", "orthanc-database").inputs["secretString"])
    assert access == {
        "engine": "postgres",
        "host": "orthanc-database-address",
        "port": 5432,
        "dbname": database["dbName"],
        "username": database["username"],
        "password": database["password"],
    }
    users = json.loads(program.one("SecretVersion", "orthanc-users").inputs["secretString"])
    assert users == {"admin": program.outputs["orthancAdminPassword"]}


def test_passwords_survive_every_reader_on_their_way():
    for drawn in deployed().all("RandomPassword"):
        assert drawn.inputs["special"] is False, "RDS and shells take some of them otherwise"
        assert drawn.inputs["length"] >= 24
    password = deployed().outputs["orthancAdminPassword"]
    assert password.endswith(PASSWORD) and password[0].isalpha(), "all digits would be read as a number"


def test_what_the_database_logs_is_kept_as_set():
    program = deployed(logRetentionDays="30")
    instance = program.one("Instance").inputs
    logs = f"/aws/rds/instance/{instance['identifier']}"
    groups = [group.inputs for group in program.all("LogGroup")]
    kept = {group["name"]: group["retentionInDays"] for group in groups if logs in group.get("name", "")}
    expected = {f"{logs}/{log}": 30 for log in instance["enabledCloudwatchLogsExports"]}
    assert kept == expected, "RDS makes groups of its own, which are kept for ever"
