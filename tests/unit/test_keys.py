"""What is encrypted under which key, who may use the key, and who gets a shell."""

import json
from typing import Any

import pytest

from components.config.account import Account
from components.iam import key_policies
from local.emulator.overlay.policies import ALLOW_ALL, Caller, permitted
from tests.unit.program import EFS, Program, deployed, in_region

OWN = {"enableCustomerKeys": "true"}
ARN = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
OWNER = Account("aws", "123456789012", "eu-central-1")
ADMINISTRATOR = Caller("arn:aws:iam::123456789012:role/admin", "123456789012", (ALLOW_ALL,))


def keys_of(program: Program) -> dict[str, Any]:
    """The key of everything that has one, by type and name."""
    named = {"Instance": "kmsKeyId", "Secret": "kmsKeyId", "LogGroup": "kmsKeyId", "FileSystem": "kmsKeyId"}
    return {
        f"{kind} {resource.name}": resource.inputs.get(key)
        for kind, key in named.items()
        for resource in program.all(kind)
    }


def test_by_default_keys_are_aws_own_but_that_of_the_files():
    assert set(keys_of(deployed(enableVpcFlowLogs="true", enableWaf="true")).values()) == {None}
    assert [key.name for key in deployed().all("Key")] == ["orthanc-dicom"], "a key that nobody asked for is paid"


def test_each_kind_of_data_has_a_key_of_its_own():
    program = deployed(**OWN, enableVpcFlowLogs="true", enableWaf="true")
    key = "arn:aws:kms:us-east-1:123456789012:key/orthanc-keys-"
    kinds = {"Instance": f"{key}database", "Secret": f"{key}secrets", "LogGroup": f"{key}logs"}
    for what, under in keys_of(program).items():
        assert under == kinds[what.partition(" ")[0]], f"{what} is readable with the key of other data"
    assert program.one("Repository").inputs["encryptionConfigurations"] == [{"encryptionType": "KMS"}]


def test_the_firewalls_logs_have_a_key_where_they_are():
    far = in_region("eu-central-1", **OWN, enableWaf="true")
    key = far.one("Key", "orthanc-keys-firewall-logs")
    assert far.one("LogGroup", "orthanc-firewall").inputs["kmsKeyId"] == key.outputs["arn"]
    assert key.inputs["region"] == "us-east-1" and "logs.us-east-1.amazonaws.com" in key.inputs["policy"]
    brought = in_region("eu-central-1", kmsKeyArn=ARN.replace("us-east-1", "eu-central-1"), enableWaf="true")
    assert brought.one("LogGroup", "orthanc-firewall").inputs.get("kmsKeyId") is None, "us-east-1 has no such key"


@pytest.mark.parametrize("mode", [{}, EFS])
def test_a_key_that_is_brought_is_used_for_everything(mode: dict[str, str]):
    program = deployed(kmsKeyArn=ARN, enableVpcFlowLogs="true", enableWaf="true", **mode)
    assert not program.all("Key") and set(keys_of(program).values()) == {ARN}
    for encryption in program.all("BucketServerSideEncryptionConfiguration"):
        assert ARN in json.dumps(encryption.inputs)
    assert program.one("Repository").inputs["encryptionConfigurations"][0]["kmsKey"] == ARN


@pytest.mark.parametrize("settings", [OWN, {"kmsKeyArn": ARN}])
def test_tasks_read_their_secrets_with_the_key_and_by_way_of_secrets_manager_only(settings: dict[str, str]):
    program = deployed(**settings)
    [use] = [each for each in program.statements("orthanc-execution") if each["Action"] == ["kms:Decrypt"]]
    assert use["Resource"] == [program.one("Secret", "orthanc-users").inputs["kmsKeyId"]]
    assert use["Condition"] == {"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}


def test_rds_keeps_its_secret_under_the_secrets_key():
    instance = deployed(**OWN, databasePasswordRotation="managed").one("Instance").inputs
    assert instance["masterUserSecretKmsKeyId"].endswith("orthanc-keys-secrets")


def may(policy: str, action: str, **keys: str) -> bool:
    """Whether an administrator of the account may, under these condition keys."""
    context = {name.replace("_", ":"): value for name, value in keys.items()}
    return permitted(ADMINISTRATOR, action, ARN, context, resource_policy=policy, must_delegate=True)


VIA_RDS = {"kms_viaservice": "rds.eu-central-1.amazonaws.com", "kms_calleraccount": "123456789012"}


@pytest.mark.parametrize(
    ("action", "keys", "allowed"),
    [
        ("kms:Decrypt", VIA_RDS, True),
        ("kms:GenerateDataKey", VIA_RDS, True),
        ("kms:CreateGrant", {**VIA_RDS, "kms_grantisforawsresource": "true"}, True),
        ("kms:CreateGrant", VIA_RDS, False),
        ("kms:Decrypt", {}, False),
        ("kms:Decrypt", {**VIA_RDS, "kms_viaservice": "s3.eu-central-1.amazonaws.com"}, False),
        ("kms:Decrypt", {**VIA_RDS, "kms_viaservice": "rds.us-east-1.amazonaws.com"}, False),
        ("kms:Decrypt", {**VIA_RDS, "kms_calleraccount": "999999999999"}, False),
        ("kms:PutKeyPolicy", {}, True),
        ("kms:ScheduleKeyDeletion", {}, True),
    ],
)
def test_a_key_is_used_through_its_service_and_administered_by_the_account(
    action: str, keys: dict[str, str], allowed: bool
):
    assert may(key_policies.used_through(OWNER, ["rds"]), action, **keys) is allowed


@pytest.mark.parametrize(("sessions", "allowed"), [(False, False), (True, True)])
def test_administrators_use_the_logs_key_for_shells_only(sessions: bool, allowed: bool):
    policy = key_policies.of_logs(OWNER, sessions=sessions)
    assert may(policy, "kms:Decrypt", kms_calleraccount="123456789012") is allowed
    [service] = [s for s in json.loads(policy)["Statement"] if "Service" in s["Principal"]]
    assert service["Condition"]["ArnLike"] == {
        "kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-central-1:123456789012:log-group:*"
    }, "log groups of other accounts could be put under the key"
