"""Checks whether existing data can be used, before the first resource is registered.

Otherwise a bucket in another Region, or with a key that the tasks may not use, would cause an error when the first
study is stored. A snapshot that RDS cannot restore would cause one when half of the stack exists. `look` queries
AWS; `problems` checks the results and is a pure function. The key of the database is checked in `database_key`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi_aws as aws

from components.config import Problem, Settings
from components.preflight import database_key
from components.preflight.database_key import LiveDatabase, LiveKey
from components.preflight.lookups import NOTHING, found

# S3 returns 403 for a bucket of another account.
_ABSENT = (*NOTHING, "no results", "StatusCode: 404", "StatusCode: 403")

_CLOSED = {"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"}


@dataclass(frozen=True)
class LiveBucket:
    """The current state of a bucket.

    `key`: ID, ARN, or alias of the KMS key for new objects; empty for S3's own key.
    """

    region: str
    versioned: bool = False
    private: bool = False
    key: str = ""


@dataclass(frozen=True)
class LiveSnapshot:
    """The current state of a database snapshot.

    `version`: such as 17.4. `storage`: in GiB. `key`: None if the snapshot is not encrypted. `account`: the owner,
    which can be another account that shares the snapshot with this one.
    """

    engine: str
    version: str
    status: str
    storage: int
    account: str
    key: LiveKey | None


@dataclass(frozen=True)
class Survey:
    """The existing data that the settings name, and the stack's own database.

    `region`, `account`: where the stack is deployed.
    """

    region: str
    account: str = ""
    bucket: LiveBucket | None = None
    snapshot: LiveSnapshot | None = None
    database: LiveDatabase | None = None

    @property
    def kept_key(self) -> LiveKey | None:
        """The key of the database or of its snapshot; None if the database gets a new one."""
        if self.database:
            return self.database.key
        return self.snapshot.key if self.snapshot else None


def look(settings: Settings, remembered: Mapping[str, str], region: str) -> Survey:
    """Looks up the data that the settings name, and the recorded database of the stack, which is in `region`.

    A snapshot is needed only to create the database, so it is not looked up if the database exists. Raises the
    provider's errors, such as access denied.
    """
    bucket = _look_at_bucket(settings.existing_bucket_name, region) if settings.existing_bucket_name else None
    database = database_key.look_at_database(remembered)
    if database or not settings.db_snapshot_identifier:
        return Survey(region, bucket=bucket, database=database)
    account = settings.account.id
    return Survey(region, account, bucket, _look_at_snapshot(settings.db_snapshot_identifier))


def problems(settings: Settings, survey: Survey) -> Iterator[Problem]:
    """Yields problems with data that could not be read, would be lost, or could not be restored."""
    if settings.existing_bucket_name:
        yield from _problems_of_bucket(settings, survey)
    if survey.database:
        yield from database_key.problems_of_database(settings, survey.database)
    elif settings.db_snapshot_identifier:
        yield from _problems_of_snapshot(settings, survey)


def _look_at_bucket(name: str, region: str) -> LiveBucket | None:
    bucket = found(lambda: aws.s3.get_bucket(bucket=name), _ABSENT)
    if bucket is None or bucket.bucket_region != region:
        return bucket and LiveBucket(bucket.bucket_region)
    # Cloud Control returns all properties of a bucket at once; the provider's own functions do not return these.
    text = aws.cloudcontrol.get_resource(type_name="AWS::S3::Bucket", identifier=name).properties
    properties: dict[str, Any] = json.loads(text)
    closed = properties.get("PublicAccessBlockConfiguration", {})
    rules = properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
    keys = [rule.get("ServerSideEncryptionByDefault", {}).get("KMSMasterKeyID", "") for rule in rules]
    return LiveBucket(
        region,
        versioned=properties.get("VersioningConfiguration", {}).get("Status") == "Enabled",
        private=all(closed.get(name) is True for name in _CLOSED),
        key=next(filter(None, keys), ""),
    )


def _look_at_snapshot(identifier: str) -> LiveSnapshot | None:
    snapshot = found(lambda: aws.rds.get_snapshot(db_snapshot_identifier=identifier, include_shared=True), _ABSENT)
    return snapshot and LiveSnapshot(
        snapshot.engine,
        snapshot.engine_version,
        snapshot.status,
        int(snapshot.allocated_storage),
        account=snapshot.db_snapshot_arn.split(":")[4],
        key=database_key.look_at_key(snapshot.kms_key_id) if snapshot.encrypted else None,
    )


def _problems_of_bucket(settings: Settings, survey: Survey) -> Iterator[Problem]:
    name, key, bucket = settings.existing_bucket_name, settings.existing_bucket_key_arn, survey.bucket
    if bucket is None:
        rule = "does not exist, or this account has no access to it"
        yield Problem("existingBucketName", name, rule, "pulumi config set existingBucketName NAME")
        return
    if bucket.region != survey.region:
        rule = f"lies in {bucket.region}, and the stack in {survey.region}: the VPC's way to S3 ends at the region"
        yield Problem("existingBucketName", name, rule, f"pulumi config set aws:region {bucket.region}")
        return
    if not bucket.versioned:
        rule = "has versioning disabled: deleted or overwritten files would be lost"
        remedy = f"aws s3api put-bucket-versioning --bucket {name} --versioning-configuration Status=Enabled"
        yield Problem("existingBucketName", name, rule, remedy)
    if not bucket.private:
        rule = "does not block public access, although it contains patients' images"
        closed = ",".join(f"{option}=true" for option in sorted(_CLOSED))
        remedy = f"aws s3api put-public-access-block --bucket {name} --public-access-block-configuration {closed}"
        yield Problem("existingBucketName", name, rule, remedy)
    own = bucket.key and not bucket.key.endswith("alias/aws/s3")
    if own and not key:
        rule = f"is encrypted with the key {bucket.key}, which existingBucketKeyArn must name for the tasks"
        yield Problem("existingBucketKeyArn", "", rule, "pulumi config set existingBucketKeyArn with its ARN")
    # For an alias, this response does not contain the key that it belongs to.
    if key and "alias/" not in bucket.key and bucket.key not in (key, key.rpartition("/")[2]):
        rule = f"is not the key of the bucket {name}, which is {bucket.key or 'encrypted by S3 itself'}"
        yield Problem("existingBucketKeyArn", key, rule, "name the bucket's key, or pulumi config rm it")


def _problems_of_snapshot(settings: Settings, survey: Survey) -> Iterator[Problem]:
    identifier, snapshot = settings.db_snapshot_identifier, survey.snapshot
    # The setting is needed only once. A snapshot that has been deleted since must not block later updates. The
    # stack has a record of its database, unless an earlier version of this program deployed it.
    afterwards = "pulumi config rm dbSnapshotIdentifier if the database is there already"

    def problem(rule: str, remedy: str) -> Problem:
        return Problem("dbSnapshotIdentifier", identifier, rule, f"{remedy}; {afterwards}")

    if snapshot is None:
        yield problem("does not exist in this account and Region", "name another snapshot")
        return
    if snapshot.engine != "postgres":
        yield problem(f"is of {snapshot.engine}, and Orthanc's index is in PostgreSQL", "name another snapshot")
        return
    if snapshot.status != "available":
        yield problem(f"is {snapshot.status}, not available yet", "wait until it is")
    wanted = settings.kms_key_arn or ("ARN_OF_A_KEY" if settings.enable_customer_keys else "alias/aws/rds")
    if snapshot.account != survey.account:
        rule = f"belongs to account {snapshot.account}, and RDS restores no encrypted snapshot that is shared"
        yield problem(rule, database_key.copy_command(settings, wanted))
    elif snapshot.key is None:
        rule = "is not encrypted, and what is restored from it would not be either"
        yield problem(rule, database_key.copy_command(settings, wanted))
    else:
        yield from database_key.problems_of_snapshot(settings, snapshot.key, problem)
    major = snapshot.version.partition(".")[0]
    if major != settings.database_engine_version:
        rule = f"is of PostgreSQL {major}, databaseEngineVersion {settings.database_engine_version}: restore first"
        yield problem(f"{rule}, upgrade then", f"pulumi config set databaseEngineVersion {major}")
    if snapshot.storage > settings.database_storage_gib:
        has, wanted = snapshot.storage, settings.database_storage_gib
        rule = f"holds {has} GiB, databaseStorageGib is {wanted}, and RDS shrinks nothing"
        yield problem(rule, f"pulumi config set databaseStorageGib {has}")
