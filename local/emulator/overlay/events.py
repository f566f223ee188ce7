"""EventBridge: events of AWS's own services, and rules that start state machines."""

import copy
import json
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.events.models import Rule, events_backends

from local.emulator.overlay import Parameters, iam, replaces, stepfunctions

_EVENTS = "events.amazonaws.com"


def publish(region: str, source: str, detail_type: str, resource: str, detail: Parameters) -> None:
    """What an AWS service tells the account's default bus."""
    event = {"Source": source, "DetailType": detail_type, "Resources": [resource], "Detail": json.dumps(detail)}
    events_backends[DEFAULT_ACCOUNT_ID][region].put_events([event])


@replaces(Rule)
def send_to_targets(original: Any, self: Any, original_event: Any, transform_input: bool = True) -> None:
    """moto starts no state machines. On AWS, too, nobody is told where the role may not: the invocation fails."""
    if self.state == "DISABLED" or not self.event_pattern.matches_event(original_event):
        return
    others = copy.copy(self)
    others.targets = [target for target in self.targets if ":states:" not in target["Arn"]]
    for target in self.targets:
        if target not in others.targets:
            problem = iam.problem_of_service(
                target.get("RoleArn", ""), _EVENTS, "states:StartExecution", target["Arn"]
            )
            stepfunctions.start(target["Arn"], json.dumps(original_event), problem)
    original(others, original_event, transform_input)
