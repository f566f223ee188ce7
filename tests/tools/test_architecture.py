"""The drawn architecture is the program's."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from tests.unit.program import PROJECT, run, stack_file
from tools.architecture import (
    DOCUMENT,
    PICTURE,
    Component,
    Resource,
    components,
    documented,
    mermaid,
    resources,
    svg,
)

REMEDY = "the program's components have changed; remedy: make architecture"


@pytest.fixture(scope="module")
def prod() -> list[Component]:
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(PROJECT)
        registered = run(stack_file("prod"), stack="prod").resources
    return components(
        Resource(each.urn, each.kind, each.request.parent, each.request.dependencies) for each in registered
    )


def test_the_document_draws_the_program(prod: list[Component]):
    text = DOCUMENT.read_text()
    assert mermaid(prod) in text and documented(text, prod) == text, REMEDY


def test_the_picture_draws_it_too(prod: list[Component]):
    assert PICTURE.read_text() == svg(prod), REMEDY
    root = ElementTree.fromstring(PICTURE.read_text())  # noqa: S314 - our own
    texts = {element.text for element in root.iter() if element.tag.endswith("}text")}
    assert {name for each in prod for name in (each.name, each.kind)} <= texts
    boxes = [element for element in root.iter() if element.tag.endswith("}rect")][1:]
    places = {(float(box.get("x", "")), float(box.get("y", ""))) for box in boxes}
    assert len(places) == len(prod), "boxes lie on each other"


def test_it_shows_who_builds_on_whom(prod: list[Component]):
    builds_on = {each.name: each.builds_on for each in prod}
    assert "orthanc-database" in builds_on["orthanc"] and "orthanc-network" in builds_on["orthanc-database"]
    assert "orthanc-network" not in builds_on["orthanc"], "it follows from the database's arrow"
    assert not builds_on["orthanc-image"]


def state(name: str, type: str, parent: str, **more: object) -> dict[str, object]:
    """A resource as a preview or a state tells it; `parent`: the types above it."""
    above = f"{parent}$" if parent else ""
    owner = (
        f"urn:pulumi:dev::p::{parent}::{parent[-1:].lower()}"
        if parent
        else "urn:pulumi:dev::p::pulumi:pulumi:Stack::s"
    )
    return {"urn": f"urn:pulumi:dev::p::{above}{type}::{name}", "type": type, "parent": owner, **more}


STATES = [
    state("a", "orthanc:x:A", ""),
    state("b", "orthanc:x:B", ""),
    state("b-key", "aws:kms/key:Key", "orthanc:x:B"),
    state("a-bucket", "aws:s3/bucket:Bucket", "orthanc:x:A", dependencies=[]),
    state("provider", "pulumi:providers:aws", ""),
]
KEY = str(STATES[2]["urn"])


@pytest.mark.parametrize(
    "named", [{"dependencies": [KEY]}, {"propertyDependencies": {"key": [KEY], "name": None}}]
)
@pytest.mark.parametrize("form", ["preview", "export"])
def test_it_reads_previews_and_states(form: str, named: dict[str, object]):
    states = [*STATES[:3], STATES[3] | named, STATES[4]]
    document = {
        "preview": {"steps": [{"op": "create", "newState": each} for each in states] + [{"op": "delete"}]},
        "export": {"deployment": {"resources": states}},
    }[form]
    assert components(resources(document)) == [
        Component("a", "A", ["s3"], ["b"]),
        Component("b", "B", ["kms"], []),
    ]


def test_what_has_no_components_is_refused():
    command = [sys.executable, "-m", "tools.architecture"]
    done = subprocess.run(command, cwd=PROJECT, input=json.dumps({}), capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "no components" in done.stderr
