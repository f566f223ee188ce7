"""The image that is built, the tasks that run it, and the balancer before them."""

import pytest

from components.config import Settings
from components.config.parse import parse
from tests.unit.program import EFS, MODES, S3, Program, deployed


def test_an_image_can_be_pushed_with_the_tag_of_the_previous_one():
    program = deployed()
    mutability = program.one("Repository").inputs["imageTagMutability"]
    assert mutability == "MUTABLE", "an update after an interrupted one cannot push"
    assert program.one("Image").inputs["imageName"].startswith("orthanc-image-repositoryUrl:"), "wrong repository"


def allowed(program: Program, name: str) -> set[str]:
    """The services that a role may call."""
    return {action.split(":")[0] for statement in program.statements(name) for action in statement["Action"]}


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
        for statement in program.statements("orthanc-execution")
        if statement["Action"] == ["secretsmanager:GetSecretValue"]
    ]
    assert set(readable) == given and len(given) == 2
    password = next(each for each in program.container()["secrets"] if each["name"] == "PGPASSWORD")
    assert password["valueFrom"].endswith(":password::"), "ECS would inject the whole secret"


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
    assert target["protocol"] == target["healthCheck"]["protocol"], "no task ever becomes healthy"
    assert target["healthCheck"]["path"] == "/system"
    assert target["healthCheck"]["matcher"] == "200,401", "without credentials every path answers 401"
    assert target["stickiness"]["enabled"], "jobs and queries are a task's own"
    assert program.one("LoadBalancer").inputs["subnets"] == service["networkConfiguration"]["subnets"]


@pytest.mark.parametrize(("largest", "silence"), [("64", "30"), ("320", "120")])
def test_a_task_that_is_replaced_ends_its_transfers(largest: str, silence: str):
    program = deployed(largestStudyMib=largest, responseTimeoutSeconds=silence)
    delay = program.one("TargetGroup").inputs["deregistrationDelay"]
    assert delay >= int(largest) * 2**23 / 25e6 + int(silence), "an update cuts a transfer over a 25 Mbit/s line"
    timeouts = program.one("Service").timeouts
    assert len(timeouts) == 3 and min(timeouts) >= 20 * 60 + delay, "`pulumi up` gives up before"


def test_no_load_balancer_is_asked_to_wait_longer_than_it_does():
    [largest] = [rule.le for rule in Settings.model_fields["largest_study_mib"].metadata if hasattr(rule, "le")]
    settings = parse({"largestStudyMib": largest, "taskCpu": 16384, "taskMemoryMib": 122880})
    assert 3000 < settings.transfer_seconds <= 3600, "AWS refuses a longer deregistration delay"


def test_each_hop_waits_longer_than_the_one_before():
    for seconds in (30, 120):
        program = deployed(responseTimeoutSeconds=str(seconds))
        [origin] = program.one("Distribution").inputs["origins"]
        waits = [
            origin["vpcOriginConfig"]["originReadTimeout"],
            program.one("LoadBalancer").inputs["idleTimeout"],
            program.orthanc()["KeepAliveTimeout"],
        ]
        assert waits[0] == seconds
        assert waits == sorted(set(waits)), "a hop closes a connection that the one before it still uses: 502"


def test_orthanc_logs_to_the_stacks_log_group():
    options = deployed().container()["logConfiguration"]["options"]
    group = deployed().one("LogGroup", "orthanc").outputs["name"]
    assert (options["awslogs-group"], options["awslogs-region"]) == (group, "us-east-1")
