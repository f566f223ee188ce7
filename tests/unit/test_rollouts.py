"""Old and new tasks share the index only where both are known to work on its schema."""

import pytest

from components import memory, rollouts, versions
from components.configuration import ConfigurationError, parse
from components.rollouts import ROLLING, STOP_FIRST
from components.settings import Problem, Settings
from tests.unit.program import INTERNAL, NAME, REGION, Monitor, Program, deployed, run

UP = "orthancteam/orthanc:"
NOW = Settings().orthanc_image


@pytest.mark.parametrize(
    ("image", "revision"),
    [
        (f"{UP}26.8.1", 10),
        (f"{UP}26.8.1-full", 10),
        (f"{UP}26.8.1@sha256:{'0' * 64}", 10),
        (f"registry.example.org:5000/mirror/{UP}24.8.3", 2),
        (f"{UP}24.2.3", None),
        (f"{UP}25.1.0", 3),
        (f"{UP}25.3.1", 4),
        (f"{UP}25.8.0", None),
        (f"{UP}25.10.0", 6),
        (f"{UP}26.9.1", None),
        (f"{UP}26.8.1-rc", None),
        (f"orthancteam/orthanc@sha256:{'0' * 64}", None),
        ("jodogne/orthanc-plugins:26.8.1", None),
    ],
)
def test_what_is_known_of_an_image(image: str, revision: int | None):
    assert versions.schema_revision(image) == revision


def test_the_image_that_is_deployed_by_default_is_known():
    assert versions.schema_revision(NOW), "each update to another image, and from it, would stop the service"


@pytest.mark.parametrize(
    ("running", "wanted", "mode", "chosen"),
    [
        pytest.param(None, f"{UP}26.8.1", "auto", ROLLING, id="nothing runs"),
        pytest.param(f"{UP}26.8.1", f"{UP}26.8.1", "auto", ROLLING, id="the same"),
        pytest.param("mine/orthanc:1", "mine/orthanc:1", "auto", ROLLING, id="the same, of one's own"),
        pytest.param(f"{UP}24.8.3", f"{UP}24.10.1", "auto", ROLLING, id="the same schema"),
        pytest.param(f"{UP}24.10.1", f"{UP}24.8.3", "auto", ROLLING, id="and back"),
        pytest.param(f"{UP}25.10.0", f"{UP}26.8.1", "auto", STOP_FIRST, id="another schema"),
        pytest.param(f"{UP}26.8.1", f"{UP}27.1.0", "auto", STOP_FIRST, id="perhaps another schema"),
        pytest.param(f"{UP}26.8.1", "mine/orthanc:1", "auto", STOP_FIRST, id="nobody knows"),
        pytest.param(f"{UP}26.8.1", f"{UP}27.1.0", "rolling", ROLLING, id="who deploys knows better"),
        pytest.param(f"{UP}24.8.3", f"{UP}24.10.1", "stopFirst", STOP_FIRST, id="who deploys wants it"),
        pytest.param(f"{UP}26.8.1", f"{UP}25.10.0", "stopFirst", STOP_FIRST, id="who deploys has downgraded"),
    ],
)
def test_how_tasks_are_replaced(running: str | None, wanted: str, mode: str, chosen: rollouts.Rollout):
    settings = parse({"orthancImage": wanted, "deploymentMode": mode})
    assert rollouts.chosen(settings, running) == chosen


@pytest.mark.parametrize(
    ("running", "wanted", "mode", "key", "text"),
    [
        (f"{UP}26.8.1", f"{UP}25.10.0", "auto", "orthancImage", "refuses to start"),
        (f"{UP}27.1.0", f"{UP}26.8.1", "auto", "orthancImage", "may refuse to start"),
        (f"{UP}25.10.0", f"{UP}26.8.1", "rolling", "deploymentMode", "old and new would share it"),
        (f"{UP}26.8.1", f"{UP}25.10.0", "rolling", "deploymentMode", "old and new would share it"),
    ],
)
def test_what_would_break_the_index_is_refused(running: str, wanted: str, mode: str, key: str, text: str):
    refused = rollouts.chosen(parse({"orthancImage": wanted, "deploymentMode": mode}), running)
    assert isinstance(refused, Problem)
    assert refused.key == key and text in refused.rule and "pulumi config" in refused.remedy
    assert key != "orthancImage" or (running in refused.remedy and "snapshot" in refused.remedy)


class Upgraded(Monitor):
    """A stack in which `running` was deployed last."""

    def __init__(self, running: str, *, preview: bool):
        super().__init__(preview=preview)
        self.remembered = {memory.IMAGE: running}


def upgraded(running: str, *, preview: bool = False, **settings: str) -> Program:
    config = REGION | {f"{NAME}:{key}": value for key, value in settings.items()}
    return run(config, Upgraded(running, preview=preview))


@pytest.mark.parametrize("preview", [False, True])
def test_an_upgrade_of_the_schema_stops_the_old_tasks_first(preview: bool):
    program = upgraded(f"{UP}25.10.0", preview=preview, enableMultiAz="true", **INTERNAL)
    service = program.one("Service").inputs
    bounds = service["deploymentMinimumHealthyPercent"], service["deploymentMaximumPercent"]
    assert bounds == (0, 100), "old and new tasks would run side by side"
    assert service["availabilityZoneRebalancing"] == "DISABLED", "AWS refuses it with a maximum of 100 %"
    delays = {group.inputs["deregistrationDelay"] for group in program.all("TargetGroup")}
    assert delays == {0}, "a task that lets transfers end is counted no more: its successor would run beside it"


def test_an_upgrade_of_the_schema_tells_what_remains_to_be_done(caplog: pytest.LogCaptureFixture):
    upgraded(NOW)
    assert "once more" not in caplog.text
    upgraded(f"{UP}25.10.0")
    assert "Run `pulumi up` once more" in caplog.text, "until then each task that goes cuts its transfers"


def test_everything_else_rolls():
    program = upgraded(NOW, enableMultiAz="true")
    service = program.one("Service").inputs
    bounds = service["deploymentMinimumHealthyPercent"], service["deploymentMaximumPercent"]
    assert bounds == (100, 200) and service["availabilityZoneRebalancing"] == "ENABLED"


def test_a_downgrade_registers_nothing():
    monitor = Upgraded(f"{UP}26.8.1", preview=False)
    with pytest.raises(ConfigurationError, match=r"orthancImage = 'orthancteam/orthanc:25\.10\.0'"):
        run(REGION | {f"{NAME}:orthancImage": f"{UP}25.10.0"}, monitor)
    assert not monitor.program.resources


def test_a_deployment_that_failed_is_not_taken_for_what_runs():
    program = deployed()
    record = program.one("Parameter", "orthanc-running")
    assert record.inputs["name"] == f"/{NAME}/test/running/orthanc-image" and record.inputs["value"] == NOW
    assert record.waits_for(program.one("Service")), "tried again it would roll"
