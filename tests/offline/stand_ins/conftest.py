"""The aws stand-in on an emulated AWS without tasks."""

import json
from collections.abc import Iterator

import pytest

from local.stack import SERVICES
from local.workspace import Workspace
from offline.stand_ins.aws import Aws
from tests.emulated import emulated
from tests.offline.stand_ins.samples import World


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """The plugin, configured."""
    workspace = Workspace(tmp_path_factory.mktemp("aws"))
    with emulated(workspace, "--no-tasks"):
        plugin = Aws()
        plugin.configure(
            {
                # The last one is for tools/orphans.py, which is tested with these clients.
                "endpoints": json.dumps(
                    [dict.fromkeys((*SERVICES, "resourcegroupstaggingapi"), workspace.endpoint)]
                ),
                "region": "us-east-1",
                "accessKey": "test",
                "secretKey": "test",
                "defaultTags": json.dumps({"tags": {"Project": "tests"}}),
            }
        )
        yield plugin


@pytest.fixture(scope="session")
def world(aws: Aws) -> World:
    """What samples refer to, made when it is first asked for."""
    return World(aws)
