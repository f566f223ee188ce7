"""A stack whose name is as long as Pulumi takes it, with dots in it, on the real engine."""

import json

from local import stack
from tests.embedded import Embedded
from tests.engine.changes import check_values

LONG = "prod.eu." + "x" * 92
NAMED_AFTER_IT = {"enableWaf": "true", "enableAlarms": "true", "enableDashboard": "true"}


def test_any_name_that_pulumi_takes_is_deployed(embedded: Embedded):
    stack.write_configuration(embedded.workspace, LONG)
    embedded.pulumi("stack", "init", stack=LONG)
    settings = [f"--plaintext={key}={value}" for key, value in NAMED_AFTER_IT.items()]
    embedded.pulumi("config", "set-all", *settings, stack=LONG)
    embedded.pulumi("up", "--yes", "--skip-preview", stack=LONG)
    families = embedded.client("ecs").list_task_definition_families(status="ACTIVE")["families"]
    assert [family for family in families if family.startswith("orthanc-prod-eu-")]
    check_values(json.loads(embedded.pulumi("stack", "export", stack=LONG).stdout))
    embedded.pulumi("destroy", "--yes", "--skip-preview", stack=LONG)
    embedded.pulumi("stack", "rm", "--yes", stack=LONG)
