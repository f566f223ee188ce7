"""What the bucket of DICOM files does with its objects by itself, and who is told."""

from typing import Any

import pytest

from tests.unit.program import KEPT, deployed

REPLICA = "orthanc-dicom-replica"


@pytest.mark.parametrize(
    ("chosen", "moved"),
    [
        ("STANDARD", []),
        ("INTELLIGENT_TIERING", [{"prefix": ""}]),
        ("GLACIER_IR", [{"objectSizeGreaterThan": 64 * 1024}]),
    ],
)
def test_older_objects_stay_where_orthanc_can_read_them(chosen: str, moved: list[dict[str, Any]]):
    """Small files move only where that is cheaper. By default, S3 moves no file below 128 KB."""
    program = deployed(storageClass=chosen, oldVersionRetentionDays="12")
    rules = program.one("BucketLifecycleConfiguration").inputs["rules"]
    assert all(rule["status"] == "Enabled" for rule in rules)
    assert [rule["filter"] for rule in rules if "transitions" in rule] == moved
    classes = {move["storageClass"] for rule in rules for move in rule.get("transitions", [])}
    assert classes == {chosen} - {"STANDARD"}, "the S3 plugin restores nothing from an archive"
    assert not [rule for rule in rules if "days" in rule.get("expiration", {})], "present images would expire"
    old = [rule["noncurrentVersionExpiration"] for rule in rules if "noncurrentVersionExpiration" in rule]
    assert old == [{"noncurrentDays": 12}], "old versions are kept forever, or deleted at once"
    assert any("abortIncompleteMultipartUpload" in rule for rule in rules), "incomplete uploads are billed forever"


def test_a_lock_holds_every_new_version_and_waits_for_versioning():
    program = deployed(objectLockDays="30")
    lock = program.one("BucketObjectLockConfiguration")
    assert lock.inputs["rule"] == {"defaultRetention": {"mode": "GOVERNANCE", "days": 30}}
    assert lock.waits_for(program.one("BucketVersioning")), "S3 locks no bucket without versions"
    assert "objectLockEnabled" not in program.one("Bucket").inputs, "turning it on would replace the bucket"


@pytest.mark.parametrize("settings", [{}, {"objectLockDays": "30"}])
def test_the_replica_is_as_safe_as_the_bucket(settings: dict[str, str]):
    program = deployed(replicaRegion="eu-west-1", **settings)
    there = [
        each for each in program.resources if each.name == REPLICA and each.kind.startswith(("aws:s3", "aws:kms"))
    ]
    copied = program.one("BucketReplicationConfig")
    for part in there:
        if part is not copied:
            assert part.inputs["region"] == "eu-west-1", f"{part.type} would be at home"
    parts = {each.type for each in there} - {"BucketReplicationConfig", "Key"}
    assert parts == {
        each.type for each in program.resources if each.name == "orthanc-dicom" and each.type.startswith("Bucket")
    }, "the replica lacks a part of what keeps the bucket safe"
    [rule] = copied.inputs["rules"]
    assert rule["sourceSelectionCriteria"] == {"sseKmsEncryptedObjects": {"status": "Enabled"}}, (
        "nothing is copied"
    )
    assert rule["destination"]["encryptionConfiguration"]["replicaKmsKeyId"].endswith(f":key/{REPLICA}")
    for kind, name in (
        ("BucketVersioning", "orthanc-dicom"),
        ("BucketVersioning", REPLICA),
        ("RolePolicyAttachment", REPLICA),
    ):
        assert copied.waits_for(program.one(kind, name)), "S3 refuses it"


def test_s3_replicates_with_the_rights_of_a_copyist():
    of = {statement["Sid"]: statement for statement in deployed(replicaRegion="eu-west-1").statements(REPLICA)}
    assert of["Decrypt"]["Resource"] != of["Encrypt"]["Resource"]
    assert of["Decrypt"]["Condition"] == {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    assert of["Encrypt"]["Condition"] == {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}
    assert of["Copy"]["Resource"] == [f"arn:aws:s3:::{REPLICA}/*"]


@pytest.mark.parametrize("storage", [{}, KEPT])
def test_the_trail_holds_the_use_of_these_objects_and_nothing_else(storage: dict[str, str]):
    program = deployed(enableDataEvents="true", enableAccessLogs="true", **storage)
    trail = program.one("Trail")
    [selector] = trail.inputs["advancedEventSelectors"]
    fields: dict[str, Any] = {each.pop("field"): each for each in map(dict, selector["fieldSelectors"])}
    assert fields["resources.type"] == {"equals": ["AWS::S3::Object"]}
    [prefix] = fields["resources.ARN"]["startsWiths"]
    assert prefix.endswith("images-of-the-hospital/" if storage else ":orthanc-dicom/"), (
        "other buckets are recorded"
    )
    assert trail.inputs["enableLogFileValidation"] and trail.inputs["kmsKeyId"]
    assert trail.waits_for(program.one("BucketPolicy", "orthanc-access-logs")), "CloudTrail refuses the bucket"


def test_who_uses_the_bucket_is_written_to_the_log_bucket():
    program = deployed(enableAccessLogs="true")
    logging = program.one("BucketLogging")
    assert (logging.inputs["targetBucket"], logging.inputs["targetPrefix"]) == (
        "orthanc-access-logs-bucket",
        "bucket/",
    )
    assert logging.waits_for(program.one("BucketPolicy", "orthanc-access-logs"))
    assert not deployed(enableAccessLogs="true", **KEPT).all("BucketLogging"), "somebody else's bucket is changed"
