"""Where patients' images and their index live, and what happens to them."""

import json

import pytest

from components.iam import policies
from components.service import task_definition
from tests.unit.program import EFS, KEPT, KEY, MODES, PASSWORD, S3, deployed


@pytest.mark.parametrize(("mode", "absent"), [(S3, "aws:efs/"), (EFS, "aws:s3/")])
def test_only_what_the_storage_mode_needs(mode: dict[str, str], absent: str):
    assert not [resource.urn for resource in deployed(**mode).resources if resource.kind.startswith(absent)]


def test_the_bucket_is_shut_and_encrypted_and_forgets_nothing_at_once():
    program = deployed(oldVersionRetentionDays="12")
    block = program.one("BucketPublicAccessBlock").inputs
    assert all(block[key] for key in block.keys() - {"bucket"}) and len(block) == 5, "the bucket can be public"
    [rule] = program.one("BucketServerSideEncryptionConfiguration").inputs["rules"]
    with_key = {
        "sseAlgorithm": "aws:kms",
        "kmsMasterKeyId": "arn:aws:kms:us-east-1:123456789012:key/orthanc-dicom",
    }
    assert rule["applyServerSideEncryptionByDefault"] == with_key, "AWS's own key cannot be withdrawn"
    assert rule["bucketKeyEnabled"], "every object costs a request to KMS"
    assert program.one("BucketVersioning").inputs["versioningConfiguration"] == {"status": "Enabled"}
    assert program.one("BucketOwnershipControls").inputs["rule"]["objectOwnership"] == "BucketOwnerEnforced"
    policy = program.one("BucketPolicy").inputs["policy"]
    assert policy == policies.bucket_over_tls_only("arn:aws:s3:::orthanc-dicom")
    parts = [resource for resource in program.resources if resource.type.startswith("Bucket")]
    assert {part.inputs.get("bucket") for part in parts} == {None, "orthanc-dicom-bucket"}


def test_images_stay_where_orthanc_can_read_them():
    lifecycle = deployed(oldVersionRetentionDays="12").one("BucketLifecycleConfiguration").inputs["rules"]
    assert all(rule["status"] == "Enabled" for rule in lifecycle)
    classes = {move["storageClass"] for rule in lifecycle for move in rule.get("transitions", [])}
    assert classes == {"INTELLIGENT_TIERING"}, "the S3 plugin restores nothing from an archive"
    assert not [rule for rule in lifecycle if "days" in rule.get("expiration", {})], "present images would expire"
    old = [rule["noncurrentVersionExpiration"] for rule in lifecycle if "noncurrentVersionExpiration" in rule]
    assert old == [{"noncurrentDays": 12}]
    assert [rule for rule in lifecycle if "abortIncompleteMultipartUpload" in rule]


@MODES
def test_every_key_rotates(mode: dict[str, str]):
    assert all(key.inputs["enableKeyRotation"] for key in deployed(**mode).all("Key"))


def test_files_on_efs_are_orthancs_own_and_encrypted_on_the_way_and_at_rest():
    program = deployed(**EFS)
    system, point = program.one("FileSystem"), program.one("AccessPoint").inputs
    assert system.inputs["encrypted"] and system.waits_for(program.one("Key"))
    assert point["posixUser"] == {"uid": 999, "gid": 999}, "Orthanc does not run as the files' owner"
    made = point["rootDirectory"]["creationInfo"]
    assert (made["ownerUid"], made["ownerGid"]) == (999, 999), "the first mount fails"
    volumes = {volume["name"]: volume for volume in program.one("TaskDefinition").inputs["volumes"]}
    mounted = volumes[task_definition.FILES_VOLUME]["efsVolumeConfiguration"]
    assert mounted["transitEncryption"] == "ENABLED"
    assert mounted["authorizationConfig"] == {"accessPointId": "orthanc-dicom-id", "iam": "ENABLED"}
    assert "rootDirectory" not in mounted, "ECS refuses it beside an access point"
    assert set(volumes) == {mount["sourceVolume"] for mount in program.container()["mountPoints"]}
    assert program.one("BackupPolicy").inputs["backupPolicy"] == {"status": "ENABLED"}


def test_each_zone_mounts_from_its_own_subnet():
    targets = deployed(**EFS).all("MountTarget")
    assert {target.inputs["subnetId"] for target in targets} == {"subnet-isolated-1", "subnet-isolated-2"}


HOLD_DATA = {
    "s3": {"Key", "Bucket", "BucketOwnershipControls", "BucketPublicAccessBlock", "BucketPolicy"}
    | {"BucketServerSideEncryptionConfiguration", "BucketVersioning", "BucketLifecycleConfiguration"},
    "efs": {"Key", "FileSystem", "AccessPoint", "FileSystemPolicy", "BackupPolicy"},
}


@MODES
@pytest.mark.parametrize("fate", ["refuse", "keep", "delete"])
def test_data_is_never_destroyed_unless_the_stack_says_so(mode: dict[str, str], fate: str):
    program = deployed(dataOnDestroy=fate, **mode)
    files = HOLD_DATA["efs" if mode else "s3"]
    protected = {resource.type for resource in program.resources if resource.request.protect}
    kept = {resource.type for resource in program.resources if resource.request.retainOnDelete}
    assert protected == (files | {"Instance"} if fate == "refuse" else set())
    assert kept == (files if fate == "keep" else set())
    database = program.one("Instance").inputs
    assert database["deletionProtection"] is (fate == "refuse")
    assert database["skipFinalSnapshot"] is (fate == "delete"), "the index goes without a snapshot"
    assert database["deleteAutomatedBackups"] is (fate == "delete")
    assert bool(database.get("finalSnapshotIdentifier")) is (fate != "delete")
    if not mode:
        assert program.one("Bucket").inputs["forceDestroy"] is (fate == "delete"), "destroy empties the bucket"
    for secret in program.all("Secret"):
        assert secret.inputs["recoveryWindowInDays"] == (0 if fate == "delete" else 30)


def test_a_bucket_that_is_brought_is_used_and_left_alone():
    program = deployed(**KEPT)
    kinds = {resource.kind for resource in program.resources}
    assert not [kind for kind in kinds if kind.startswith("aws:s3/")], "somebody else's bucket is changed"
    assert not program.all("Key"), "a key is paid for that encrypts nothing"
    policy = json.loads(program.one("Policy", "orthanc-task").inputs["policy"])
    resources = {resource for statement in policy["Statement"] for resource in statement["Resource"]}
    assert resources == {"arn:aws:s3:::images-of-the-hospital", "arn:aws:s3:::images-of-the-hospital/*", KEY}
    settings = json.loads(
        next(v["value"] for v in program.container()["environment"] if v["name"] == "ORTHANC_JSON")
    )
    assert settings["AwsS3Storage"]["BucketName"] == "images-of-the-hospital"


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


def test_the_index_is_encrypted_supported_and_grows():
    database = deployed(databaseStorageGib="50", databaseMaxStorageGib="500").one("Instance").inputs
    assert database["storageEncrypted"] and database["storageType"] == "gp3"
    assert (database["allocatedStorage"], database["maxAllocatedStorage"]) == (50, 500)
    assert database["engineLifecycleSupport"].endswith("-disabled"), "extended support is paid for silently"
    assert database["monitoringInterval"] and database["enabledCloudwatchLogsExports"] == ["postgresql", "upgrade"]


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


def test_the_database_stands_in_isolated_subnets():
    program = deployed()
    assert program.one("SubnetGroup").inputs["subnetIds"] == ["subnet-isolated-1", "subnet-isolated-2"]
    assert program.one("Instance").inputs["vpcSecurityGroupIds"] == ["orthanc-network-sg-database-id"]


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
