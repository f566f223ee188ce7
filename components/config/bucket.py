"""The bucket for DICOM files: one that the stack creates, or an existing one."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field
from pydantic.alias_generators import to_camel

from components.config.data import no_lock_with_deletion
from components.config.values import Flag, Group, Problem, Rule, matches

if TYPE_CHECKING:
    from components.config import Settings

BucketName = Annotated[
    str,
    matches(
        r"|[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        "must be the name of an S3 bucket (no ARN, no path), or empty to create a bucket",
    ),
]
KeyArn = Annotated[
    str,
    matches(
        r"|arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[0-9a-f-]{36}|arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/mrk-[0-9a-f]{32}",
        "must be the ARN of a KMS key (arn:aws:kms:region:account:key/id, no alias), or empty",
    ),
]

# Only classes with instant access: Orthanc does not restore archived objects before it reads them.
StorageClass = Literal["STANDARD", "INTELLIGENT_TIERING", "GLACIER_IR"]
Region = Annotated[
    str, matches(r"|[a-z]{2}(-[a-z]+)+-\d", "must be an AWS region such as eu-west-1, or empty for no replica")
]


class BucketSettings(Group):
    """S3 bucket."""

    existing_bucket_name: BucketName = ""
    """Existing S3 bucket with DICOM files to use without changing its settings. Empty creates a bucket."""
    existing_bucket_key_arn: KeyArn = ""
    """ARN of the KMS key that encrypts existingBucketName, if it has its own."""
    storage_class: StorageClass = "INTELLIGENT_TIERING"
    """Storage class of DICOM files in S3 after 30 days: STANDARD, INTELLIGENT_TIERING, or GLACIER_IR. All of
    them are available instantly."""
    old_version_retention_days: int = Field(default=30, ge=1, le=3650)
    """Days for which S3 keeps deleted and overwritten DICOM files."""
    object_lock_days: int = Field(default=0, ge=0, le=36500)
    """Days for which no version of a DICOM file in S3 can be deleted (Object Lock in governance mode). 0
    disables Object Lock."""
    replica_region: Region = ""
    """Second AWS Region to which S3 replicates DICOM files, encrypted with a key there. Empty disables
    replication."""
    enable_bucket_events: Flag = False
    """Sends an event to EventBridge for each DICOM file that is stored or deleted in S3."""
    enable_data_events: Flag = False
    """Records each access to a DICOM file in S3 with CloudTrail. The trail is stored in the access log bucket."""


_KEYS_OF_AN_OWN_BUCKET = (
    *("storage_class", "old_version_retention_days", "object_lock_days", "replica_region", "enable_bucket_events"),
)


def _bucket_is_used(settings: "Settings") -> Problem | None:
    if settings.enable_dicom_s3_storage or not settings.existing_bucket_name:
        return None
    rule = "conflicts with enableDicomS3Storage false, which stores DICOM files on EFS"
    remedy = "pulumi config set enableDicomS3Storage true, or pulumi config rm existingBucketName"
    return Problem("existingBucketName", settings.existing_bucket_name, rule, remedy)


def _key_has_a_bucket(settings: "Settings") -> Problem | None:
    if settings.existing_bucket_name or not settings.existing_bucket_key_arn:
        return None
    rule = "requires existingBucketName"
    remedy = "pulumi config set existingBucketName NAME, or pulumi config rm existingBucketKeyArn"
    return Problem("existingBucketKeyArn", settings.existing_bucket_key_arn, rule, remedy)


def _of_an_own_bucket(field: str) -> Rule:
    """Returns the rule that `field`, which configures a new bucket, conflicts with an existing one and EFS."""
    key, default = to_camel(field), BucketSettings.model_fields[field].default

    def check(settings: "Settings") -> Problem | None:
        value = getattr(settings, field)
        if value == default or (settings.enable_dicom_s3_storage and not settings.existing_bucket_name):
            return None
        other = "existingBucketName" if settings.existing_bucket_name else "enableDicomS3Storage"
        instead = (
            "existingBucketName uses an existing one" if settings.existing_bucket_name else "the files are on EFS"
        )
        rule = f"configures the bucket that the stack creates, but {instead}"
        return Problem(key, value, rule, f"pulumi config rm {key}, or pulumi config rm {other}")

    return Rule(frozenset({"enableDicomS3Storage", "existingBucketName", key}), check)


def _events_have_objects(settings: "Settings") -> Problem | None:
    if settings.enable_dicom_s3_storage or not settings.enable_data_events:
        return None
    rule = "records access to objects in S3, but the files are on EFS"
    remedy = "pulumi config rm enableDataEvents, or pulumi config rm enableDicomS3Storage"
    return Problem("enableDataEvents", True, rule, remedy)


def _events_have_a_place(settings: "Settings") -> Problem | None:
    if settings.keep_access_logs or not settings.enable_data_events:
        return None
    rule = "requires a bucket for access logs"
    remedy = "pulumi config set enableAccessLogs true, or pulumi config set accessLogsBucketArn arn:aws:s3:::…"
    return Problem("enableDataEvents", True, rule, remedy)


def replica_at_home(settings: "Settings", region: str | None) -> Problem | None:
    """Returns a problem if the replica would be in `region`, that of the stack; None if `region` is not known."""
    if not settings.replica_region or settings.replica_region != region:
        return None
    rule = "is the stack's own Region; a replica there would not survive the loss of the Region"
    return Problem("replicaRegion", region, rule, "pulumi config set replicaRegion with another region")


def key_elsewhere(settings: "Settings", region: str | None) -> Problem | None:
    """Returns a problem if the key of the existing bucket is not in `region`; None if `region` is not known."""
    arn = settings.existing_bucket_key_arn
    if not arn or region in {None, arn.split(":")[3]}:
        return None
    rule = (
        f"is in another Region than the stack ({region}); the key of a bucket must be in the Region of the bucket"
    )
    return Problem("existingBucketKeyArn", arn, rule, f"the key of a bucket in {region}, or another aws:region")


RULES = (
    Rule(frozenset({"enableDicomS3Storage", "existingBucketName"}), _bucket_is_used),
    Rule(frozenset({"existingBucketName", "existingBucketKeyArn"}), _key_has_a_bucket),
    no_lock_with_deletion("object_lock_days", "objects"),
    Rule(frozenset({"enableDicomS3Storage", "enableDataEvents"}), _events_have_objects),
    Rule(frozenset({"enableDataEvents", "enableAccessLogs", "accessLogsBucketArn"}), _events_have_a_place),
    *(_of_an_own_bucket(field) for field in _KEYS_OF_AN_OWN_BUCKET),
)
