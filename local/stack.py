"""The configuration of a stack on the embedded AWS. That of `local` is generated; users can then change it."""

from pathlib import Path
from typing import Any

import yaml

from local.workspace import REGION, TEST_CREDENTIALS, Workspace

NAME = "local"
PROJECT = "orthanc-on-aws"

# The services that the program calls, as named in `aws:endpoints`. For all others, the provider calls AWS itself.
SERVICES = (
    *(
        "acm",
        "applicationautoscaling",
        "backup",
        "budgets",
        "cloudfront",
        "cloudtrail",
        "cloudwatch",
        "ec2",
        "ecr",
    ),
    *("ecs", "efs", "elbv2", "events", "iam", "kms", "logs", "rds", "route53", "s3", "secretsmanager"),
    *("servicequotas", "sns", "sqs", "ssm", "stepfunctions", "sts", "wafv2"),
)

_DEFAULTS: dict[str, Any] = {
    # The emulated account ends with the emulator: nothing in it can be kept.
    f"{PROJECT}:dataOnDestroy": "delete",
    "aws:region": REGION,
    "aws:defaultTags": {"tags": {"Project": PROJECT, "Stack": NAME}},
}


def write_configuration(workspace: Workspace, name: str = NAME) -> None:
    """Write Pulumi.<name>.yaml with this workspace's endpoints; existing settings are kept."""
    content = _read(workspace, name)
    content["config"] = _DEFAULTS | content.get("config", {}) | _embedded(workspace)
    _file(workspace, name).write_text(yaml.safe_dump(content, sort_keys=False))


def remove_configuration(workspace: Workspace) -> None:
    """Remove Pulumi.local.yaml, unless the user has set something in it."""
    if _read(workspace).get("config") == _DEFAULTS | _embedded(workspace):
        _file(workspace).unlink()


def setting(workspace: Workspace, key: str, default: str) -> str:
    """The value of the program's setting `key` in the stack, or its default."""
    return _read(workspace).get("config", {}).get(f"{PROJECT}:{key}", default)


def _embedded(workspace: Workspace) -> dict[str, Any]:
    return {
        "aws:accessKey": TEST_CREDENTIALS["AWS_ACCESS_KEY_ID"],
        "aws:secretKey": TEST_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        "aws:skipCredentialsValidation": True,
        "aws:skipMetadataApiCheck": True,
        "aws:s3UsePathStyle": True,
        "aws:endpoints": [dict.fromkeys(SERVICES, workspace.endpoint)],
    }


def _file(workspace: Workspace, name: str = NAME) -> Path:
    return workspace.root / f"Pulumi.{name}.yaml"


def _read(workspace: Workspace, name: str = NAME) -> dict[str, Any]:
    file = _file(workspace, name)
    return (yaml.safe_load(file.read_text()) if file.exists() else None) or {}
