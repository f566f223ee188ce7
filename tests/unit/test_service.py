"""The image that is built, the tasks that run it, and the balancer before them."""

import json
from typing import Any

import pytest

from components.config import Settings
from components.config.parse import parse
from tests.unit.program import EFS, MODES, S3, Program, deployed


def test_images_are_scanned_and_deployed_by_digest():
    program = deployed()
    repository = program.one("Repository").inputs
    assert repository["imageTagMutability"] == "MUTABLE", "an update after an interrupted one cannot push"
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
    image = program.one("Image").inputs
    assert image["imageName"].startswith("orthanc-image-repositoryUrl:"), "pushed elsewhere"
    assert "@sha256:" in program.container()["image"], "a task may get another image than was tested"


def test_another_upstream_image_is_another_tag():
    other = deployed(orthancImage="orthancteam/orthanc:26.9.0").one("Image").inputs
    assert other["build"]["args"] == {"ORTHANC_IMAGE": "orthancteam/orthanc:26.9.0"}
    assert other["imageName"] != deployed().one("Image").inputs["imageName"], (
        "the list of images does not tell them apart"
    )


def statements(program: Program, name: str) -> list[dict[str, Any]]:
    return json.loads(program.one("Policy", name).inputs["policy"])["Statement"]


def allowed(program: Program, name: str) -> set[str]:
    """The services that a role may call."""
    return {action.split(":")[0] for statement in statements(program, name) for action in statement["Action"]}


@pytest.mark.parametrize(("mode", "services"), [(S3, {"s3", "kms"}), (EFS, {"elasticfilesystem"})])
def test_start_and_task_have_separate_roles(mode: dict[str, str], services: set[str]):
    program = deployed(**mode)
    definition = program.one("TaskDefinition").inputs
    assert definition["executionRoleArn"].endswith("orthanc-execution")
    assert definition["taskRoleArn"].endswith("orthanc-task")
    assert allowed(program, "orthanc-task") == services, "Orthanc itself could read secrets, or not its files"
    assert allowed(program, "orthanc-execution") == {"ecr", "logs", "secretsmanager"}


def test_the_secrets_that_a_task_is_given_are_those_that_may_be_read():
    program = deployed()
    given = {":".join(secret["valueFrom"].split(":")[:7]) for secret in program.container()["secrets"]}
    [readable] = [
        statement["Resource"]
        for statement in statements(program, "orthanc-execution")
        if statement["Action"] == ["secretsmanager:GetSecretValue"]
    ]
    assert set(readable) == given and len(given) == 2


@MODES
def test_a_failed_deployment_is_rolled_back_and_told(mode: dict[str, str]):
    service = deployed(**mode).one("Service").inputs
    assert service["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert service["waitForSteadyState"], "`pulumi up` is green before a task has started"
    assert service["deploymentMinimumHealthyPercent"] == 100, "an update interrupts the archive"


@MODES
def test_the_service_waits_for_what_its_tasks_need(mode: dict[str, str]):
    program = deployed(**mode)
    service, definition = program.one("Service"), program.one("TaskDefinition")
    needed = [
        program.one("ListenerRule"),
        definition,
        *program.all("MountTarget"),
        *program.all("FileSystemPolicy"),
    ]
    for resource in needed:
        assert service.waits_for(resource), f"tasks start before {resource.name} and fail"
    for purpose in ("execution", "task"):
        granted = program.one("RolePolicyAttachment", f"orthanc-{purpose}")
        assert definition.waits_for(granted), f"tasks start before they may do what they must: {granted.name}"


def test_the_balancer_reaches_orthanc_and_keeps_a_session_on_its_task():
    program = deployed()
    target, service = program.one("TargetGroup").inputs, program.one("Service").inputs
    [attached] = service["loadBalancers"]
    ports = [mapping["containerPort"] for mapping in program.container()["portMappings"]]
    assert attached["containerPort"] == target["port"] and target["port"] in ports
    assert attached["containerName"] == program.container()["name"]
    assert target["targetType"] == "ip"
    assert target["healthCheck"]["path"] == "/system"
    assert target["healthCheck"]["matcher"] == "200,401", "without credentials every path answers 401"
    assert target["stickiness"]["enabled"], "jobs and queries are a task's own"
    assert program.one("LoadBalancer").inputs["subnets"] == service["networkConfiguration"]["subnets"]


def test_tasks_speak_https_to_the_balancer():
    target = deployed().one("TargetGroup").inputs
    assert target["protocol"] == target["healthCheck"]["protocol"] == "HTTPS", "passwords travel in clear"


@pytest.mark.parametrize(("largest", "silence"), [("64", "30"), ("320", "120")])
def test_a_task_that_is_replaced_ends_its_transfers(largest: str, silence: str):
    program = deployed(largestStudyMib=largest, responseTimeoutSeconds=silence)
    delay = program.one("TargetGroup").inputs["deregistrationDelay"]
    assert delay >= int(largest) * 2**23 / 25e6 + int(silence), "an update cuts a transfer over a 25 Mbit/s line"
    for patience in program.one("Service").request.customTimeouts.ListFields():
        assert int(patience[1].removesuffix("m")) * 60 >= 20 * 60 + delay, "`pulumi up` gives up before"
    assert len(program.one("Service").request.customTimeouts.ListFields()) == 3


def test_no_load_balancer_is_asked_to_wait_longer_than_it_does():
    [largest] = [rule.le for rule in Settings.model_fields["largest_study_mib"].metadata if hasattr(rule, "le")]
    settings = parse({"largestStudyMib": largest, "taskCpu": 16384, "taskMemoryMib": 122880})
    assert 3000 < settings.transfer_seconds <= 3600, "AWS refuses a longer deregistration delay"


def test_each_hop_waits_longer_than_the_one_before():
    for seconds in (30, 120):
        program = deployed(responseTimeoutSeconds=str(seconds))
        [origin] = program.one("Distribution").inputs["origins"]
        [orthanc] = [v["value"] for v in program.container()["environment"] if v["name"] == "ORTHANC_JSON"]
        waits = [
            origin["vpcOriginConfig"]["originReadTimeout"],
            program.one("LoadBalancer").inputs["idleTimeout"],
            json.loads(orthanc)["KeepAliveTimeout"],
        ]
        assert waits[0] == seconds
        assert waits == sorted(set(waits)), "a hop closes a connection that the one before it still uses: 502"


def test_task_size_and_logs_are_the_settings():
    program = deployed(taskCpu="4096", taskMemoryMib="8192", logRetentionDays="7")
    definition = program.one("TaskDefinition").inputs
    assert (definition["cpu"], definition["memory"]) == ("4096", "8192")
    options = program.container()["logConfiguration"]["options"]
    assert options["awslogs-group"] == "orthanc-name" and options["awslogs-region"] == "us-east-1"
