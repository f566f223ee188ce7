"""Pulumi.yaml, docs/reference/settings.md and the README say about keys what components/config says."""

import re

import pytest

from tests.unit.program import PROJECT
from tools.settings_reference import DOCUMENT, REMEDY, SCHEMA, Key, document, groups, schema, shown

KEYS = {key.name: key for _, keys in groups() for key in keys}


def test_the_schema_is_up_to_date():
    assert schema(SCHEMA.read_text()) == SCHEMA.read_text(), REMEDY


def test_the_reference_is_up_to_date():
    assert document(DOCUMENT.read_text()) == DOCUMENT.read_text(), REMEDY


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_key_is_described_in_sentences(key: Key):
    assert re.fullmatch(r"[A-Z].*\.", key.description), "the text below the field is what users read"


def test_the_readme_has_keys_and_defaults_that_there_are():
    _, _, configure = (PROJECT / "README.md").read_text().partition("## Configure it")
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| ", configure, re.MULTILINE)
    assert 8 <= len(rows) <= 20
    for name, default in rows:
        assert default == shown(KEYS[name].default), name
