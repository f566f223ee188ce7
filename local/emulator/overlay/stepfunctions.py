"""Step Functions: state machines of consecutive tasks that call the AWS API with the permissions of their role.

moto's own interpreter calls AWS itself. This one supports the part of the States Language that the program uses.
"""

import json
import logging
import threading
import time
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.utils import utcnow
from moto.stepfunctions.models import Execution, StateMachine, StepFunctionBackend, stepfunctions_backends

from local.emulator.overlay import AwsError, Parameters, iam, replaces
from local.workspace import REGION, TEST_CREDENTIALS, Workspace

_STATES = "states.amazonaws.com"
_INTEGRATION = ":states:::aws-sdk:"
# The parameter with the resource of a call, by action.
_RESOURCES = {"ecs:UpdateService": "Service"}

_endpoint = ""
log = logging.getLogger("stepfunctions")


def configure(workspace: Workspace, *, tasks: bool) -> None:
    """Set the endpoint that state machines call: the workspace's emulated AWS."""
    global _endpoint
    _endpoint = workspace.endpoint


def start(arn: str, text: str, problem: str) -> None:
    """Start the state machine with this input; if there is a `problem`, log it instead."""
    if problem:
        log.error("%s is not started: %s", arn, problem)
        return
    stepfunctions_backends[DEFAULT_ACCOUNT_ID][arn.split(":")[3]].start_execution(arn, "", text)


@replaces(StepFunctionBackend)
def create_state_machine(original: Any, self: Any, *args: Any, **given: Any) -> StateMachine:
    """moto accepts any definition, even if it is not a state machine."""
    for state in _parsed(given["definition"])["States"].values():
        if state["Type"] != "Task" or _INTEGRATION not in state["Resource"]:
            raise AwsError("InvalidDefinition", f"the stand-in for Step Functions does not know the state {state}")
    return original(self, *args, **given)


@replaces(StepFunctionBackend)
def start_execution(original: Any, self: Any, *args: Any, **given: Any) -> Execution:
    """In moto, executions succeed without doing anything."""
    execution = original(self, *args, **given)
    machine = self.describe_state_machine(execution.state_machine_arn)
    execution.status, execution.stop_date = "RUNNING", None
    threading.Thread(target=_run, args=(machine, execution), name=machine.name, daemon=True).start()
    return execution


def _run(machine: StateMachine, execution: Execution) -> None:
    definition = _parsed(machine.definition)
    name = definition["StartAt"]
    try:
        while True:
            state = definition["States"][name]
            _try(machine.roleArn, state)
            if state.get("End"):
                break
            name = state["Next"]
    except (ClientError, BotoCoreError, PermissionError) as error:
        log.error("%s fails: %s", machine.name, error)
        execution.status, execution.cause = "FAILED", str(error)
    else:
        execution.status = "SUCCEEDED"
    execution.stop_date = utcnow()


def _try(role_arn: str, state: Parameters) -> None:
    """Make the state's call, with the retries of its Retry field; the intervals are shorter here."""
    [retry] = state.get("Retry") or [{"MaxAttempts": 0}]
    for attempt in range(retry["MaxAttempts"] + 1):
        try:
            return _call(role_arn, state)
        except (ClientError, BotoCoreError, PermissionError):
            if attempt == retry["MaxAttempts"]:
                raise
            time.sleep(0.1)


def _call(role_arn: str, state: Parameters) -> None:
    service, operation = state["Resource"].partition(_INTEGRATION)[2].split(":")
    action = f"{service}:{operation[0].upper()}{operation[1:]}"
    # The integration capitalizes all parameters; the API has its own spelling.
    given = state["Parameters"]
    if problem := iam.problem_of_service(role_arn, _STATES, action, given[_RESOURCES[action]]):
        raise PermissionError(problem)
    keys = (TEST_CREDENTIALS["AWS_ACCESS_KEY_ID"], TEST_CREDENTIALS["AWS_SECRET_ACCESS_KEY"])
    session = boto3.Session(*keys, region_name=REGION)
    client = session.client(service, endpoint_url=_endpoint, config=Config(proxies={}))
    methods = {api: method for method, api in client.meta.method_to_api_mapping.items()}
    model = client.meta.service_model.operation_model(action.partition(":")[2])
    names = {name.lower(): name for name in model.input_shape.members}
    getattr(client, methods[model.name])(**{names[key.lower()]: value for key, value in given.items()})


def _parsed(definition: str) -> Any:
    try:
        parsed = json.loads(definition)
        return parsed if parsed["States"][parsed["StartAt"]] else None
    except (ValueError, KeyError, TypeError):
        raise AwsError("InvalidDefinition", "no state machine: it needs StartAt and States") from None
