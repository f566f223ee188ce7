"""Pulumi.local.yaml: generated, refreshed, and the user's."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from local import stack
from local.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def test_every_endpoint_is_the_places_own(workspace: Workspace):
    stack.write_configuration(workspace)
    [endpoints] = _config(workspace)["aws:endpoints"]
    assert set(endpoints.values()) == {workspace.endpoint}, "a call would leave this machine"
    assert {"ec2", "s3", "iam", "sts", "cloudfront"} <= set(endpoints)


def test_what_the_user_sets_stays_and_the_endpoints_are_refreshed(workspace: Workspace):
    settings = {
        "orthanc-on-aws:dataOnDestroy": "keep",
        "orthanc-on-aws:corsAllowedOrigins": ["https://viewer.example.org"],
        "aws:endpoints": [{"ec2": "http://127.0.0.1:1"}],
    }
    _file(workspace).write_text(yaml.safe_dump({"encryptionsalt": "v1:salt", "config": settings}))
    stack.write_configuration(workspace)
    config = _config(workspace)
    assert config["orthanc-on-aws:dataOnDestroy"] == "keep"
    assert config["orthanc-on-aws:corsAllowedOrigins"] == ["https://viewer.example.org"]
    assert config["aws:endpoints"][0]["ec2"] == workspace.endpoint
    assert yaml.safe_load(_file(workspace).read_text())["encryptionsalt"] == "v1:salt", "its secrets would be lost"
    stack.remove_configuration(workspace)
    assert _file(workspace).exists(), "the user's settings are gone"


def test_what_nobody_touched_is_removed(workspace: Workspace):
    stack.remove_configuration(workspace)
    stack.write_configuration(workspace)
    stack.remove_configuration(workspace)
    assert not _file(workspace).exists()


def test_a_setting_is_the_stacks_or_its_default(workspace: Workspace):
    assert stack.setting(workspace, "dicomAet", "ORTHANC") == "ORTHANC"
    _file(workspace).write_text("config: {'orthanc-on-aws:dicomAet': ARCHIVE}\n")
    assert stack.setting(workspace, "dicomAet", "ORTHANC") == "ARCHIVE"


def _file(workspace: Workspace) -> Path:
    return workspace.root / "Pulumi.local.yaml"


def _config(workspace: Workspace) -> dict[str, Any]:
    return yaml.safe_load(_file(workspace).read_text())["config"]
