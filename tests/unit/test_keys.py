"""What is encrypted under which key, who may use the key, and who gets a shell."""

import json
from typing import Any

import pytest

from components.config.account import Account
from components.iam import key_policies, policies
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
    assert keys_of(program) == {
        "Instance orthanc-database": f"{key}database",
        "Secret orthanc-database": f"{key}secrets",
        "Secret orthanc-users": f"{key}secrets",
        "LogGroup orthanc": f"{key}logs",
        "LogGroup orthanc-insights": f"{key}logs",
        "LogGroup orthanc-database-postgresql": f"{key}logs",
        "LogGroup orthanc-database-upgrade": f"{key}logs",
        "LogGroup orthanc-network-flow-logs": f"{key}logs",
        "LogGroup orthanc-firewall": f"{key}logs",
    }
    assert program.one("Repository").inputs["encryptionConfigurations"] == [{"encryptionType": "KMS"}]
    assert all(made.inputs["enableKeyRotation"] for made in program.all("Key"))


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
    statements = json.loads(program.one("Policy", "orthanc-execution").inputs["policy"])["Statement"]
    [use] = [each for each in statements if each["Action"] == ["kms:Decrypt"]]
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


def test_shells_are_shut_unless_they_are_turned_on():
    shut = deployed(**OWN)
    assert shut.one("Service").inputs["enableExecuteCommand"] is False
    commands = {"executeCommandConfiguration": {"logging": "DEFAULT"}}
    assert shut.one("Cluster").inputs["configuration"] == commands, "what was there before would stay"
    assert not any("ssmmessages" in role.inputs["policy"] for role in shut.all("Policy"))
    assert {volume["name"] for volume in shut.one("TaskDefinition").inputs["volumes"]} == {"tmp", "plugins"}


def test_a_shell_leaves_a_record_under_a_key():
    program = deployed(**OWN, enableExec="true", natGateways="none")
    assert program.one("Service").inputs["enableExecuteCommand"] is True
    configured = program.one("Cluster").inputs["configuration"]["executeCommandConfiguration"]
    record = program.one("LogGroup", "orthanc-exec")
    assert configured["logConfiguration"]["cloudWatchLogGroupName"] == record.outputs["name"]
    key = program.one("Key", "orthanc-keys-logs").outputs["arn"]
    assert configured["kmsKeyId"] == record.inputs["kmsKeyId"] == key
    mounted = {mount["containerPath"] for mount in program.container()["mountPoints"]}
    assert {"/var/lib/amazon", "/var/log/amazon"} <= mounted, "its agent cannot write, and ends"
    endpoint = program.one("VpcEndpointPolicy", "orthanc-endpoints-ssmmessages").inputs["policy"]
    assert program.one("VpcEndpoint", "orthanc-network-ssmmessages") and "ssmmessages:OpenDataChannel" in endpoint


def test_the_role_of_a_task_with_shells_records_into_one_group_only():
    text = policies.open_shells("arn:aws:logs:us-east-1:1:log-group:exec", "arn:key")
    written = [s["Resource"] for s in json.loads(text)["Statement"] if "logs:PutLogEvents" in s["Action"]]
    assert written == [["arn:aws:logs:us-east-1:1:log-group:exec:*"]]
