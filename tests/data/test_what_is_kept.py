"""What a stack leaves behind when it is destroyed is what the next one begins with."""

from collections import Counter

from tests.data.archive import Archive
from tests.data.files import content, new_file
from tests.embedded import Embedded, summary


def test_studies_survive_the_stack_that_stored_them(on_s3: Archive):
    embedded = on_s3.embedded
    files = {on_s3.store(file): file for file in (new_file("CT_small.dcm"), content("rtplan.dcm"))}
    studies = sorted(on_s3.get("/studies").json())
    embedded.configure(dataOnDestroy="keep")
    embedded.changes()
    embedded.pulumi("destroy", "--yes", "--skip-preview")
    assert not embedded.client("rds").describe_db_instances()["DBInstances"]
    on_s3.eventually(lambda: not on_s3.tasks(), "tasks run on without their service")

    kept = _what_is_kept(embedded)
    embedded.configure(**kept)
    made = summary(embedded.changes())
    assert made["create", "Instance"] == 1 and not made["create", "Bucket"]
    on_s3.log_in()
    on_s3.eventually(lambda: on_s3.get("/changes"), "Orthanc does not answer")
    assert sorted(on_s3.get("/studies").json()) == studies, "the index is another one"
    for instance, file in files.items():
        assert on_s3.get(f"/instances/{instance}/file").content == file
    # It is an archive like any other.
    later = new_file("MR_small.dcm")
    assert on_s3.get(f"/instances/{on_s3.store(later)}/file").content == later

    brought = summary(embedded.changes())
    assert {kind for _, kind in brought} == {"Service", "Target", "TargetGroup"}, "more than the other tasks comes"
    assert summary(embedded.changes()) == Counter(), "an update would restore again, or replace the database"
    embedded.client("rds").delete_db_snapshot(DBSnapshotIdentifier=kept["dbSnapshotIdentifier"])
    embedded.configure(dbSnapshotIdentifier=None)
    assert summary(embedded.changes()) == Counter(), "the database goes with the snapshot that it was made from"


def _what_is_kept(embedded: Embedded) -> dict[str, str]:
    """The settings that bring a stack up from what the last one left, found as the documents tell."""
    s3 = embedded.client("s3")
    [snapshot] = embedded.client("rds").describe_db_snapshots()["DBSnapshots"]
    [bucket] = [listed["Name"] for listed in s3.list_buckets()["Buckets"]]
    [rule] = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    return {
        "dbSnapshotIdentifier": snapshot["DBSnapshotIdentifier"],
        "existingBucketName": bucket,
        "existingBucketKeyArn": rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"],
    }
