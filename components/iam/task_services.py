"""Which AWS services tasks call over the network, and the names of their endpoints."""

import json

from components.config import Settings
from components.iam import policies

# What a Fargate task calls before and while it runs: image manifest and layers (the layers themselves come from
# S3), its secrets, its log group (Amazon ECR User Guide, "Interface VPC endpoints").
SERVICES_OF_A_TASK = ["ecr.api", "ecr.dkr", "logs", "secretsmanager"]
# And what the agent of a shell in it calls: its channels, and the key of the session, which it uses by itself
# (Amazon ECS Developer Guide, "Monitor Amazon ECS containers with ECS Exec"). It records in `logs`.
SERVICES_OF_SHELLS = ["kms", "ssmmessages"]

# ECR splits a pull: the login goes to its API, the image to the registry. Only a push asks for layers (Amazon ECR
# User Guide, "Create a VPC endpoint policy").
_PULL = {"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}
_LOGIN, _PUSH = {"ecr:GetAuthorizationToken"}, {"ecr:BatchCheckLayerAvailability"}
_NOT_CALLED = {"ecr.api": _PULL | _PUSH, "ecr.dkr": _LOGIN | _PUSH}


def services_of_tasks(settings: Settings) -> list[str]:
    """The services that tasks call, beside S3 and those that Orthanc's storage calls."""
    return [*SERVICES_OF_A_TASK, *(SERVICES_OF_SHELLS if settings.enable_exec else [])]


def actions_of_tasks(settings: Settings, service: str) -> list[str]:
    """What tasks call at the endpoint of `service`: those actions without which they fail."""
    # Which resources a policy names does not decide which actions it lists.
    any_arn = "arn:aws:service:region:account:resource"
    documents = [policies.execution_role(any_arn, any_arn, [any_arn]), policies.pull_layers("aws", "region")]
    if settings.enable_dicom_s3_storage:
        documents.append(policies.use_bucket(any_arn, None))
    if settings.enable_exec:
        documents.append(policies.open_shells(any_arn, any_arn))
    statements = json.loads(policies.endpoint(service, documents))["Statement"]
    called = {action for statement in statements for action in statement["Action"]}
    return sorted(called - _NOT_CALLED.get(service, set()))


def service_name(service: str, region: str) -> str:
    """The name by which endpoints and prefix lists know an AWS service in a Region."""
    return f"com.amazonaws.{region}.{service}"
