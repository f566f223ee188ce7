"""What RDS manages is rotated, and a new value of a secret starts what its rule names, as the roles allow."""

import json
import time
import uuid
from typing import Any

import pytest

from components.iam import policies
from components.service.rotation import new_value_of, state_machine

ANOTHER = "arn:aws:ecs:us-east-1:123456789012:service/cluster/another"


@pytest.fixture
def managed(client: Any) -> tuple[str, str]:
    """An instance whose password RDS manages: its name, and its secret's ARN."""
    name = f"db-{uuid.uuid4().hex[:8]}"
    made = client("rds").create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="orthanc",
        ManageMasterUserPassword=True,
    )["DBInstance"]
    return name, made["MasterUserSecret"]["SecretArn"]


def value(client: Any, secret: str) -> dict[str, str]:
    return json.loads(client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])


def test_rds_draws_a_password_and_keeps_it_until_it_is_told(client: Any, managed: tuple[str, str]):
    name, secret = managed
    first = value(client, secret)
    assert set(first) == {"username", "password"} and first["username"] == "orthanc"
    client("rds").modify_db_instance(
        DBInstanceIdentifier=name, ManageMasterUserPassword=True, BackupRetentionPeriod=1, ApplyImmediately=True
    )
    client("secretsmanager").rotate_secret(
        SecretId=secret, RotationRules={"ScheduleExpression": "rate(7 days)"}, RotateImmediately=False
    )
    assert value(client, secret) == first
    client("secretsmanager").rotate_secret(SecretId=secret)
    assert value(client, secret)["password"] != first["password"]
    rules = client("secretsmanager").describe_secret(SecretId=secret)["RotationRules"]
    assert rules == {"ScheduleExpression": "rate(7 days)"}


def test_what_nobody_manages_is_not_rotated_without_a_function(client: Any, refused: Any):
    secrets = client("secretsmanager")
    own = secrets.create_secret(Name=f"own-{uuid.uuid4()}", SecretString="one")["ARN"]
    assert refused(secrets.rotate_secret, SecretId=own) == "InvalidRequestException"


@pytest.mark.parametrize(
    ("trusted", "may", "status"),
    [
        ("states.amazonaws.com", "arn:aws:ecs:*", "SUCCEEDED"),
        ("ecs.amazonaws.com", "arn:aws:ecs:*", "FAILED"),
        ("states.amazonaws.com", ANOTHER, "FAILED"),
    ],
)
def test_a_new_value_starts_what_calls_ecs_if_the_roles_may(
    client: Any, managed: tuple[str, str], trusted: str, may: str, status: str
):
    iam, name, (_, secret) = client("iam"), f"r-{uuid.uuid4().hex[:8]}", managed
    client("ecs").create_cluster(clusterName=name)
    definition = client("ecs").register_task_definition(family=name, containerDefinitions=[])["taskDefinition"]
    service = client("ecs").create_service(
        cluster=name, serviceName=name, taskDefinition=definition["taskDefinitionArn"], desiredCount=1
    )["service"]

    def role(kind: str, service: str, policy: str) -> str:
        trust = policies.assumed_by(service)
        made = iam.create_role(RoleName=f"{name}-{kind}", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        iam.put_role_policy(RoleName=f"{name}-{kind}", PolicyName="it", PolicyDocument=policy)
        return made

    machine = client("stepfunctions").create_state_machine(
        name=name,
        definition=state_machine("aws", service["clusterArn"], service["serviceArn"]),
        roleArn=role("tasks", trusted, policies.replace_tasks(may)),
    )["stateMachineArn"]
    events = client("events")
    events.put_rule(Name=name, EventPattern=new_value_of(secret))
    starter = role("event", "events.amazonaws.com", policies.start(machine))
    events.put_targets(Rule=name, Targets=[{"Id": "one", "Arn": machine, "RoleArn": starter}])
    before = service["deployments"][0]["id"]
    client("secretsmanager").rotate_secret(SecretId=secret)

    def last() -> str:
        [execution] = client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
        return execution["status"]

    deadline = time.monotonic() + 20
    while last() == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert last() == status
    [found] = client("ecs").describe_services(cluster=name, services=[name])["services"]
    assert (found["deployments"][0]["id"] != before) is (status == "SUCCEEDED")

    iam.put_role_policy(RoleName=f"{name}-event", PolicyName="it", PolicyDocument=policies.start(ANOTHER))
    client("secretsmanager").rotate_secret(SecretId=secret)
    assert len(client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]) == 1
