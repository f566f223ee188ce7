"""docs/reference/verification.md lists what the stand-in base has of upstream's image."""

import pytest

from local import images
from local.base.orthanc.entrypoint import PLUGINS
from tests.embedded import PROJECT
from tools import stand_in


@pytest.fixture(scope="module")
def table() -> str:
    return stand_in.table(images.ensure_stand_in(print))


def test_the_document_shows_what_the_image_has(table: str):
    text = (PROJECT / "docs/reference/verification.md").read_text()
    shown = text.partition("<!-- make stand-in -->\n")[2].partition("\n<!-- end")[0]
    assert shown == table, "the image has changed; remedy: put what `make stand-in` prints there"


def test_no_plugin_is_left_out(table: str):
    assert all(f"| {plugin.section} |" in table for plugin in PLUGINS)
    assert "| OrthancExplorer2 | 1.14.1 | nothing |" in table, "what is not there is said"
