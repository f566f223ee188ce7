"""A service with real containers: what is deployed runs, and what is wired wrongly does not."""

import copy
import json
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from components.database.database import DatabaseAccess
from components.iam import policies
from components.service import orthanc_config
from local import containers
from local.images import docker
from tests.local.runner.conftest import TIMES_AS_FAST
from tests.local.runner.deployment import PORT, Deployment

ABSENT = "arn:aws:secretsmanager:us-east-1:123456789012:secret:absent-AbCdEf"


@pytest.fixture(scope="module")
def container(deployment: Deployment, image: str) -> dict[str, Any]:
    """Healthy when the database lets it in: as the program has Orthanc connect, with the secret's password."""
    database = DatabaseAccess(deployment.database_host, 5432, "orthanc", "orthanc", deployment.secret)
    return {
        "name": "orthanc",
        "image": image,
        "user": "999:999",
        "readonlyRootFilesystem": True,
        "portMappings": [{"containerPort": PORT}],
        "command": ["socat", f"TCP-LISTEN:{PORT},fork,reuseaddr", "EXEC:/serve"],
        "environment": [{"name": "DATABASE", "value": orthanc_config.connection_uri(database)}],
        "secrets": [{"name": "PGPASSWORD", "valueFrom": orthanc_config.secrets(database, "")["PGPASSWORD"]}],
        "healthCheck": {"command": ["CMD-SHELL", "psql $DATABASE -c 'SELECT 1'"], "interval": 5, "retries": 1},
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {"awslogs-group": "tasks", "awslogs-stream-prefix": "orthanc"},
        },
        "stopTimeout": 2,
    }


def eventually(holds: Callable[[], Any], consequence: str, *, seconds: float = 40) -> Any:
    """What `holds` answers once it is true."""
    deadline = time.monotonic() + seconds
    while not (answer := holds()):
        assert time.monotonic() < deadline, consequence
        time.sleep(0.2)
    return answer


def answer(deployment: Deployment) -> requests.Response:
    return requests.get(f"http://127.0.0.1:{deployment.workspace.port('edge')}/", timeout=30)


def running(deployment: Deployment, role: str) -> list[str]:
    return [each["name"] for each in containers.running(deployment.workspace) if each["role"] == role]


def begin(
    deployment: Deployment, container: dict[str, Any], volumes: Sequence[dict[str, str]] = (), **more: Any
) -> str:
    """Deploy another task definition; its ARN."""
    arn = deployment.task_definition(container, volumes=list(volumes))
    deployment.client("ecs").update_service(cluster="cluster", service="service", taskDefinition=arn, **more)
    return arn


def update(deployment: Deployment, container: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Deploy another task definition; the newest deployment that was not rolled back to, once it has ended.

    `more`: `volumes` of the task definition, and other settings of the service that change with it.
    """
    arn = begin(deployment, container, **more)

    def ended() -> list[dict[str, Any]]:
        shown = [each for each in deployment.service()["deployments"] if each["taskDefinition"] == arn]
        return [each for each in shown if each["rolloutState"] != "IN_PROGRESS"]

    # It is shown until the rollback is complete.
    return eventually(ended, "the deployment does not end", seconds=300)[0]


def steady(deployment: Deployment) -> list[str]:
    """The tasks of the service, once no deployment is under way and none of its tasks are left."""

    def alone() -> list[str]:
        shown, tasks = deployment.service()["deployments"], running(deployment, "task")
        is_over = len(shown) == 1 and shown[0]["rolloutState"] == "COMPLETED"
        return tasks if is_over and len(tasks) == 1 else []

    return eventually(alone, "the tasks of an earlier deployment do not go")


def test_a_service_is_steady_once_its_task_is_healthy(deployment: Deployment, container: dict[str, Any]):
    deployment.deploy(deployment.task_definition(container))
    assert deployment.service()["runningCount"] == 0
    eventually(lambda: deployment.service()["deployments"][0]["rolloutState"] == "COMPLETED", "it never is steady")
    got = answer(deployment)
    assert got.status_code == 200 and got.text == "ok"
    assert "AWSALB" in got.cookies, "the target group's stickiness has no effect"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda changed: changed.update(command=["false"]), "Essential container in task exited (1)"),
        (lambda changed: changed["secrets"][0].update(valueFrom=ABSENT), "GetSecretValue"),
    ],
)
def test_a_deployment_that_fails_is_rolled_back(
    deployment: Deployment, container: dict[str, Any], change: Callable[[dict[str, Any]], None], reason: str
):
    changed = copy.deepcopy(container)
    change(changed)
    before = steady(deployment)
    failed = update(deployment, changed)
    assert failed["rolloutState"] == "FAILED" and reason in failed["rolloutStateReason"]
    assert steady(deployment) == before, "the task of the last good deployment did not stay"
    assert answer(deployment).status_code == 200


LISTEN = f"socat TCP-LISTEN:{PORT},fork,reuseaddr EXEC:/serve"
# Longer than a failed check is tolerated without a grace period: 10 s by the target group, 5 s by the container.
LONGER_SECONDS = 15 / TIMES_AS_FAST
WAITS = "until test -e /tmp/ready; do sleep 0.2; done"
NOT_READY: dict[str, dict[str, Any]] = {
    "container": {
        "command": ["sh", "-c", LISTEN],
        "healthCheck": {"command": ["CMD-SHELL", "test -e /tmp/ready"], "interval": 5, "retries": 1},
    },
    "ELB": {"command": ["sh", "-c", f"{WAITS}; {LISTEN}"], "healthCheck": {"command": ["CMD", "true"]}},
}


@pytest.mark.parametrize("kind", NOT_READY)
def test_in_the_grace_period_a_failed_health_check_ends_no_task(
    deployment: Deployment, container: dict[str, Any], kind: str
):
    changed = container | NOT_READY[kind] | {"readonlyRootFilesystem": False}
    before = steady(deployment)
    failed = update(deployment, changed, healthCheckGracePeriodSeconds=0)
    assert f"Task failed {kind} health checks" in failed["rolloutStateReason"]
    assert steady(deployment) == before, "the task of the last good deployment did not stay"
    begin(deployment, changed, healthCheckGracePeriodSeconds=600)
    [task] = eventually(lambda: set(running(deployment, "task")) - set(before), "no task starts")
    time.sleep(LONGER_SECONDS)
    docker("exec", task, "touch", "/tmp/ready")  # noqa: S108 - the container's own
    eventually(lambda: running(deployment, "task") == [task], "ECS ended the task although it ignores its checks")
    assert update(deployment, container, healthCheckGracePeriodSeconds=0)["rolloutState"] == "COMPLETED"


def test_a_target_group_may_ask_for_health_at_another_port(deployment: Deployment, container: dict[str, Any]):
    elb, port = deployment.client("elbv2"), PORT + 1
    elsewhere = container | {
        "command": ["sh", "-c", f"{LISTEN.replace('exec ', '')} & {LISTEN.replace(str(PORT), str(port))}"]
    }
    change = {"TargetGroupArn": deployment.target_group, "HealthCheckPort": str(port)}
    elb.modify_target_group(**change)
    shut = update(deployment, elsewhere)
    assert "Task failed ELB health checks" in shut["rolloutStateReason"], "no security group lets it through"
    deployment.connect(deployment.balancer_group, deployment.task_group, port)
    assert update(deployment, elsewhere)["rolloutState"] == "COMPLETED" and answer(deployment).status_code == 200
    elb.modify_target_group(**change | {"HealthCheckPort": "traffic-port"})
    assert update(deployment, container)["rolloutState"] == "COMPLETED"


def test_without_its_policy_the_execution_role_pulls_nothing(deployment: Deployment, container: dict[str, Any]):
    iam, name = deployment.client("iam"), {"RoleName": "execution", "PolicyName": "execution"}
    policy = iam.get_role_policy(**name)["PolicyDocument"]
    iam.delete_role_policy(**name)
    refused = update(deployment, container)
    iam.put_role_policy(**name, PolicyDocument=json.dumps(policy))
    assert "is not authorized to perform: ecr:GetAuthorizationToken" in refused["rolloutStateReason"]


# What is another stack's.
OF_ANOTHER = [
    policies.execution_role(
        "arn:aws:ecr:us-east-1:123456789012:repository/b",
        "arn:aws:logs:us-east-1:123456789012:log-group:b",
        ["arn:aws:secretsmanager:us-east-1:123456789012:secret:another"],
    ),
    policies.pull_layers("aws", "eu-west-1"),
    policies.use_bucket("arn:aws:s3:::another", None),
]
BAD_WAYS: list[tuple[str, str, str]] = [
    ("ecr.api", policies.endpoint("secretsmanager", OF_ANOTHER), "ecr:GetAuthorizationToken"),
    *(
        (service, policies.endpoint(service, OF_ANOTHER), action)
        for service, action in (
            ("ecr.dkr", "ecr:BatchGetImage"),
            ("s3", "s3:GetObject"),
            ("logs", "logs:CreateLogStream"),
            ("secretsmanager", "secretsmanager:GetSecretValue"),
        )
    ),
]


@pytest.mark.parametrize(("service", "policy", "action"), BAD_WAYS)
def test_an_endpoint_lets_through_what_its_policy_names(
    deployment: Deployment, container: dict[str, Any], service: str, policy: str, action: str
):
    deployment.admit(service, policy)
    try:
        refused = update(deployment, container)
    finally:
        deployment.admit(service, deployment.admitted[service])
    assert f"because no VPC endpoint policy allows the {action} action" in refused["rolloutStateReason"]


def test_without_a_way_to_aws_no_task_starts(deployment: Deployment, container: dict[str, Any]):
    ec2 = deployment.client("ec2")
    to_endpoints = [{"Name": "group-id", "Values": [deployment.endpoints_group]}]
    [rule] = ec2.describe_security_group_rules(Filters=to_endpoints)["SecurityGroupRules"]
    ec2.revoke_security_group_ingress(
        GroupId=deployment.endpoints_group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]]
    )
    refused = update(deployment, container)
    let_in = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}]
    peer = [{"GroupId": deployment.task_group}]
    ec2.authorize_security_group_ingress(
        GroupId=deployment.endpoints_group, IpPermissions=[{**let_in[0], "UserIdGroupPairs": peer}]
    )
    assert "ecr.api.us-east-1.amazonaws.com: i/o timeout" in refused["rolloutStateReason"]


def test_a_shell_opens_where_its_agent_gets_what_it_needs(deployment: Deployment, container: dict[str, Any]):
    """Each step mends what the one before lacked: a shell that AWS would not open does not open here."""
    ecs, iam = deployment.client("ecs"), deployment.client("iam")
    key = deployment.client("kms").create_key()["KeyMetadata"]["Arn"]
    group = "arn:aws:logs:us-east-1:123456789012:log-group:shells"
    logs = {"cloudWatchLogGroupName": "shells", "cloudWatchEncryptionEnabled": True}
    record = {"kmsKeyId": key, "logging": "OVERRIDE", "logConfiguration": logs}
    ecs.update_cluster(cluster="cluster", configuration={"executeCommandConfiguration": record})
    ecs.update_service(cluster="cluster", service="service", enableExecuteCommand=True)
    role = {"RoleName": "task", "PolicyName": "shells"}
    documents = [*deployment.documents, policies.open_shells(group, key)]
    changed, volumes = copy.deepcopy(container), {"volumes": [{"name": "state"}, {"name": "logs"}]}

    def add_endpoints() -> None:
        deployment.add_endpoint("ssmmessages", documents)
        deployment.add_endpoint("kms", deployment.documents)

    def with_volumes() -> None:
        changed["mountPoints"] = [
            {"sourceVolume": volume, "containerPath": f"/var/{path}/amazon"}
            for volume, path in (("state", "lib"), ("logs", "log"))
        ]

    steps: list[tuple[Callable[[], Any], str]] = [
        (lambda: None, "ssmmessages.us-east-1.amazonaws.com: i/o timeout"),
        (add_endpoints, "cannot write to /var/lib/amazon"),
        (with_volumes, "not authorized to perform: ssmmessages:CreateControlChannel"),
        (
            lambda: iam.put_role_policy(**role, PolicyDocument=policies.open_shells(group, key)),
            "no VPC endpoint policy allows the logs:DescribeLogGroups action",
        ),
        (
            lambda: deployment.admit("logs", policies.endpoint("logs", documents)),
            "no VPC endpoint policy allows the kms:Decrypt action",
        ),
    ]
    for mend, missing in steps:
        mend()
        assert missing in update(deployment, changed, **volumes)["rolloutStateReason"]
    deployment.admit("kms", policies.endpoint("kms", documents))
    assert update(deployment, changed, **volumes)["rolloutState"] == "COMPLETED"
    iam.delete_role_policy(**role)
    ecs.update_service(cluster="cluster", service="service", enableExecuteCommand=False)
    assert update(deployment, container)["rolloutState"] == "COMPLETED"
    eventually(lambda: len(running(deployment, "task")) == 1, "the old task does not go")


def test_a_running_task_reaches_the_bucket_that_the_endpoint_names(deployment: Deployment):
    [task] = running(deployment, "task")
    variables = json.loads(docker("container", "inspect", "--format", "{{json .Config.Env}}", task))
    own = dict(variable.split("=", 1) for variable in variables)
    s3 = boto3.client(
        "s3",
        endpoint_url=deployment.workspace.endpoint,
        region_name="us-east-1",
        aws_access_key_id=own["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=own["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=own["AWS_SESSION_TOKEN"],
    )
    image = {"Bucket": "images", "Key": "study"}
    s3.put_object(**image, Body=b"dicom")
    deployment.admit("s3", policies.endpoint("s3", OF_ANOTHER))
    with pytest.raises(ClientError, match="no VPC endpoint policy allows the s3:GetObject action"):
        s3.get_object(**image)
    deployment.admit("s3", deployment.admitted["s3"])
    assert s3.get_object(**image)["Body"].read() == b"dicom"


def test_what_was_killed_runs_again(deployment: Deployment):
    before = running(deployment, "task")
    subprocess.run(["docker", "kill", *before, *running(deployment, "database")], capture_output=True, check=True)
    eventually(lambda: running(deployment, "task") not in (before, []), "no new task took the killed one's place")
    eventually(lambda: answer(deployment).status_code == 200, "the new task gets no requests")


def test_what_is_deleted_does_not_run(deployment: Deployment):
    deployment.client("ecs").delete_service(cluster="cluster", service="service", force=True)
    deployment.client("rds").delete_db_instance(DBInstanceIdentifier="db", SkipFinalSnapshot=True)
    eventually(lambda: not running(deployment, "task") + running(deployment, "database"), "containers stay behind")
    assert answer(deployment).status_code == 503
