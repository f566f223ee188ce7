"""KMS keys: created by the stack, existing, or managed by AWS."""

from typing import TYPE_CHECKING, Annotated

from components.config.values import Flag, Group, Problem, Rule, matches

if TYPE_CHECKING:
    from components.config import Settings

KmsKeyArn = Annotated[
    str,
    matches(
        r"|arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})",
        "must be the ARN of a KMS key in the stack's region (arn:aws:kms:…:key/…, no alias), or empty",
    ),
]


class KeySettings(Group):
    """Encryption keys."""

    enable_customer_keys: Flag = False
    """Encrypts database, secrets, and logs with KMS keys that the stack creates, each usable only through its
    service."""
    kms_key_arn: KmsKeyArn = ""
    """ARN of an existing KMS key in the stack's Region for all data at rest. Empty uses AWS managed keys, or
    keys that the stack creates."""


def _keys_are_new_or_existing(settings: "Settings") -> Problem | None:
    if not (settings.enable_customer_keys and settings.kms_key_arn):
        return None
    rule = "conflicts with enableCustomerKeys, which creates keys"
    remedy = "pulumi config set enableCustomerKeys false, or pulumi config rm kmsKeyArn"
    return Problem("kmsKeyArn", settings.kms_key_arn, rule, remedy)


def key_elsewhere(settings: "Settings", region: str | None) -> Problem | None:
    """Returns a problem if the key is in another Region than `region`; None if `region` is not known."""
    arn = settings.kms_key_arn
    if not arn or region in {None, arn.split(":")[3]}:
        return None
    rule = f"is in another Region than the stack ({region})"
    return Problem(
        "kmsKeyArn", arn, rule, f"pulumi config set kmsKeyArn arn:aws:kms:{region}:…, or another aws:region"
    )


def _shells_are_recorded(settings: "Settings") -> Problem | None:
    if not settings.enable_exec or settings.enable_customer_keys or settings.kms_key_arn:
        return None
    rule = "requires a KMS key of your own, which encrypts the sessions and their logs"
    return Problem("enableExec", True, rule, "pulumi config set enableCustomerKeys true")


_KEYS = frozenset({"enableCustomerKeys", "kmsKeyArn"})
RULES = (Rule(_KEYS, _keys_are_new_or_existing), Rule(_KEYS | {"enableExec"}, _shells_are_recorded))
