"""The bucket of DICOM files: one that the stack makes, or one that is there already."""

from typing import Annotated, Protocol

from pydantic import Field
from pydantic.alias_generators import to_camel

from components.settings.values import Group, Problem, Rule, matches

BucketName = Annotated[
    str,
    matches(
        r"|[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        "must be the name of an S3 bucket (no ARN, no path), or empty for a bucket of the stack's own",
    ),
]
KeyArn = Annotated[
    str,
    matches(
        r"|arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[0-9a-f-]{36}|arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/mrk-[0-9a-f]{32}",
        "must be the ARN of a KMS key (arn:aws:kms:region:account:key/id, no alias), or empty",
    ),
]


class BucketSettings(Group):
    """What the stack's bucket does with its objects; or the bucket that is brought."""

    existing_bucket_name: BucketName = ""
    existing_bucket_key_arn: KeyArn = ""
    old_version_retention_days: int = Field(default=30, ge=1, le=3650)


class _Stored(Protocol):
    enable_dicom_s3_storage: bool
    existing_bucket_name: str
    existing_bucket_key_arn: str


_KEYS_OF_AN_OWN_BUCKET = ("old_version_retention_days",)


def _bucket_is_used(settings: _Stored) -> Problem | None:
    if settings.enable_dicom_s3_storage or not settings.existing_bucket_name:
        return None
    rule = "holds DICOM files on S3, but enableDicomS3Storage false puts them on EFS"
    remedy = "pulumi config set enableDicomS3Storage true, or pulumi config rm existingBucketName"
    return Problem("existingBucketName", settings.existing_bucket_name, rule, remedy)


def _key_has_a_bucket(settings: _Stored) -> Problem | None:
    if settings.existing_bucket_name or not settings.existing_bucket_key_arn:
        return None
    rule = "opens a bucket that is brought, but none is named"
    remedy = "pulumi config set existingBucketName NAME, or pulumi config rm existingBucketKeyArn"
    return Problem("existingBucketKeyArn", settings.existing_bucket_key_arn, rule, remedy)


def _of_an_own_bucket(field: str) -> Rule:
    """Rule: what describes a bucket that the stack makes goes neither with a brought one nor with EFS."""
    key, default = to_camel(field), BucketSettings.model_fields[field].default

    def check(settings: _Stored) -> Problem | None:
        value = getattr(settings, field)
        if value == default or (settings.enable_dicom_s3_storage and not settings.existing_bucket_name):
            return None
        other = "existingBucketName" if settings.existing_bucket_name else "enableDicomS3Storage"
        instead = "existingBucketName brings one" if settings.existing_bucket_name else "the files are on EFS"
        rule = f"describes a bucket that the stack makes, but {instead}"
        return Problem(key, value, rule, f"pulumi config rm {key}, or pulumi config rm {other}")

    return Rule(frozenset({"enableDicomS3Storage", "existingBucketName", key}), check)


def key_elsewhere(settings: _Stored, region: str | None) -> Problem | None:
    """The problem that the brought bucket's key lies in another region than `region`, if that is known."""
    arn = settings.existing_bucket_key_arn
    if not arn or region in {None, arn.split(":")[3]}:
        return None
    rule = f"lies in another region than the stack's, {region}, where S3 wants the key of a bucket"
    return Problem("existingBucketKeyArn", arn, rule, f"the key of a bucket in {region}, or another aws:region")


RULES = (
    Rule(frozenset({"enableDicomS3Storage", "existingBucketName"}), _bucket_is_used),
    Rule(frozenset({"existingBucketName", "existingBucketKeyArn"}), _key_has_a_bucket),
    *(_of_an_own_bucket(field) for field in _KEYS_OF_AN_OWN_BUCKET),
)
