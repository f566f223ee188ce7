"""The key that the database keeps: its own, or that of the snapshot that it is restored from.

RDS cannot change the key of an instance. An instance that is restored from a snapshot uses the snapshot's key,
whatever key is requested (Amazon RDS User Guide, "Encrypting Amazon RDS resources", and
RestoreDBInstanceFromDBSnapshot, which has no parameter for a key). A program that names another key would replace
the database with an empty one at the next update. So the key is looked up before the first resource is registered,
and the settings must agree with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pulumi_aws as aws

from components.config import Problem, Settings
from components.preflight import memory
from components.preflight.lookups import NOTHING, found

# Error texts of the provider and AWS for an instance or a key that does not exist, or that this account may not
# read.
_NO_INSTANCE = (*NOTHING, "empty result")
_NO_KEY = (*_NO_INSTANCE, "AccessDenied")

_ENABLED = "Enabled"


@dataclass(frozen=True)
class LiveKey:
    """The current state of a KMS key.

    `by_aws`: whether it is an AWS managed key (aws/rds). `state`: Enabled, Disabled, PendingDeletion, and so on. A
    key of another account may not be readable; it then counts as an enabled customer managed key.
    """

    arn: str
    by_aws: bool = False
    state: str = _ENABLED


@dataclass(frozen=True)
class LiveDatabase:
    """The stack's database instance and its key; `own_key`: the ARN of the key that the stack created for it."""

    identifier: str
    key: LiveKey
    own_key: str | None = None


def look_at_database(remembered: Mapping[str, str]) -> LiveDatabase | None:
    """Looks up the recorded instance of the stack. Returns None if there is no record or no such instance.

    Raises the provider's errors, such as access denied.
    """
    identifier = remembered.get(memory.DATABASE)
    if not identifier:
        return None
    instance = found(lambda: aws.rds.get_instance(db_instance_identifier=identifier), _NO_INSTANCE)
    if instance is None:
        return None
    return LiveDatabase(identifier, look_at_key(instance.kms_key_id), remembered.get(memory.DATABASE_KEY))


def look_at_key(arn: str) -> LiveKey:
    """Looks up a key that encrypts a database or a snapshot."""
    key = found(lambda: aws.kms.get_key(key_id=arn), _NO_KEY)
    return LiveKey(arn, key.key_manager == "AWS", key.key_state) if key else LiveKey(arn)


def problems_of_database(settings: Settings, database: LiveDatabase) -> Iterator[Problem]:
    """Yields problems with settings that require another key than that of the database."""
    has = f"the database {database.identifier} is encrypted under {_shown(database.key)}"
    changed = f"{has}, and RDS changes no instance's key"
    another = "or a new stack from a copy of its snapshot (docs/how-to/use-your-own-kms-key.md)"
    arn, own = settings.kms_key_arn, database.own_key == database.key.arn
    if arn and arn != database.key.arn:
        yield Problem("kmsKeyArn", arn, changed, f"{_back(database)}, {another}")
    elif settings.enable_customer_keys and database.key.by_aws:
        remedy = f"pulumi config set enableCustomerKeys false, {another}"
        yield Problem("enableCustomerKeys", True, changed, remedy)
    elif own and not settings.enable_customer_keys:
        rule = f"{has}, which the stack made and would delete: nobody could read the database any more"
        remedy = f"pulumi config set enableCustomerKeys true, {another}"
        yield Problem("enableCustomerKeys", False, rule, remedy)


def problems_of_snapshot(
    settings: Settings, key: LiveKey, problem: Callable[[str, str], Problem]
) -> Iterator[Problem]:
    """Yields problems with the snapshot's key; `problem` creates one from rule and remedy.

    They are settings that require another key, and a key that is not enabled.
    """
    keeps = f"is encrypted under {_shown(key)}, and a database keeps the key of its snapshot"
    if settings.kms_key_arn and settings.kms_key_arn != key.arn:
        rule = f"{keeps}; kmsKeyArn is {settings.kms_key_arn}"
        yield problem(rule, copy_command(settings, settings.kms_key_arn))
    elif settings.enable_customer_keys and key.by_aws:
        rule = f"{keeps}; with enableCustomerKeys it must be under a key of yours"
        yield problem(rule, f"aws kms create-key, then {copy_command(settings, 'ITS_ARN')}")
    if key.state != _ENABLED:
        mend = "cancel-key-deletion" if key.state == "PendingDeletion" else "enable-key"
        rule = f"is encrypted under {key.arn}, which is {key.state}: RDS cannot read the snapshot"
        yield problem(rule, f"aws kms {mend} --key-id {key.arn}")


def copy_command(settings: Settings, key: str) -> str:
    """Returns the command that copies the snapshot, encrypted with `key`, and what to do with the copy."""
    source = f"--source-db-snapshot-identifier {settings.db_snapshot_identifier}"
    copy = f"{source} --target-db-snapshot-identifier NAME --kms-key-id {key}"
    return f"aws rds copy-db-snapshot {copy}, and name the copy"


def key_to_keep(kept: LiveKey | None, remembered: Mapping[str, str]) -> str | None:
    """Returns the ARN of the key that the database keeps; None if it is AWS's, the stack's own, or not decided."""
    if kept is None or kept.by_aws or kept.arn == remembered.get(memory.DATABASE_KEY):
        return None
    return kept.arn


def is_made(settings: Settings, kept: LiveKey | None, remembered: Mapping[str, str]) -> bool:
    """Returns whether the stack creates a key for the database.

    It creates none for a database that keeps another key. A key that it created earlier stays.
    """
    return settings.enable_customer_keys and (kept is None or memory.DATABASE_KEY in remembered)


def _back(database: LiveDatabase) -> str:
    if database.key.by_aws:
        return "pulumi config rm kmsKeyArn"
    if database.key.arn == database.own_key:
        return "pulumi config rm kmsKeyArn, pulumi config set enableCustomerKeys true"
    return f"pulumi config set kmsKeyArn {database.key.arn}"


def _shown(key: LiveKey) -> str:
    return f"AWS's own key ({key.arn})" if key.by_aws else key.arn
