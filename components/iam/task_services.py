"""Which AWS services tasks call over the network, and the names of their endpoints."""

import json

from components.config import Settings
from components.iam import policies

# What a Fargate task calls before and while it runs: image manifest and layers (the layers themselves come from
# S3), its secrets, its log group (Amazon ECR User Guide, "Interface VPC endpoints").
SERVICES_OF_A_TASK = ["ecr.api", "ecr.dkr", "logs", "secretsmanager"]
# What the ECS Exec agent in the task also calls: its channels, and the key of the session, which it uses itself
# (Amazon ECS Developer Guide, "Monitor Amazon ECS containers with ECS Exec"). It writes its records to `logs`.
SERVICES_OF_SHELLS = ["kms", "ssmmessages"]

# During a pull from ECR, the login calls the API, and the image comes from the registry. Only a push checks for
# layers (Amazon ECR User Guide, "Create a VPC endpoint policy").
_PULL = {"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}
_LOGIN, _PUSH = {"ecr:GetAuthorizationToken"}, {"ecr:BatchCheckLayerAvailability"}
_NOT_CALLED = {"ecr.api": _PULL | _PUSH, "ecr.dkr": _LOGIN | _PUSH}


def services_of_tasks(settings: Settings) -> list[str]:
    """Returns the services that tasks call, in addition to S3 and those that Orthanc's storage calls."""
    return [*SERVICES_OF_A_TASK, *(SERVICES_OF_SHELLS if settings.enable_exec else [])]


def actions_of_tasks(settings: Settings, service: str) -> list[str]:
    """Returns the actions that tasks call at the endpoint of `service`, and without which they fail."""
    # The actions in a policy do not depend on the resources that it names.
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
    """Returns the name of an AWS service in a Region, as used by endpoints and prefix lists."""
    return f"com.amazonaws.{region}.{service}"
