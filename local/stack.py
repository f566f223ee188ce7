"""The configuration of a stack on the embedded AWS: that of `local` is generated, then the user's to set."""

from pathlib import Path
from typing import Any

import yaml

from local.place import REGION, TEST_CREDENTIALS, Place

NAME = "local"
PROJECT = "orthanc-on-aws"

# Every service that the program calls; the AWS provider takes an endpoint for each.
SERVICES = (
    *("acm", "backup", "budgets", "cloudcontrol", "cloudfront", "cloudtrail", "cloudwatch", "ec2", "ecr", "ecs"),
    *("efs", "elbv2", "events", "iam", "kms", "logs", "rds", "route53", "s3", "secretsmanager", "sfn", "sns"),
    *("sqs", "sts", "wafv2"),
)

_DEFAULTS: dict[str, Any] = {
    # The emulated account ends with the emulator: nothing in it can be kept.
    f"{PROJECT}:dataOnDestroy": "delete",
    "aws:region": REGION,
    "aws:defaultTags": {"tags": {"Project": PROJECT, "Stack": NAME}},
}


def write_configuration(place: Place, name: str = NAME) -> None:
    """Write Pulumi.<name>.yaml with this place's endpoints; what is set in it stays."""
    content = _read(place, name)
    content["config"] = _DEFAULTS | content.get("config", {}) | _embedded(place)
    _file(place, name).write_text(yaml.safe_dump(content, sort_keys=False))


def remove_configuration(place: Place) -> None:
    """Remove Pulumi.local.yaml, unless the user has set something in it."""
    if _read(place).get("config") == _DEFAULTS | _embedded(place):
        _file(place).unlink()


def setting(place: Place, key: str, default: str) -> str:
    """The program's setting `key` as the stack has it, else its default."""
    return _read(place).get("config", {}).get(f"{PROJECT}:{key}", default)


def _embedded(place: Place) -> dict[str, Any]:
    return {
        "aws:accessKey": TEST_CREDENTIALS["AWS_ACCESS_KEY_ID"],
        "aws:secretKey": TEST_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        "aws:skipCredentialsValidation": True,
        "aws:skipMetadataApiCheck": True,
        "aws:s3UsePathStyle": True,
        "aws:endpoints": [dict.fromkeys(SERVICES, place.endpoint)],
    }


def _file(place: Place, name: str = NAME) -> Path:
    return place.root / f"Pulumi.{name}.yaml"


def _read(place: Place, name: str = NAME) -> dict[str, Any]:
    file = _file(place, name)
    return (yaml.safe_load(file.read_text()) if file.exists() else None) or {}
