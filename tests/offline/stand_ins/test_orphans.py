"""What an account lists under a stack's tags, by which `tools.orphans` finds it and Pulumi imports it."""

from typing import Any

import pytest

from offline.stand_ins.aws import Aws
from tests.offline.stand_ins.samples import SAMPLES, World
from tools import orphans
from tools.orphan_kinds import ASKED, EGRESS, INGRESS, TAGGED

# The first sample of each type.
KINDS = {sample.kind.removeprefix("aws:"): name for name, sample in reversed(SAMPLES.items())}
LISTED = sorted({row.kind for row in TAGGED} - {INGRESS} | {INGRESS, EGRESS})
# The one sample with a name of its own.
NAMED = {"ssm/parameter:Parameter": {"name": "/orphans/image"}}
STACK = "urn:pulumi:test::orthanc-on-aws"


def state(tags: dict[str, str], *pending: dict[str, Any], known: set[str] | None = None) -> orphans.State:
    return orphans.State("test", "us-east-1", tags, set(), known or set(), list(pending))


def found(aws: Aws, *pending: dict[str, Any], tags: dict[str, str]) -> list[orphans.Orphan]:
    return list(orphans.orphans(state(tags, *pending), lambda service, region: aws.client(service, region)))


def recorded(kind: str, inputs: dict[str, Any]) -> dict[str, Any]:
    return {"urn": f"{STACK}::aws:{kind}::sample", "type": f"aws:{kind}", "inputs": inputs}


@pytest.fixture
def world(aws: Aws) -> World:
    """A world of its own, in a network with a gateway: most samples cannot stand twice in the same one."""
    world = World(aws)
    world["gateway"]
    return world


@pytest.mark.parametrize("kind", LISTED)
def test_what_carries_the_tags_is_found_and_imported(aws: Aws, world: World, kind: str):
    tags = {"Kill": kind.rpartition(":")[2]}
    made = world.make(KINDS[kind], tags=tags, **NAMED.get(kind, {}))
    [orphan] = [each for each in found(aws, tags=tags) if each.kind == kind]
    live = aws.read(f"aws:{kind}", orphan.id, {}, {})
    assert live and live.outputs.get("arn", live.id) == made.outputs.get("arn", made.id)


@pytest.mark.parametrize("kind", sorted(ASKED))
def test_what_was_being_created_is_found_and_imported(aws: Aws, world: World, kind: str):
    made = world.make(KINDS[kind])
    [orphan] = found(aws, recorded(kind, made.inputs), tags={})
    live = aws.read(f"aws:{kind}", orphan.id, {}, {})
    assert live and live.outputs.get("arn", live.id) == made.outputs.get("arn", made.id)
