"""The key of a database that is restored: it stays, no update replaces the database, what cannot be is refused."""

import itertools
from dataclasses import dataclass
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from components.preflight import memory
from tests.unit.program import AWS_KEY, KEY, LIVE_SNAPSHOT, Monitor, Program, Resource, configured, refused, run

OTHER = KEY[:-1] + "1"
FOREIGN = KEY.replace("123456789012", "999999999999")
OWN = "arn:aws:kms:us-east-1:123456789012:key/orthanc-keys-database"
IDENTIFIER = "orthanc-database-0a1b2c3d"
SNAPSHOT = {"dbSnapshotIdentifier": "of-before"}

# What the settings say of keys; and of the data when the stack is destroyed, which changes none of it.
SETTINGS: dict[str, dict[str, str]] = {
    "aws": {},
    "customer": {"enableCustomerKeys": "true"},
    "brought": {"kmsKeyArn": KEY},
}
FATES = ("refuse", "keep", "delete")
# The key of the snapshot; None: it is not encrypted.
SNAPSHOTS = {"aws": AWS_KEY, "same": KEY, "customer": OTHER, "foreign": FOREIGN, "none": None}

# By the settings and the snapshot's key: why it is refused. All others are restored, under the snapshot's key.
REFUSED = {
    ("customer", "aws"): "with enableCustomerKeys it must be under a key of yours",
    ("brought", "aws"): f"kmsKeyArn is {KEY}",
    ("brought", "customer"): f"kmsKeyArn is {KEY}",
    ("brought", "foreign"): f"kmsKeyArn is {KEY}",
    **{(said, "none"): "is not encrypted" for said in SETTINGS},
}
# What wants a new database when it changes (hashicorp/terraform-provider-aws, internal/service/rds/instance.go).
FIXED = ("identifier", "kmsKeyId", "storageEncrypted", "engine", "username", "dbName", "snapshotIdentifier")


@dataclass
class Account:
    """What AWS has: the snapshot, and after a deployment the database and what the stack remembers."""

    snapshot_key: str | None = AWS_KEY
    snapshot_is_there: bool = True
    snapshot_account: str = "123456789012"
    database_key: str | None = None
    own_key: str | None = None
    may_look_at_keys: bool = True

    def monitor(self, *, preview: bool = False) -> Monitor:
        monitor = Monitor(preview=preview)
        if self.database_key:
            monitor.remembered = {memory.DATABASE: IDENTIFIER}
            monitor.remembered |= {memory.DATABASE_KEY: self.own_key} if self.own_key else {}
        monitor.answers = {"getSnapshot": self._snapshot, "getInstance": self._instance}
        monitor.answers |= {} if self.may_look_at_keys else {"getKey": None}
        return monitor

    def deploy(self, settings: dict[str, str], *, preview: bool = False) -> Program:
        monitor = self.monitor(preview=preview)
        program = run(configured(settings), monitor)
        self.asked = monitor.asked
        return program

    def _snapshot(self, given: dict[str, Any]) -> dict[str, Any] | None:
        arn = f"arn:aws:rds:us-east-1:{self.snapshot_account}:snapshot:{given['dbSnapshotIdentifier']}"
        under = {"encrypted": self.snapshot_key is not None, "kmsKeyId": self.snapshot_key or ""}
        return LIVE_SNAPSHOT | under | {"dbSnapshotArn": arn} if self.snapshot_is_there else None

    def _instance(self, given: dict[str, Any]) -> dict[str, Any] | None:
        assert given["dbInstanceIdentifier"] == IDENTIFIER
        return {"kmsKeyId": self.database_key} if self.database_key != "gone" else None


def wants_a_new_one(read: dict[str, Any], instance: Resource) -> set[str]:
    """What of the instance as AWS has it differs from what the program gives, so that it would be replaced.

    What a preview does not know depends on a resource that is asked for by itself, the name's random part.
    """
    ignored = set(instance.request.ignoreChanges)
    given = {name: instance.inputs.get(name) for name in FIXED if name not in ignored}
    return {name for name, value in given.items() if value not in (None, UNKNOWN, read.get(name))}


CASES = list(itertools.product(SETTINGS, SNAPSHOTS, FATES))


@pytest.mark.parametrize(("said", "key", "fate"), CASES)
def test_a_restored_database_keeps_its_snapshots_key_for_good(said: str, key: str, fate: str):
    account = Account(SNAPSHOTS[key])
    settings = SETTINGS[said] | {"dataOnDestroy": fate}
    if reason := REFUSED.get((said, key)):
        [problem] = refused(settings | SNAPSHOT, account.monitor())
        assert problem.key == "dbSnapshotIdentifier" and reason in problem.rule
        assert "aws rds copy-db-snapshot" in problem.remedy and "--kms-key-id" in problem.remedy
        return
    first = account.deploy(settings | SNAPSHOT).one("Instance")
    # As RDS makes it, whatever the program asks for.
    read = first.inputs | {"kmsKeyId": SNAPSHOTS[key]}
    assert first.inputs.get("kmsKeyId") in (SNAPSHOTS[key], None), "what was given does not read back"
    account.database_key = SNAPSHOTS[key]
    for later in (SNAPSHOT, {}):
        account.snapshot_is_there = bool(later)
        for preview in (True, False):
            program = account.deploy(settings | later, preview=preview)
            assert not wants_a_new_one(read, program.one("Instance")), "an update replaces patients' index"
            assert "getSnapshot" not in account.asked, "a snapshot that is gone blocks every update"
            names = {made.name for made in program.all("Key")}
            assert "orthanc-keys-database" not in names, "a key is paid for that encrypts nothing"


@pytest.mark.parametrize("preview", [True, False])
def test_the_name_of_the_database_does_not_follow_its_key(preview: bool):
    for settings in SETTINGS.values():
        drawn = Account(KEY).deploy(settings, preview=preview).one("RandomId", "orthanc-database")
        assert not drawn.inputs.get("keepers") and list(drawn.request.ignoreChanges) == ["keepers"], (
            "another name is another database"
        )


def test_a_shared_snapshot_is_copied_first():
    shared = Account(FOREIGN, snapshot_account="999999999999")
    [problem] = refused(SETTINGS["brought"] | SNAPSHOT, shared.monitor())
    assert "belongs to account 999999999999" in problem.rule and f"--kms-key-id {KEY}" in problem.remedy


# The key that the database has and the stack made, what the settings say; key and text of the problem.
CHANGED: list[tuple[str, str | None, dict[str, str], str, str]] = [
    (AWS_KEY, None, SETTINGS["customer"], "enableCustomerKeys", "AWS's own key"),
    (AWS_KEY, None, SETTINGS["brought"], "kmsKeyArn", "RDS changes no instance's key"),
    (OTHER, None, SETTINGS["brought"], "kmsKeyArn", OTHER),
    (OWN, OWN, SETTINGS["brought"], "kmsKeyArn", OWN),
    (OWN, OWN, SETTINGS["aws"], "enableCustomerKeys", "nobody could read the database"),
    (OWN, OWN, {"kmsKeyArn": KEY[:-36] + "0" * 8 + KEY[-28:]}, "kmsKeyArn", OWN),
]


@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize(("has", "own", "settings", "key", "text"), CHANGED)
def test_another_key_for_a_database_that_is_there_is_refused(
    has: str, own: str | None, settings: dict[str, str], key: str, text: str, fate: str
):
    account = Account(database_key=has, own_key=own)
    [problem] = refused(settings | {"dataOnDestroy": fate}, account.monitor())
    assert problem.key == key and text in problem.rule and IDENTIFIER in problem.rule
    assert "pulumi config" in problem.remedy and "docs/how-to/use-your-own-kms-key.md" in problem.remedy


# The key that the database has, whether the stack made it, what the settings say; whether the stack makes a key.
KEPT: list[tuple[str, str | None, dict[str, str], bool]] = [
    (AWS_KEY, None, SETTINGS["aws"], False),
    (OTHER, None, SETTINGS["aws"], False),
    (OTHER, None, SETTINGS["customer"], False),
    (FOREIGN, None, SETTINGS["customer"], False),
    (OWN, OWN, SETTINGS["customer"], True),
    (KEY, None, SETTINGS["brought"], False),
    # Restored into a stack that had made a key already: that one is the stack's, and stays.
    (OTHER, OWN, SETTINGS["customer"], True),
    # Deleted behind the stack's back: it gets a new one.
    ("gone", OWN, SETTINGS["customer"], True),
]


@pytest.mark.parametrize(("has", "own", "settings", "made"), KEPT)
def test_the_key_that_the_database_has_stays(has: str, own: str | None, settings: dict[str, str], made: bool):
    program = Account(database_key=has, own_key=own).deploy(settings)
    assert ("orthanc-keys-database" in {key.name for key in program.all("Key")}) is made
    instance = program.one("Instance")
    assert not wants_a_new_one(instance.inputs | {"kmsKeyId": has}, instance)
    if made and has == own:
        key = program.one("Key", "orthanc-keys-database")
        assert instance.waits_for(key), "the key is deleted before the database that it encrypts"


def test_what_is_remembered_is_what_was_deployed():
    program = Account(OTHER).deploy(SETTINGS["customer"])
    remembered = {fact.inputs["name"].rpartition("/")[2]: fact for fact in program.all("Parameter")}
    instance = program.one("Instance")
    assert remembered[memory.DATABASE].inputs["value"] == instance.inputs["identifier"]
    assert remembered[memory.DATABASE].waits_for(instance), "it would be looked for before it is there"
    assert remembered[memory.DATABASE_KEY].inputs["value"] == OWN


def test_a_key_that_the_deployer_may_not_look_at_is_a_customers():
    account = Account(FOREIGN, may_look_at_keys=False)
    assert account.deploy(SETTINGS["customer"] | SNAPSHOT).one("Instance").inputs["kmsKeyId"] == FOREIGN
