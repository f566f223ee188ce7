"""The aws stand-in on an emulated AWS without tasks."""

import json
from collections.abc import Iterator

import pytest

from local.place import Place
from local.standins.aws import Aws
from tests.emulated import emulated
from tests.standins.samples import World


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """The plugin, configured."""
    place = Place(tmp_path_factory.mktemp("standins"))
    with emulated(place, "--no-tasks"):
        plugin = Aws()
        plugin.configure(
            {
                "endpoints": json.dumps([{"s3": place.endpoint}]),
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
