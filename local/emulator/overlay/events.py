"""EventBridge: events of AWS services, and rules that start state machines and publish to topics."""

import copy
import json
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.events.models import Rule, events_backends
from moto.events.utils import EventTemplateParser

from local.emulator.overlay import Parameters, iam, replaces, sns, stepfunctions

_EVENTS = "events.amazonaws.com"


def publish(region: str, source: str, detail_type: str, resource: str, detail: Parameters) -> None:
    """Send an event of an AWS service to the account's default event bus."""
    event = {"Source": source, "DetailType": detail_type, "Resources": [resource], "Detail": json.dumps(detail)}
    events_backends[DEFAULT_ACCOUNT_ID][region].put_events([event])


@replaces(Rule)
def send_to_targets(original: Any, self: Any, original_event: Any, transform_input: bool = True) -> None:
    """moto does not start state machines or publish to topics."""
    if self.state == "DISABLED" or not self.event_pattern.matches_event(original_event):
        return
    others = copy.copy(self)
    others.targets = [target for target in self.targets if _service(target) not in _SENT]
    for target in self.targets:
        if target not in others.targets:
            _SENT[_service(target)](target, original_event)
    original(others, original_event, transform_input)


def _service(target: Parameters) -> str:
    return target["Arn"].split(":")[2]


def _start(target: Parameters, event: Any) -> None:
    """As on AWS, an invocation that the role does not permit fails without a notification."""
    role, arn = target.get("RoleArn", ""), target["Arn"]
    problem = iam.problem_of_service(role, _EVENTS, "states:StartExecution", arn)
    stepfunctions.start(arn, json.dumps(event), problem)


def _tell(target: Parameters, event: Any) -> None:
    """Publish the event as its input transformer formats it: text or JSON."""
    transformer = target.get("InputTransformer", {})
    text = EventTemplateParser.parse(transformer.get("InputTemplate"), transformer.get("InputPathsMap", {}), event)
    sns.tell(target["Arn"], _EVENTS, text if isinstance(text, str) else json.dumps(text))


_SENT = {"states": _start, "sns": _tell}
