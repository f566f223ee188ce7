"""KMS: AWS managed keys are distinguished from customer managed keys, and a disabled key cannot be used."""

from typing import Any

from moto.kms.models import KmsBackend

from local.emulator.overlay import AwsError, replaces


@replaces(KmsBackend)
def _generate_default_keys(original: Any, self: Any, alias_name: str) -> str | None:
    """moto reports AWS managed keys (alias/aws/…) as customer managed keys."""
    id = original(self, alias_name)
    if id:
        self.keys[id].key_manager = "AWS"
    return id


@replaces(KmsBackend)
def schedule_key_deletion(original: Any, self: Any, key_id: str, pending_window_in_days: int) -> float:
    """moto deletes AWS managed keys."""
    key = self.keys[key_id]
    if key.key_manager == "AWS":
        raise AwsError("AccessDeniedException", f"{key.arn} is managed by AWS.")
    return original(self, key_id, pending_window_in_days)
