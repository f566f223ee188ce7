"""Another project that imports the components: examples/research-archive."""

from functools import cache
from pathlib import Path

import pytest

from components.config.parse import ConfigurationError
from components.preflight.load import load
from offline.stand_ins.sdk import schema
from tests.unit.program import PROJECT, REGION, Monitor, Program, run
from tests.unit.test_program import broken_rules

EXAMPLE = PROJECT / "examples/research-archive"


@cache
def ran(*, preview: bool) -> Program:
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(EXAMPLE)  # as Pulumi runs it
        monitor = Monitor(preview=preview)
        return run(REGION, monitor, stack="research", project="research-archive", directory=EXAMPLE)


@pytest.fixture(params=[False, True], ids=["up", "preview"])
def program(request: pytest.FixtureRequest) -> Program:
    return ran(preview=request.param)


def test_its_settings_are_those_of_the_code(program: Program):
    assert not program.all("NatGateway") and program.one("BucketNotification").inputs["eventbridge"] is True
    assert "research-users-student" in {drawn.name for drawn in program.all("RandomPassword")}
    assert program.one("Bucket").request.retainOnDelete, "what is kept goes with the stack"


def test_the_image_is_that_of_the_components_wherever_the_project_lies(program: Program):
    build = program.one("Image").inputs["build"]
    context = (EXAMPLE / build["context"]).resolve()
    assert context.parent == PROJECT / ".build" and (context / "rds-global-bundle.pem").exists()
    assert (EXAMPLE / build["dockerfile"]).resolve() == context / "Dockerfile"
    assert not any(Path(build[key]).is_absolute() for key in ("context", "dockerfile")), (
        "the state names a path of this machine"
    )


def test_the_queue_hears_of_the_buckets_images_and_of_nothing_else(program: Program):
    rule, target = program.one("EventRule"), program.one("EventTarget")
    assert rule.waits_for(program.one("Bucket")) and target.waits_for(rule)
    assert target.waits_for(program.one("QueuePolicy")), "events of the first seconds are refused"
    assert set(program.outputs) == {"url", "credentialsSecretName", "newImages"}


def test_every_rule_holds_for_it():
    program = ran(preview=False)
    assert not broken_rules(program, "research")
    for resource in program.resources:
        assert not resource.kind.startswith("aws:") or not schema(resource.kind).misspelt(resource.inputs)


def test_settings_in_code_are_checked_like_those_of_a_stack():
    with pytest.raises(ConfigurationError, match=r"taskCpu = 3: .*Remedy"):
        load({"taskCpu": 3})
