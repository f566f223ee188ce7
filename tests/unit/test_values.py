"""Every value of the whole program is one that AWS takes, with each setting turned.

Compared with CloudFormation's resource schemas and, as the calls that the stand-ins would make, with the models
and documents of the services.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from botocore import xform_name
from botocore.model import OperationModel, ServiceModel
from botocore.session import get_session

from offline.stand_ins import calls, fields
from offline.stand_ins.aws import Aws
from offline.stand_ins.table import ROWS
from tests.cloudformation import Checked
from tests.unit.program import Program, Resource, configured, deployed, run
from tests.unit.test_flags import FLAGS
from tests.unit.test_program import EDGE, STACKS, WATCHED, ran

# The combinations of five flags say nothing that the flags alone do not.
RICH = [name for name in STACKS if "+" not in name]
# All that is named after the stack, in stacks of any name that Pulumi takes.
NAMED_AFTER_THE_STACK = WATCHED | EDGE
STACK_NAMES = ["prod.eu", "a" * 100, f"{'a.-_' * 25}"]


def programs() -> Iterator[tuple[str, Program]]:
    for name in RICH:
        yield name, ran(name, preview=False)
    for settings, *_ in FLAGS:
        yield str(settings), deployed(**settings)
    for stack in STACK_NAMES:
        yield f"stack {stack}", run(configured(NAMED_AFTER_THE_STACK), stack=stack)


class CheckedCalls:
    """The calls that create resources: how many, and what AWS would refuse of them."""

    def __init__(self) -> None:
        self.calls = self.values = 0
        self.operations: set[str] = set()
        self.problems: list[str] = []
        self._aws = Aws()

    def check(self, resource: Resource, made_up: set[str]) -> None:
        if resource.kind not in ROWS:
            return
        row = ROWS[resource.kind]
        try:
            inputs = self._aws.check(resource.kind, dict(resource.inputs), {}, resource.name, b"seed")
        except ExceptionGroup as refused:
            self.problems += [f"{resource.name}: {problem}" for problem in refused.exceptions]
            return
        state = {**inputs, "id": f"{resource.name}-id"}
        for call in calls.made_with(row, inputs):
            operation = _operation(row.service, call.operation)
            shape: Any = operation.input_shape
            parameters = calls.parameters(row, call, shape, state, {})
            self.calls += 1
            self.operations.add(call.operation)
            self.values += sum(1 for _ in fields.fields(shape, parameters))
            for refused in fields.refused(operation, parameters):
                if not isinstance(refused.field.value, str) or refused.field.value not in made_up:
                    self.problems.append(f"{resource.name}: {operation.name}: {refused}")


@cache
def _model(service: str) -> tuple[ServiceModel, dict[str, str]]:
    model = get_session().get_service_model(service)
    return model, {xform_name(name): name for name in model.operation_names}  # type: ignore[attr-defined]


@cache
def _operation(service: str, name: str) -> OperationModel:
    """As boto3 names it."""
    model, names = _model(service)
    return model.operation_model(names[name])


def made_up(program: Program) -> set[str]:
    """What stands in these programs for the ids and ARNs of AWS."""
    given = {f"{resource.name}-id" for resource in program.resources}
    outputs = [
        value
        for resource in program.resources
        for key, value in resource.outputs.items()
        if key not in resource.inputs
    ]
    return given.union(*map(texts, outputs))


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts(part)
    elif isinstance(value, str):
        yield value


@pytest.fixture(scope="module")
def checked() -> tuple[Checked, CheckedCalls]:
    schemas, made = Checked(), CheckedCalls()
    for name, program in programs():
        known = made_up(program)
        for resource in program.resources:
            schemas.check(resource.kind, f"{resource.name} ({name})", resource.inputs, made_up=known)
            made.check(resource, known)
    return schemas, made


def test_cloudformation_takes_every_value(checked: tuple[Checked, CheckedCalls]):
    schemas, _ = checked
    assert not schemas.problems, "\n".join(sorted(set(schemas.problems)))


def test_the_services_take_every_call(checked: tuple[Checked, CheckedCalls]):
    _, made = checked
    assert not made.problems, "\n".join(sorted(set(made.problems)))


def test_enough_was_compared(checked: tuple[Checked, CheckedCalls]):
    """Names that no longer fold into each other would leave nothing to compare, without a word."""
    schemas, made = checked
    assert len(schemas.types) >= 50 and len(made.operations) >= 75
    assert len(schemas.properties) >= 500 and schemas.rules >= 8000
    assert len(schemas.unknown) <= len(schemas.properties) / 7, sorted(schemas.unknown)
    assert made.calls >= 4000 and made.values >= 30_000


@pytest.mark.parametrize(
    ("kind", "inputs", "said"),
    [
        ("aws:ec2/securityGroup:SecurityGroup", {"description": "Orthanc's tasks"}, "description"),
        ("aws:rds/instance:Instance", {"engineLifecycleSupport": "none"}, ""),
        ("aws:backup/plan:Plan", {"rules": [{"ruleName": "daily"}]}, "rules lacks TargetBackupVault"),
        ("aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": 2}, "retentionInDays 2 breaks"),
        ("aws:cloudwatch/logDeliverySource:LogDeliverySource", {"resourceArn": "arn:aws:cloudfront::1:a/b"}, ""),
        ("aws:ecs/taskDefinition:TaskDefinition", {"containerDefinitions": '[{"name": "a"}]'}, "lacks Image"),
        (
            "aws:wafv2/webAcl:WebAcl",
            {"visibilityConfig": {"metricName": "a b"}},
            "visibilityConfig.metricName 'a b'",
        ),
    ],
)
def test_what_cloudformation_refuses(kind: str, inputs: dict[str, Any], said: str):
    schemas = Checked()
    schemas.check(kind, "it", inputs)
    assert said in "".join(schemas.problems) and bool(schemas.problems) == bool(said), schemas.problems
