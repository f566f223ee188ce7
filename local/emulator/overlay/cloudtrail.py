"""CloudTrail: rejects a trail whose bucket policy does not allow its logs."""

from typing import Any

from moto.cloudtrail.models import CloudTrailBackend, Trail

from local.emulator.overlay import AwsError, replaces
from local.emulator.overlay.s3 import problem_of_writing


@replaces(CloudTrailBackend)
def create_trail(original: Any, self: Any, name: str, bucket_name: str, s3_key_prefix: str, *more: Any) -> Trail:
    """moto checks that the bucket exists, but not its policy."""
    trail = f"arn:aws:cloudtrail:{self.region_name}:{self.account_id}:trail/{name}"
    prefix = f"{s3_key_prefix}/" if s3_key_prefix else ""
    keys = {"s3:x-amz-acl": "bucket-owner-full-control", "aws:sourcearn": trail}
    key = f"{prefix}AWSLogs/{self.account_id}/CloudTrail/log"
    if problem := problem_of_writing(bucket_name, key, "cloudtrail.amazonaws.com", keys):
        message = f"Incorrect S3 bucket policy is detected for bucket: {bucket_name}: {problem}"
        raise AwsError("InsufficientS3BucketPolicyException", message)
    return original(self, name, bucket_name, s3_key_prefix, *more)
