"""Resource-based policies (bucket, key, topic …) admit only the principals they name, or require a condition."""

from collections.abc import Iterator

from . import Properties, document, several

_CARRIERS = {
    *("aws:ecr/repositoryPolicy:RepositoryPolicy", "aws:efs/fileSystemPolicy:FileSystemPolicy"),
    *("aws:kms/key:Key", "aws:kms/keyPolicy:KeyPolicy", "aws:s3/bucketPolicy:BucketPolicy"),
    *("aws:secretsmanager/secretPolicy:SecretPolicy", "aws:sns/topicPolicy:TopicPolicy"),
    *("aws:backup/vaultPolicy:VaultPolicy", "aws:sqs/queuePolicy:QueuePolicy"),
}


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Checks resource-based policies, except for VPC endpoints, whose policies must apply to all principals."""
    for statement in document(properties.get("policy")) if kind in _CARRIERS else ():
        if statement["Effect"] == "Allow" and not statement.get("Condition") and _is_anybody(statement):
            yield f"anybody may do {', '.join(several(statement.get('Action')))}: name the principals"


def _is_anybody(statement: Properties) -> bool:
    principal = statement.get("Principal")
    names = principal.values() if isinstance(principal, dict) else [principal]
    return "NotPrincipal" in statement or any("*" in several(name) for name in names)
