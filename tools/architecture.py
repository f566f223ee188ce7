"""Draws the program's components and what each of them builds on, in Mermaid and as an SVG image.

It reads `pulumi preview --json` or `pulumi stack export`. A component represents all resources below it. It builds
on another component if one of its resources depends on one of the other's. Indirect dependencies are left out.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

DOCUMENT = Path(__file__).parents[1] / "docs/reference/architecture.md"
PICTURE = DOCUMENT.parents[1] / "images/architecture.svg"
_OPENING, _CLOSING = "<!-- make architecture -->\n```mermaid\n", "```\n<!-- end -->"

_STACK = "pulumi:pulumi:Stack"
# Pixels in the SVG: a box, which is as wide as the longest text, and the space between boxes and rows.
_CHARACTER, _PADDING, _HEIGHT, _GAP, _ROW = 6, 24, 62, 18, 116


class Resource(NamedTuple):
    """A resource of the graph: its URN, its type, its parent's URN, and the URNs of its dependencies."""

    urn: str
    type: str
    parent: str
    dependencies: Sequence[str]


class Component(NamedTuple):
    """A node: its Pulumi name, its class, the AWS services of its resources, and the components it builds on."""

    name: str
    kind: str
    services: Sequence[str]
    builds_on: Sequence[str]


def resources(document: Mapping[str, Any]) -> Iterator[Resource]:
    """Returns the resources of a preview or of an exported stack. Raises ValueError if it has no components."""
    deployed = document.get("deployment", {}).get("resources") or []
    states = [step.get("newState") for step in document.get("steps") or []] or deployed
    found = {state["urn"]: state for state in states if state}
    if not any("$" in urn or "orthanc:" in urn for urn in found):
        raise ValueError("there are no components in it")
    for state in found.values():
        by_property = (state.get("propertyDependencies") or {}).values()
        named = {*(state.get("dependencies") or []), *chain.from_iterable(each or [] for each in by_property)}
        yield Resource(state["urn"], state["type"], state.get("parent", ""), sorted(named))


def components(found: Iterable[Resource]) -> list[Component]:
    """Returns the components directly below the stack, by name."""
    by_urn = {each.urn: each for each in found}
    owners = {urn: top for urn in by_urn if (top := _top(urn, by_urn)) and by_urn[top].type.startswith("orthanc:")}
    services: dict[str, set[str]] = {top: set() for top in owners.values()}
    needs: dict[str, set[str]] = {top: set() for top in owners.values()}
    for urn, top in owners.items():
        provider, _, rest = by_urn[urn].type.partition(":")
        if provider == "aws":
            services[top].add(rest.partition("/")[0])
        needs[top] |= {owners[other] for other in by_urn[urn].dependencies if other in owners} - {top}
    names = {top: top.rpartition("::")[2] for top in services}
    return sorted(
        Component(
            names[top],
            by_urn[top].type.rpartition(":")[2],
            sorted(services[top]),
            sorted(names[other] for other in _reduced(top, needs)),
        )
        for top in services
    )


def mermaid(drawn: Sequence[Component]) -> str:
    """Returns the graph in Mermaid, which GitHub and others render."""
    lines = ["flowchart TD"]
    lines += [f'    {_id(each.name)}["{"<br/>".join(_label(each))}"]' for each in drawn]
    lines += [f"    {_id(each.name)} --> {_id(other)}" for each in drawn for other in each.builds_on]
    return "\n".join(lines) + "\n"


def svg(drawn: Sequence[Component]) -> str:
    """Returns the same graph as an SVG image. Each component is above the ones that it builds on."""
    rows = _rows(drawn)
    wide = _PADDING + _CHARACTER * max(len(text) for each in drawn for text in _label(each))
    width = max(len(row) for row in rows) * (wide + _GAP) + _GAP
    places: dict[str, tuple[float, float]] = {}
    for number, row in enumerate(rows):
        left = (width - len(row) * (wide + _GAP) + _GAP) / 2
        for position, name in enumerate(row):
            places[name] = (left + position * (wide + _GAP), _GAP + number * _ROW)
    height = _GAP * 2 + (len(rows) - 1) * _ROW + _HEIGHT
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">',
        '<defs><marker id="to" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#607080"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for each in drawn:
        for other in each.builds_on:
            (x1, y1), (x2, y2) = places[each.name], places[other]
            x1, y1, x2, bend = x1 + wide / 2, y1 + _HEIGHT, x2 + wide / 2, (_ROW - _HEIGHT) / 2
            curve = f"M{x1:g} {y1:g}C{x1:g} {y1 + bend:g} {x2:g} {y2 - bend:g} {x2:g} {y2:g}"
            lines.append(f'<path d="{curve}" fill="none" stroke="#607080" marker-end="url(#to)"/>')
    for each in drawn:
        x, y = places[each.name]
        box = f'x="{x:g}" y="{y:g}" width="{wide}" height="{_HEIGHT}" rx="6"'
        lines.append(f'<rect {box} fill="#eef4fb" stroke="#3b6ea5"/>')
        for number, text in enumerate(_label(each)):
            weight = ' font-weight="bold"' if number == 0 else ""
            at = f'x="{x + wide / 2:g}" y="{y + 19 + 17 * number:g}"'
            lines.append(f'<text {at} font-size="12" text-anchor="middle"{weight}>{escape(text)}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def documented(text: str, drawn: Sequence[Component]) -> str:
    """Returns the document `text` with its graph replaced by this one."""
    before, opening, rest = text.partition(_OPENING)
    return f"{before}{opening}{mermaid(drawn)}{_CLOSING}{rest.partition(_CLOSING)[2]}"


def _top(urn: str, by_urn: Mapping[str, Resource]) -> str:
    """Returns the ancestor directly below the stack, or an empty string for the stack itself and for providers."""
    while urn in by_urn:
        parent = by_urn[urn].parent
        if f"::{_STACK}::" in parent:
            return urn
        urn = parent
    return ""


def _reduced(top: str, needs: Mapping[str, set[str]]) -> set[str]:
    """Returns what `top` builds on, without what it already builds on through one of the others."""
    return {one for one in needs[top] if not any(one in _below(other, needs) for other in needs[top] - {one})}


def _below(top: str, needs: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    ahead = list(needs[top])
    while ahead:
        if (one := ahead.pop()) not in seen:
            seen.add(one)
            ahead += needs[one]
    return seen


def _rows(drawn: Sequence[Component]) -> list[list[str]]:
    """Returns the names in rows, each above all that it builds on.

    Within a row, names are in the order of those that point to them.
    """
    by_name = {each.name: each for each in drawn}

    def depth(name: str) -> int:
        return 1 + max((depth(other) for other in by_name[name].builds_on), default=-1)

    rows: list[list[str]] = [[] for _ in range(1 + max(depth(each.name) for each in drawn))]
    for each in drawn:
        rows[-1 - depth(each.name)].append(each.name)
    above: dict[str, float] = {}
    for row in rows:
        row.sort(key=lambda name: (above.get(name, 0.5), name))
        for position, name in enumerate(row):
            for other in by_name[name].builds_on:
                here = (position + 0.5) / len(row)
                above[other] = (above[other] + here) / 2 if other in above else here
    return rows


def _label(component: Component) -> list[str]:
    services = ", ".join(component.services)
    return [component.name, component.kind, *([services] if services else [])]


def _id(name: str) -> str:
    return name.replace("-", "_")


def main() -> int:
    """Prints or writes the graph of standard input. The exit status is 1 if there is nothing to show."""
    parser = argparse.ArgumentParser(prog="python -m tools.architecture", description=__doc__)
    parser.add_argument(
        "--write", action="store_true", help="into docs/, document and picture, not to the terminal"
    )
    given = parser.parse_args()
    try:
        drawn = components(resources(json.load(sys.stdin)))
    except ValueError as error:
        print(f"error: {error}; give the output of `pulumi preview --json` or `stack export`", file=sys.stderr)
        return 1
    if given.write:
        DOCUMENT.write_text(documented(DOCUMENT.read_text(), drawn))
        PICTURE.write_text(svg(drawn))
    else:
        print(mermaid(drawn), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
