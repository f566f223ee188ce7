"""Documents that are handed over say what is so."""

import re
import tomllib

from tests.unit.program import PROJECT, deployed
from tools import cost, prices
from tools.planned import Planned


def figures(row: str) -> list[float]:
    """The amounts of a row of the comparison's bill: the sample's, ours."""
    text = (PROJECT / "docs/comparison.md").read_text()
    [line] = [line for line in text.splitlines() if line.startswith(f"| {row}") and re.search(r"\d\.\d\d", line)]
    return [float(amount) for amount in re.findall(r"\d+\.\d\d", line)]


def test_the_samples_bill_follows_from_the_prices():
    vcpu, gib = prices.FARGATE["X86_64"]
    expected = {
        "Fargate": (2 * vcpu + 4 * gib) * prices.HOURS,
        "NAT gateways": 2 * prices.NAT_GATEWAY * prices.HOURS,
        "application load balancer": prices.LOAD_BALANCER * prices.HOURS,
        "database": prices.RDS["db.t3.medium"] * prices.HOURS + 20 * prices.RDS_STORAGE_GIB,
        "public IPv4": 4 * prices.PUBLIC_ADDRESS * prices.HOURS,
        "KMS keys": 2 * prices.KMS_KEY + 2 * prices.SECRET,
    }
    bills = {row: figures(row) for row in expected}
    assert {row: round(amount, 2) for row, amount in expected.items()} == {row: b[0] for row, b in bills.items()}
    deployed_here = [Planned(each.type, each.name, each.inputs) for each in deployed().resources]
    ours = sum(line.usd for line in cost.bill(deployed_here))
    outside = (prices.NAT_GATEWAY + prices.PUBLIC_ADDRESS) * prices.HOURS  # what awsx makes is not among them
    assert round(ours + outside, 2) == figures("**together**")[1]
    together = [round(sum(bill[side] for bill in bills.values()), 2) for side in (0, 1)]
    assert together == figures("**together**")


def test_the_newest_version_is_the_projects():
    changelog = (PROJECT / "CHANGELOG.md").read_text()
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    versions = re.findall(r"^## \[(.+?)\]", changelog, re.MULTILINE)
    assert versions[:2] == ["Unreleased", project["version"]]
