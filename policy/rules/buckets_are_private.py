"""Every bucket blocks public access, both by ACL and by policy."""

from collections.abc import Iterator, Sequence

from . import Finding, Resource, by_bucket, of_kind

_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def check_stack(resources: Sequence[Resource], stack: str) -> Iterator[Finding]:
    """Checks buckets and their BucketPublicAccessBlock."""
    blocks = by_bucket(resources, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    for bucket in of_kind(resources, "aws:s3/bucket:Bucket"):
        block = blocks.get(bucket.properties.get("bucket"))
        missing = [name for name in _BLOCKS if not block or block.properties.get(name) is not True]
        if missing:
            yield bucket.urn, f"it can be made public: its BucketPublicAccessBlock needs {', '.join(missing)}"
