"""EventBridge and Step Functions."""

from botocore.session import get_session

from offline.stand_ins.codec import Values
from offline.stand_ins.mapping import parameters
from offline.stand_ins.table import Call, Read, row

_RULE = {"Rule": "$rule"}
_TARGET = get_session().get_service_model("events").shape_for("Target")

row(
    "cloudwatch/eventRule:EventRule",
    "events",
    Call("put_rule", mapped=True),
    "$name",
    Read("describe_rule", {"Name": "$id"}),
    updates=(Call("put_rule", mapped=True),),
    delete=(Call("delete_rule", {"Name": "$id"}),),
    fixed="name namePrefix eventBusName",
    outputs={"arn": "Arn"},
    named="name 64",
)


_OTHERS = ("id", "rule", "region", "eventBusName", "inputTransformer")


def _targets(state: Values) -> Values:
    known = {name: value for name, value in state.items() if name not in _OTHERS}
    target = parameters(known, _TARGET, {"targetId": "Id"}, ())
    if transformer := state.get("inputTransformer"):
        target["InputTransformer"] = {
            "InputPathsMap": transformer.get("inputPaths") or {},
            "InputTemplate": transformer["inputTemplate"],
        }
    return {"Rule": state["rule"], "Targets": [target]}


def _read_transformer(found: Values) -> Values | None:
    transformer = found.get("InputTransformer")
    if not transformer:
        return None
    return {"inputPaths": transformer["InputPathsMap"], "inputTemplate": transformer["InputTemplate"]}


row(
    "cloudwatch/eventTarget:EventTarget",
    "events",
    Call("put_targets", _targets),
    "$rule/$targetId",
    Read("list_targets_by_rule", _RULE, "Targets[?Id=='$targetId'] | [0]"),
    updates=(Call("put_targets", _targets),),
    delete=(Call("remove_targets", _RULE | {"Ids": ["$targetId"]}),),
    fixed="rule targetId eventBusName",
    names={"targetId": "Id"},
    outputs={"inputTransformer": _read_transformer},
    named="targetId 64",
)

row(
    "sfn/stateMachine:StateMachine",
    "stepfunctions",
    Call("create_state_machine", mapped=True),
    "stateMachineArn",
    Read("describe_state_machine", {"stateMachineArn": "$id"}),
    updates=(Call("update_state_machine", {"stateMachineArn": "$id"}, mapped=True),),
    delete=(Call("delete_state_machine", {"stateMachineArn": "$id"}),),
    fixed="name namePrefix type",
    outputs={"arn": "stateMachineArn"},
    named="name 80",
)
