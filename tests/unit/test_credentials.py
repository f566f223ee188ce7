"""Users and passwords: who draws them, in which order they change, and that tasks come to know them."""

import itertools
import json

import pytest

from components.service.rotation import new_value_of, state_machine
from tests.unit.program import PASSWORD, Program, deployed

USERS = {"orthancUsers": '[{"name": "viewer"}, {"name": "chief", "role": "full"}]'}
BY_RDS = {"databasePasswordRotation": "managed"}


def test_every_user_has_a_password_of_his_own():
    program = deployed(**USERS)
    drawn = {resource.name for resource in program.all("RandomPassword")}
    assert {"orthanc-users", "orthanc-users-viewer", "orthanc-users-chief"} <= drawn
    secret = json.loads(program.one("SecretVersion", "orthanc-users").inputs["secretString"])
    assert set(secret) == {"admin", "viewer", "chief"} and all(PASSWORD in value for value in secret.values())
    assert len(program.all("Secret")) == 2, "each secret costs, and all users' passwords are Orthanc's one setting"


@pytest.mark.parametrize("kind", ["RandomPassword", "TaskDefinition"])
def test_another_version_is_another_password_and_another_task(kind: str):
    before, after = deployed(**USERS), deployed(**USERS, credentialsVersion="2")
    for one, other in zip(before.all(kind), after.all(kind), strict=True):
        assert one.name == other.name and one.inputs != other.inputs, f"{one.name} stays what it is"


def test_tasks_start_after_database_and_secret_have_the_new_password():
    program = deployed()
    password, instance = program.one("RandomPassword", "orthanc-database"), program.one("Instance")
    version, task = program.one("SecretVersion", "orthanc-database"), program.one("TaskDefinition")
    chain = [password, instance, version, task, program.one("Service")]
    for before, after in itertools.pairwise(chain):
        assert after.waits_for(before), f"{after.type} {after.name} does not wait for {before.type}"


def secrets_of_task(program: Program) -> dict[str, str]:
    return {secret["name"]: secret["valueFrom"] for secret in program.container()["secrets"]}


@pytest.mark.parametrize("version", ["1", "2"])
def test_rds_draws_and_keeps_the_password(version: str):
    program = deployed(**BY_RDS, credentialsVersion=version, databasePasswordSchedule="rate(30 days)")
    instance = program.one("Instance").inputs
    assert instance["manageMasterUserPassword"] is True and "password" not in instance
    assert {secret.name for secret in program.all("Secret")} == {"orthanc-users"}, "a secret that opens nothing"
    arn = secrets_of_task(program)["PGPASSWORD"].removesuffix(":password::")
    rotation = program.one("SecretRotation")
    assert rotation.inputs["secretId"] == arn
    assert rotation.inputs["rotationRules"] == {"scheduleExpression": "rate(30 days)"}
    assert rotation.inputs["rotateImmediately"] is (version != "1"), "credentialsVersion leaves out the database"
    assert rotation.request.retainOnDelete, "another version would turn the rotation off"
    assert rotation.waits_for(program.one("EventTarget")), "the first rotation replaces no task"


def test_a_new_value_of_the_databases_secret_replaces_the_tasks_and_nothing_more():
    program = deployed(**BY_RDS)
    pattern = json.loads(program.one("EventRule").inputs["eventPattern"])
    assert pattern["detail-type"] == ["Secret Label Updated"], "the other events need a trail of CloudTrail"
    assert pattern["resources"] == [program.one("SecretRotation").inputs["secretId"]]
    machine, target, service = program.one("StateMachine"), program.one("EventTarget"), program.one("Service")
    assert target.inputs["arn"] == machine.outputs["arn"]
    [state] = json.loads(machine.inputs["definition"])["States"].values()
    assert state["Parameters"]["Service"] == service.outputs["arn"] and state["Parameters"]["ForceNewDeployment"]
    for role, action, resource in (
        ("tasks", "ecs:UpdateService", service),
        ("event", "states:StartExecution", machine),
    ):
        [may] = program.statements(f"orthanc-rotation-{role}")
        assert (may["Action"], may["Resource"]) == ([action], [resource.outputs["arn"]]), "the old password stays"


def test_documents_are_canonical():
    for text in (new_value_of("arn:secret"), state_machine("aws", "arn:cluster", "arn:service")):
        assert text == json.dumps(json.loads(text), sort_keys=True)
