"""Pulumi.local.yaml: generated, refreshed, and the user's."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from local import stack
from local.place import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_every_endpoint_is_the_places_own(place: Place):
    stack.write_configuration(place)
    [endpoints] = _config(place)["aws:endpoints"]
    assert set(endpoints.values()) == {place.endpoint}, "a call would leave this machine"
    assert {"ec2", "s3", "iam", "sts", "cloudfront"} <= set(endpoints)


def test_what_the_user_sets_stays_and_the_endpoints_are_refreshed(place: Place):
    settings = {
        "orthanc-on-aws:dataOnDestroy": "keep",
        "orthanc-on-aws:corsAllowedOrigins": ["https://viewer.example.org"],
        "aws:endpoints": [{"ec2": "http://127.0.0.1:1"}],
    }
    _file(place).write_text(yaml.safe_dump({"encryptionsalt": "v1:salt", "config": settings}))
    stack.write_configuration(place)
    config = _config(place)
    assert config["orthanc-on-aws:dataOnDestroy"] == "keep"
    assert config["orthanc-on-aws:corsAllowedOrigins"] == ["https://viewer.example.org"]
    assert config["aws:endpoints"][0]["ec2"] == place.endpoint
    assert yaml.safe_load(_file(place).read_text())["encryptionsalt"] == "v1:salt", "its secrets would be lost"
    stack.remove_configuration(place)
    assert _file(place).exists(), "the user's settings are gone"


def test_what_nobody_touched_is_removed(place: Place):
    stack.remove_configuration(place)
    stack.write_configuration(place)
    stack.remove_configuration(place)
    assert not _file(place).exists()


def test_a_setting_is_the_stacks_or_its_default(place: Place):
    assert stack.setting(place, "dicomAet", "ORTHANC") == "ORTHANC"
    _file(place).write_text("config: {'orthanc-on-aws:dicomAet': ARCHIVE}\n")
    assert stack.setting(place, "dicomAet", "ORTHANC") == "ARCHIVE"


def _file(place: Place) -> Path:
    return place.root / "Pulumi.local.yaml"


def _config(place: Place) -> dict[str, Any]:
    return yaml.safe_load(_file(place).read_text())["config"]
