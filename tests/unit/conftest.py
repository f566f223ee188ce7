"""Every unit test runs in the project's directory, as Pulumi runs the program."""

import pytest

from tests.unit.program import PROJECT


@pytest.fixture(autouse=True)
def _as_pulumi_runs_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    # An Output in an f-string raises, instead of putting an error text into a resource.
    monkeypatch.setenv("PULUMI_ERROR_OUTPUT_STRING", "true")
    # The region is the stack's, not that of the shell which runs the tests.
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "PULUMI_CONFIG"):
        monkeypatch.delenv(name, raising=False)
