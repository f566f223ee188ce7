"""Shells in a task (ECS Exec): whether the agent of a session has what it requires.

On AWS, the task runs without it, and an attempt to open a shell fails with TargetNotConnectedException. Here, the
task does not start, so that the problem is found early.
"""

from collections.abc import Iterator

from local.emulator.overlay.iam import ACCOUNT, TRANSPORT, caller_of, denial, problem_of_key
from local.emulator.overlay.policies import permitted
from local.runner.aws_routes import AwsRoutes
from local.runner.documents import Document, TaskError
from local.workspace import REGION

CHANNELS = tuple(f"ssmmessages:{do}{end}Channel" for do in ("Create", "Open") for end in ("Control", "Data"))
# The directories for state and logs of the agent, which runs as root (Amazon ECS Developer Guide, "Monitor Amazon
# ECS containers with ECS Exec": a read-only root file system is not supported, unless these are volumes).
_PATHS = ("/var/lib/amazon", "/var/log/amazon")
_RECORD = ("logs:DescribeLogStreams", "logs:CreateLogStream", "logs:PutLogEvents")


def services(configuration: Document) -> tuple[str, ...]:
    """The AWS services that the agent calls, in addition to those that each task calls."""
    return ("ssmmessages", *(["kms"] if configuration.get("kmsKeyId") else []))


def check(definition: Document, configuration: Document, passed: AwsRoutes) -> None:
    """Raise TaskError if a shell in a task of this definition could not be opened or recorded.

    `configuration`: the cluster's executeCommandConfiguration; `passed`: the VPC endpoints of the task's calls.
    """
    [container] = definition["containerDefinitions"]
    if problem := next(_problems(definition["taskRoleArn"], container, configuration, passed), ""):
        raise TaskError(f"no shell could be opened (ECS Exec): {problem}")


def _problems(role_arn: str, container: Document, configuration: Document, passed: AwsRoutes) -> Iterator[str]:
    mounted = {mount["containerPath"] for mount in container.get("mountPoints", [])}
    if container.get("readonlyRootFilesystem") and not mounted.issuperset(_PATHS):
        yield f"the agent cannot write to {', '.join(_PATHS)}"
    policies = {service: endpoint["PolicyDocument"] for service, endpoint in passed.items()}
    agent = caller_of(role_arn, policies)
    logs, asked = configuration.get("logConfiguration", {}), [(action, "*") for action in CHANNELS]
    if group := logs.get("cloudWatchLogGroupName"):
        groups = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group"
        asked += [("logs:DescribeLogGroups", f"{groups}:*")]
        asked += [(action, f"{groups}:{group}:log-stream:session") for action in _RECORD]
    for action, resource in asked:
        if not permitted(agent, action, resource, TRANSPORT):
            yield denial(agent, action, resource)
    if (key := configuration.get("kmsKeyId")) and (problem := problem_of_key(agent, REGION, key, "kms:Decrypt")):
        yield problem
