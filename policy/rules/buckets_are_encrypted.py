"""Every bucket specifies how its objects are encrypted."""

from collections.abc import Iterator, Sequence

from . import Finding, Resource, by_bucket, of_kind

_ALGORITHMS = ("aws:kms", "aws:kms:dsse", "AES256")


def check_stack(resources: Sequence[Resource], stack: str) -> Iterator[Finding]:
    """Checks buckets and their BucketServerSideEncryptionConfiguration."""
    kind = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    encryption = by_bucket(resources, kind)
    for bucket in of_kind(resources, "aws:s3/bucket:Bucket"):
        configured = encryption.get(bucket.properties.get("bucket"))
        rules = configured.properties.get("rules", []) if configured else []
        algorithms = [rule.get("applyServerSideEncryptionByDefault", {}).get("sseAlgorithm") for rule in rules]
        if not algorithms or any(algorithm not in _ALGORITHMS for algorithm in algorithms):
            yield bucket.urn, f"its encryption is {algorithms}: give it aws:kms, or AES256 where KMS cannot be"
