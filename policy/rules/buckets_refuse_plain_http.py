"""Every bucket's policy denies requests without TLS."""

from collections.abc import Iterator, Sequence

from . import Finding, Properties, Resource, by_bucket, document, of_kind, several


def check_stack(resources: Sequence[Resource], stack: str) -> Iterator[Finding]:
    """Checks buckets and their BucketPolicy."""
    policies = by_bucket(resources, "aws:s3/bucketPolicy:BucketPolicy")
    for bucket in of_kind(resources, "aws:s3/bucket:Bucket"):
        policy = policies.get(bucket.properties.get("bucket"))
        if not policy or not any(map(_refuses, document(policy.properties.get("policy")))):
            yield bucket.urn, "it answers without TLS: deny s3:* to all where aws:SecureTransport is false"


def _refuses(statement: Properties) -> bool:
    return (
        statement["Effect"] == "Deny"
        and "s3:*" in several(statement.get("Action"))
        and statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") == "false"
    )
