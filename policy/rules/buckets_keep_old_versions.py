"""Every bucket keeps overwritten and deleted objects for as long as its lifecycle rules specify."""

from collections.abc import Iterator, Sequence

from . import Finding, Resource, by_bucket, of_kind


def check_stack(resources: Sequence[Resource], stack: str) -> Iterator[Finding]:
    """Checks buckets and their BucketVersioning."""
    versioning = by_bucket(resources, "aws:s3/bucketVersioning:BucketVersioning")
    for bucket in of_kind(resources, "aws:s3/bucket:Bucket"):
        configured = versioning.get(bucket.properties.get("bucket"))
        status = (configured.properties.get("versioningConfiguration") or {}).get("status") if configured else None
        if status != "Enabled":
            yield bucket.urn, f"what is deleted in it is gone at once: its versioning is {status}, make it Enabled"
