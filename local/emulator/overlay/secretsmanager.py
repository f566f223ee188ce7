"""Secrets Manager: rotation of secrets that RDS manages, and the event for a new value of a secret."""

import json
import time
from typing import Any

from moto.moto_api._internal import mock_random
from moto.secretsmanager.models import FakeSecret
from moto.secretsmanager.responses import SecretsManagerResponse

from local.emulator.overlay import AwsError, Parameters, events, rds, replaces


@replaces(FakeSecret)
def reset_default_version(original: Any, self: Any, secret_version: Parameters, version_id: str) -> None:
    """Moving AWSCURRENT causes an event (Secrets Manager User Guide, "Secret event notifications")."""
    original(self, secret_version, version_id)
    detail = {"name": self.name, "labelUpdated": "AWSCURRENT", "versionId": version_id}
    events.publish(self.region, "aws.secretsmanager", "Secret Label Updated", self.arn, detail)


@replaces(SecretsManagerResponse)
def rotate_secret(original: Any, self: Any) -> Any:
    """moto supports rotation only by Lambda functions, and without schedules."""
    secret: Any = self.backend.secrets.get(self._get_param("SecretId"))
    if secret is None or self._get_param("RotationLambdaARN"):
        return original(self)
    if getattr(secret, "owning_service", None) != "rds":
        message = (
            "You tried to enable rotation on a secret that doesn't already have a Lambda function ARN configured"
        )
        raise AwsError("InvalidRequestException", f"{message} and you didn't include such an ARN in this call.")
    secret.rotation_requested = secret.rotation_enabled = True
    secret.rotation_rules = self._get_param("RotationRules") or getattr(secret, "rotation_rules", {})
    if self._get_param("RotateImmediately", True):
        _rotate(secret)
    return secret.to_short_dict()


@replaces(FakeSecret)
def to_dict(original: Any, self: Any) -> Parameters:
    """moto does not return the rotation schedule."""
    answer = original(self)
    if rules := getattr(self, "rotation_rules", None):
        answer["RotationRules"] = rules
    return answer


def _rotate(secret: Any) -> None:
    """Set a new password as RDS does: first in the database, then in the secret."""
    current = json.loads(secret.versions[secret.default_version_id]["secret_string"])
    password, version = rds.managed_password(), str(mock_random.uuid4())
    rds.set_managed_password(secret.arn, password)
    made = {
        "secret_string": json.dumps({**current, "password": password}),
        "createdate": int(time.time()),
        "version_id": version,
        "version_stages": ["AWSCURRENT"],
    }
    secret.reset_default_version(made, version)
    secret.last_rotation_date = int(time.time())
