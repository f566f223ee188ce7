"""Resources that hold data or cost money have tags for their project and stack."""

from collections.abc import Iterator

from . import Properties

_TAGS = ("Project", "Stack")
_TAGGED = {
    *("aws:cloudfront/distribution:Distribution", "aws:ec2/natGateway:NatGateway", "aws:ec2/vpc:Vpc"),
    *("aws:ecr/repository:Repository", "aws:ecs/service:Service", "aws:efs/fileSystem:FileSystem"),
    *("aws:kms/key:Key", "aws:lb/loadBalancer:LoadBalancer", "aws:rds/instance:Instance"),
    *("aws:s3/bucket:Bucket", "aws:secretsmanager/secret:Secret"),
}


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Checks the relevant types that support tags. The provider adds the stack's default tags."""
    tags = properties.get("tagsAll") or properties.get("tags") or {}
    missing = [tag for tag in _TAGS if not tags.get(tag)]
    if kind in _TAGGED and missing:
        yield f"it lacks the tags {', '.join(missing)}: set them in the stack's aws:defaultTags"
