"""CloudWatch: an alarm that changes state publishes to the topics of its actions, which moto does not do."""

import json
from typing import Any

from moto.cloudwatch.models import Alarm

from local.emulator.overlay import replaces, sns

_CLOUDWATCH = "cloudwatch.amazonaws.com"


@replaces(Alarm)
def update_state(original: Any, self: Any, reason: str, reason_data: str, state_value: str) -> None:
    """Runs the actions only when the state changes."""
    before = self.state_value
    original(self, reason, reason_data, state_value)
    if state_value == before or not self.actions_enabled:
        return
    actions = {
        "ALARM": self.alarm_actions,
        "OK": self.ok_actions,
        "INSUFFICIENT_DATA": self.insufficient_data_actions,
    }
    message = {
        "AlarmName": self.name,
        "AlarmDescription": self.description,
        "NewStateValue": state_value,
        "NewStateReason": reason,
        "OldStateValue": before,
    }
    for arn in actions[state_value]:
        subject = f'{state_value}: "{self.name}"'
        sns.tell(arn, _CLOUDWATCH, json.dumps(message), subject=subject, source_arn=self.alarm_arn)
