"""Finds resources of a stack that its state does not contain, after an update that was killed.

    pulumi stack export | python -m tools.orphans

It searches for resources with the stack's tags (`aws:defaultTags`), and for those that the killed update was
creating (the state's pending operations). It prints the commands that resolve this, to be run in this order, and
changes nothing.
"""

import functools
import json
import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import boto3

from tools.orphan_kinds import ASKED, EGRESS, INGRESS, IS_EGRESS
from tools.orphan_search import Client, Values, ask, listed


class State(NamedTuple):
    """The contents of the state: the stack, its Region and tags, known resources, and unfinished creations."""

    stack: str
    region: str
    tags: Mapping[str, str]
    urns: set[str]
    known: set[str]
    """The ids and ARNs of the resources in the state."""
    pending: list[Values]
    """The resources of pending creations: urn, type, parent, provider, inputs. A resource that several killed
    updates were creating is listed several times, each time with a different generated name."""


class Orphan(NamedTuple):
    """A resource that is not in the state. `recorded`: as the killed update recorded it, if it did."""

    kind: str
    id: str
    recorded: Values | None = None
    holds_data: bool = False


def state_of(exported: Values) -> State:
    """Returns the relevant parts of `pulumi stack export`. Raises ValueError if it has no AWS provider."""
    deployment = exported.get("deployment") or {}
    resources: list[Values] = deployment.get("resources") or []
    providers = [each for each in resources if each["type"] == "pulumi:providers:aws"]
    if not providers:
        raise ValueError("the stack's state has no resources of AWS, so none can be unknown to it")
    configured = providers[-1]["inputs"]
    tags = json.loads(configured.get("defaultTags") or "{}").get("tags") or {}
    values = [value for each in resources for value in (each.get("id"), (each.get("outputs") or {}).get("arn"))]
    creating = [
        operation["resource"]
        for operation in deployment.get("pending_operations") or []
        if operation["type"] == "creating" and operation["resource"]["type"].startswith("aws:")
    ]
    return State(
        stack=providers[-1]["urn"].split(":")[2],
        region=configured["region"],
        tags=tags,
        urns={each["urn"] for each in resources if not each.get("delete")},
        known={value for value in values if value},
        pending=creating,
    )


def orphans(state: State, client: Client) -> Iterator[Orphan]:
    """Yields orphans, recorded ones first, each once. AWS lists a new resource after a minute at most."""
    found = listed(state.tags, state.region, state.known, client)
    there = [each for each in found if not {each.arn, each.id} & state.known]
    asked_for: set[tuple[str, str]] = set()
    for recorded in state.pending:
        kind, inputs = recorded["type"].removeprefix("aws:"), recorded.get("inputs") or {}
        if kind not in ASKED:
            same = [each for each in there if each.row.kind == kind and each.is_recorded(inputs)]
            if len(same) == 1:
                there.remove(same[0])
                yield Orphan(kind, same[0].id, recorded, same[0].row.holds_data)
            continue
        asked = ASKED[kind]
        if asked.unique and recorded["urn"] in state.urns:
            continue
        for id in ask(client, asked, inputs, inputs.get("region") or state.region):
            there = [each for each in there if not each.arn.endswith(f"/{id}")]
            if id not in state.known and (kind, id) not in asked_for:
                asked_for.add((kind, id))
                yield Orphan(kind, id, recorded)
    for each in there:
        kind = each.row.kind
        if kind == INGRESS and ask(client, IS_EGRESS, {"id": each.id}, state.region):
            kind = EGRESS
        yield Orphan(kind, each.id, holds_data=each.row.holds_data)


def commands(state: State, found: list[Orphan]) -> Iterator[str]:
    """Yields the commands to run, each with a comment that explains it."""
    lines = [line for orphan in _imports(state, found) for line in orphan]
    if state.pending:
        lines += ["# The other creations that were interrupted left nothing: forget them."]
        lines += [f"pulumi refresh --stack {state.stack} --yes --clear-pending-creates"]
    yield from lines
    if any(not line.startswith("#") for line in lines):
        yield f"pulumi up --stack {state.stack}"


def _imports(state: State, found: list[Orphan]) -> Iterator[tuple[str, ...]]:
    """Yields, for each orphan, the reason and the command that imports it.

    The command uses the orphan's name in the program, or a separate name.
    """
    taken, command = set(state.urns), f"pulumi import --stack {state.stack}"
    for orphan in found:
        recorded, own = orphan.recorded, _import(orphan, _name(orphan))
        if recorded and recorded["urn"] not in taken:
            taken.add(recorded["urn"])
            name = recorded["urn"].rpartition("::")[2]
            why = f"# {name}: made, but not recorded. It becomes what the program means by this name."
            yield why, f"{command} {_import(orphan, name, _under(recorded, state))}"
        elif orphan.holds_data:
            yield (
                f"# {orphan.id}: the program has another one, or none. It may hold data: keep it, or let",
                "# the next `pulumi up` delete it, after:",
                f"# {command} {own}",
            )
        else:
            why = f"# {orphan.id}: the program has another one, or none. The next `pulumi up` deletes it."
            yield why, f"{command} {own}"


def _import(orphan: Orphan, name: str, under: str = "") -> str:
    options = f"--yes --protect=false --generate-code=false {under}"
    return f"{options}aws:{orphan.kind} {shlex.quote(name)} {shlex.quote(orphan.id)}"


def _under(recorded: Values, state: State) -> str:
    """Returns the options for parent and provider; the default provider needs none."""
    options = ""
    if (parent := recorded.get("parent", "")) in state.urns and "pulumi:pulumi:Stack" not in parent:
        options += f"--parent {shlex.quote(f'parent={parent}')} "
    provider, _, _ = recorded.get("provider", "").rpartition("::")
    if provider and not (name := provider.rpartition("::")[2]).startswith("default"):
        options += f"--provider {shlex.quote(f'{name}={provider}')} "
    return options


def _name(orphan: Orphan) -> str:
    return "orphan-" + re.sub(r"\W+", "-", orphan.id.rpartition(":")[2]).strip("-")


def main() -> int:
    """Prints the commands. The exit status is 1 if the state has no AWS resources, otherwise 0."""
    try:
        state = state_of(json.load(sys.stdin))
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if not state.tags:
        told = "the stack has no tags (aws:defaultTags): only what its state was creating is looked for"
        print(f"warning: {told}", file=sys.stderr)
    found = list(
        orphans(state, functools.cache(lambda service, region: boto3.client(service, region_name=region)))
    )
    lines = list(commands(state, found))
    told = f"{len(found)} resources unknown to the state" if lines else "the state knows everything"
    print(f"# {state.stack}: {told}", *lines, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
