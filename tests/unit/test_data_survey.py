"""Data that is brought is looked at before anything is made for it."""

from dataclasses import replace
from typing import Any

import pytest

from components.config.parse import parse
from components.preflight.data import LiveBucket, LiveSnapshot, Survey, problems
from components.preflight.database_key import LiveDatabase, LiveKey
from tests.unit.program import AWS_KEY, KEPT, KEY, refused

ACCOUNT = "123456789012"

BUCKET = LiveBucket("us-east-1", versioned=True, private=True, key=KEY)
SNAPSHOT = LiveSnapshot("postgres", "17.4", "available", 20, ACCOUNT, LiveKey(AWS_KEY, by_aws=True))
WITHOUT_KEY = {key: value for key, value in KEPT.items() if key != "existingBucketKeyArn"}
DELETED = LiveKey(KEY, state="PendingDeletion")
LATER = "pulumi config rm dbSnapshotIdentifier if the database is there already"


def bucket(**changed: Any) -> Survey:
    return Survey("us-east-1", ACCOUNT, replace(BUCKET, **changed), SNAPSHOT)


def snapshot(**changed: Any) -> Survey:
    return Survey("us-east-1", ACCOUNT, BUCKET, replace(SNAPSHOT, **changed))


# What AWS tells, the key that the error names, its rule, its remedy.
BAD: list[tuple[Survey, str, str, str]] = [
    (
        Survey("us-east-1", ACCOUNT, None, SNAPSHOT),
        "existingBucketName",
        "does not exist",
        "set existingBucketName",
    ),
    (bucket(region="eu-west-1"), "existingBucketName", "lies in eu-west-1", "aws:region eu-west-1"),
    (bucket(versioned=False), "existingBucketName", "versioning disabled", "put-bucket-versioning"),
    (bucket(private=False), "existingBucketName", "public access", "RestrictPublicBuckets=true"),
    (bucket(key=KEY[:-1] + "1"), "existingBucketKeyArn", "is not the key of the bucket", "config rm"),
    (bucket(key=""), "existingBucketKeyArn", "encrypted by S3 itself", "config rm"),
    (Survey("us-east-1", ACCOUNT, BUCKET, None), "dbSnapshotIdentifier", "does not exist", LATER),
    (snapshot(engine="mysql"), "dbSnapshotIdentifier", "is of mysql", LATER),
    (snapshot(status="creating"), "dbSnapshotIdentifier", "is creating", LATER),
    (snapshot(key=None), "dbSnapshotIdentifier", "not encrypted", "--kms-key-id alias/aws/rds"),
    (snapshot(account="999999999999"), "dbSnapshotIdentifier", "that is shared", "aws rds copy-db-snapshot"),
    (snapshot(key=DELETED), "dbSnapshotIdentifier", "which is PendingDeletion", "aws kms cancel-key-deletion"),
    (snapshot(key=LiveKey(KEY, state="Disabled")), "dbSnapshotIdentifier", "is Disabled", "aws kms enable-key"),
    (snapshot(version="15.8"), "dbSnapshotIdentifier", "PostgreSQL 15", "databaseEngineVersion 15"),
    (snapshot(storage=21), "dbSnapshotIdentifier", "RDS shrinks nothing", "databaseStorageGib 21"),
]


@pytest.mark.parametrize(("survey", "key", "rule", "remedy"), BAD)
def test_what_would_fail_half_an_hour_later_is_refused_now(survey: Survey, key: str, rule: str, remedy: str):
    [problem] = problems(parse(KEPT), survey)
    assert problem.key == key and rule in problem.rule and remedy in problem.remedy


@pytest.mark.parametrize(
    ("settings", "survey"),
    [
        (KEPT, bucket()),
        (KEPT, bucket(key=KEY[-36:])),
        (KEPT, bucket(key="alias/images")),
        (WITHOUT_KEY, bucket(key="")),
        (WITHOUT_KEY, bucket(key="arn:aws:kms:us-east-1:123456789012:alias/aws/s3")),
        (KEPT | {"databaseEngineVersion": "15"}, snapshot(version="15.8")),
        (KEPT | {"databaseStorageGib": "100"}, snapshot(storage=100)),
        # The database is there: its snapshot may be gone.
        (KEPT, Survey("us-east-1", bucket=BUCKET, database=LiveDatabase("db", LiveKey(AWS_KEY, by_aws=True)))),
    ],
)
def test_data_that_will_do(settings: dict[str, str], survey: Survey):
    assert not list(problems(parse(settings), survey))


def test_tasks_that_may_not_use_the_buckets_key_would_read_nothing():
    [problem] = problems(parse(WITHOUT_KEY), bucket())
    assert problem.key == "existingBucketKeyArn" and KEY in problem.rule


def test_all_that_is_wrong_is_told_at_once():
    wrong = WITHOUT_KEY | {"taskCpu": "2", "databaseEngineVersion": "16"}
    assert [p.key for p in refused(wrong)] == ["taskCpu", "existingBucketKeyArn", "dbSnapshotIdentifier"]
