"""Documents that are handed over say what is so."""

import re
import tomllib

from tests.unit.program import PROJECT, deployed
from tools import cost, prices
from tools.planned import Planned


def test_the_cost_comparison_adds_up_and_matches_the_program():
    text = (PROJECT / "docs/reference/comparison.md").read_text()
    rows = [re.findall(r"\| \**(\d+\.\d\d)\b", line) for line in text.splitlines()]
    *bills, together = [[float(amount) for amount in row] for row in rows if len(row) == 2]
    assert len(bills) > 3 and [round(sum(side), 2) for side in zip(*bills, strict=True)] == together
    deployed_here = [Planned(each.type, each.name, each.inputs) for each in deployed().resources]
    ours = sum(line.usd for line in cost.bill(deployed_here))
    outside = (prices.NAT_GATEWAY + prices.PUBLIC_ADDRESS) * prices.HOURS  # what awsx makes is not among them
    assert round(ours + outside, 2) == together[1], "the documented costs are not what a stack costs"


def test_the_newest_version_is_the_projects():
    changelog = (PROJECT / "CHANGELOG.md").read_text()
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    versions = re.findall(r"^## \[(.+?)\]", changelog, re.MULTILINE)
    assert versions[:2] == ["Unreleased", project["version"]]
