"""Old and new tasks share the index only where both are known to work on its schema."""

import logging

import pytest

from components.config import Problem, Settings, schema_versions
from components.config.parse import parse
from components.preflight import memory, rollouts
from components.preflight.rollouts import ROLLING, STOP_FIRST
from tests.unit.program import INTERNAL, NAME, Monitor, Program, configured, deployed, refused, run

UP = "orthancteam/orthanc:"
NOW = Settings().orthanc_image


@pytest.mark.parametrize(
    ("image", "revision"),
    [
        (f"{UP}26.8.1", 10),
        (f"{UP}26.8.1-full", 10),
        (f"{UP}26.8.1@sha256:{'0' * 64}", 10),
        (f"registry.example.org:5000/mirror/{UP}24.8.3", 2),
        (f"{UP}25.8.0", None),
        (f"{UP}26.9.1", None),
        (f"{UP}26.8.1-rc", None),
        (f"orthancteam/orthanc@sha256:{'0' * 64}", None),
        ("jodogne/orthanc-plugins:26.8.1", None),
    ],
)
def test_what_is_known_of_an_image(image: str, revision: int | None):
    assert schema_versions.schema_revision(image) == revision


def test_the_image_that_is_deployed_by_default_is_known():
    assert schema_versions.schema_revision(NOW), (
        "each update to another image, and from it, would stop the service"
    )


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
    problem = rollouts.chosen(parse({"orthancImage": wanted, "deploymentMode": mode}), running)
    assert isinstance(problem, Problem)
    assert problem.key == key and text in problem.rule and "pulumi config" in problem.remedy
    assert key != "orthancImage" or (running in problem.remedy and "snapshot" in problem.remedy)


class Upgraded(Monitor):
    """A stack in which `running` was deployed last."""

    def __init__(self, running: str, *, preview: bool):
        super().__init__(preview=preview)
        self.remembered = {memory.IMAGE: running}


def upgraded(running: str, *, preview: bool = False, **settings: str) -> Program:
    return run(configured(settings), Upgraded(running, preview=preview))


@pytest.mark.parametrize("preview", [False, True])
def test_an_upgrade_of_the_schema_stops_the_old_tasks_first(preview: bool):
    program = upgraded(f"{UP}25.10.0", preview=preview, enableMultiAz="true", **INTERNAL)
    service = program.one("Service").inputs
    bounds = service["deploymentMinimumHealthyPercent"], service["deploymentMaximumPercent"]
    assert bounds == (0, 100), "old and new tasks would run side by side"
    assert service["availabilityZoneRebalancing"] == "DISABLED", "AWS refuses it with a maximum of 100 %"
    delays = {group.inputs["deregistrationDelay"] for group in program.all("TargetGroup")}
    assert delays == {0}, "a task that lets transfers end is counted no more: its successor would run beside it"


def test_a_change_of_the_schema_is_not_killed():
    service = upgraded(f"{UP}25.10.0", enableMultiAz="true", maxTasks="4").one("Service")
    grace = service.inputs["healthCheckGracePeriodSeconds"]
    assert grace >= 5 * 3600, "the longest that is known, of 150 million instances, took an hour"
    assert min(service.timeouts) >= 20 * 60 + grace, "`pulumi up` gives up before"


def test_a_task_that_changes_the_schema_is_alone():
    program = upgraded(f"{UP}25.10.0", enableMultiAz="true", maxTasks="4")
    service = program.one("Service")
    assert service.inputs["desiredCount"] == 1, "the others get no lock and exit, so that ECS rolls back"
    assert not list(service.request.ignoreChanges), "there would be as many tasks as load had left"
    assert program.one("Target").inputs["minCapacity"] == 1, "nobody brings the other tasks back afterwards"


def test_an_upgrade_of_the_schema_tells_what_it_waits_for_and_what_remains(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO):
        upgraded(NOW)
        assert "once more" not in caplog.text
        upgraded(f"{UP}25.10.0")
    assert "Run `pulumi up` once more" in caplog.text, "until then each task that goes cuts its transfers"
    assert "for up to 6 hours" in caplog.text and "aws logs tail orthanc-name --follow" in caplog.text


def test_an_image_that_does_not_know_all_of_the_configuration_is_warned_of(caplog: pytest.LogCaptureFixture):
    deployed()
    assert "is older than Orthanc 1.13" not in caplog.text
    run(configured({"orthancImage": f"{UP}26.7.0"}))
    assert f"{UP}26.7.0 is older than Orthanc 1.13" in caplog.text and "MaximumRequestBodySizeMB" in caplog.text


SNAPSHOT = {"dbSnapshotIdentifier": "before"}


@pytest.mark.parametrize(
    ("settings", "chosen"),
    [
        pytest.param({}, ROLLING, id="an empty database"),
        pytest.param(SNAPSHOT, STOP_FIRST, id="of another version, perhaps"),
        pytest.param(SNAPSHOT | {"deploymentMode": "rolling"}, ROLLING, id="who deploys knows better"),
    ],
)
def test_a_database_that_begins_with_a_snapshot_may_have_to_change(
    settings: dict[str, str], chosen: rollouts.Rollout
):
    assert rollouts.chosen(parse(settings), None) == chosen
    assert rollouts.chosen(parse(settings), NOW) == ROLLING, "the snapshot is long behind it"


def test_everything_else_rolls():
    program = upgraded(NOW, enableMultiAz="true")
    service = program.one("Service").inputs
    bounds = service["deploymentMinimumHealthyPercent"], service["deploymentMaximumPercent"]
    assert bounds == (100, 200) and service["availabilityZoneRebalancing"] == "ENABLED"
    assert service["desiredCount"] == 2 and service["healthCheckGracePeriodSeconds"] == 180


def test_a_downgrade_registers_nothing():
    [problem] = refused({"orthancImage": f"{UP}25.10.0"}, Upgraded(f"{UP}26.8.1", preview=False))
    assert (problem.key, problem.value) == ("orthancImage", f"{UP}25.10.0")


def test_a_deployment_that_failed_is_not_taken_for_what_runs():
    program = deployed()
    record = program.one("Parameter", "orthanc-running")
    assert record.inputs["name"] == f"/{NAME}/test/running/orthanc-image" and record.inputs["value"] == NOW
    assert record.waits_for(program.one("Service")), "tried again it would roll"
