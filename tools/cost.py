"""The monthly cost of a stack, resource by resource, from its preview, as tables in Markdown.

    pulumi preview --json | python -m tools.cost

The costs are those of an idle stack, without the images that it stores and transfers. The prices of images are
below the table.
"""

import json
import sys
from collections.abc import Callable, Iterable
from typing import NamedTuple

from tools import prices
from tools.planned import Planned, Values, planned

# A CT study, as an example: the number of instances, and MB in total.
STUDY_INSTANCES, STUDY_MB = 500, 250


class Line(NamedTuple):
    """A resource's share of the bill: USD per month, and the reason."""

    name: str
    usd: float
    because: str


def bill(resources: Iterable[Planned]) -> list[Line]:
    """Returns the lines that cost something, the highest first. Raises ValueError if a price is missing."""
    every = list(resources)
    lines = [
        Line(each.name, usd, because)
        for each in every
        if each.kind in _PRICED
        for usd, because in [_PRICED[each.kind](each.inputs, every)]
        if usd
    ]
    return sorted(lines, key=lambda line: (-line.usd, line.name))


def table(resources: Iterable[Planned]) -> str:
    """Returns the bill, its total, and the additional costs of images, as Markdown."""
    every = list(resources)
    lines = bill(every)
    rows = [f"| `{line.name}` | {line.usd:.2f} | {line.because} |" for line in lines]
    total = f"| **together, idle** | **{sum(line.usd for line in lines):.2f}** | {prices.REGION}, {prices.DATE} |"
    return "\n".join(["| resource | USD a month | because |", "|---|---|---|", *rows, total, "", _images(every)])


def _service(inputs: Values, every: list[Planned]) -> tuple[float, str]:
    [task] = [each.inputs for each in every if each.kind == "TaskDefinition"]
    architecture = (task.get("runtimePlatform") or {}).get("cpuArchitecture", "X86_64")
    vcpu, gb, count = int(task["cpu"]) / 1024, int(task["memory"]) / 1024, int(inputs["desiredCount"])
    per_vcpu, per_gb = prices.FARGATE[architecture]
    spot = _share_on_spot(inputs.get("capacityProviderStrategies") or [], count)
    factor = 1 - spot * (1 - prices.FARGATE_SPOT_SHARE)
    usd = count * factor * prices.HOURS * (vcpu * per_vcpu + gb * per_gb)
    on_spot = f", {spot:.0%} of them Spot" if spot else ""
    return usd, f"{count} × {vcpu:g} vCPU and {gb:g} GB of Fargate, {architecture}{on_spot}"


def _share_on_spot(strategy: list[Values], count: int) -> float:
    """Returns the share of `count` tasks that is on spare capacity.

    Each provider's base is filled first. The rest is distributed by weight.
    """
    rest = max(0, count - sum(int(each.get("base") or 0) for each in strategy))
    weights = sum(each.get("weight") or 0 for each in strategy)
    tasks = sum(
        int(each.get("base") or 0) + rest * (each.get("weight") or 0) / (weights or 1)
        for each in strategy
        if each["capacityProvider"] == "FARGATE_SPOT"
    )
    return tasks / count if count else 0


def _instance(inputs: Values, every: list[Planned]) -> tuple[float, str]:
    size, gib, copies = inputs["instanceClass"], inputs["allocatedStorage"], 2 if inputs.get("multiAz") else 1
    if size not in prices.RDS:
        raise ValueError(f"{size} has no price in tools/prices.py: add it there")
    usd = copies * (prices.HOURS * prices.RDS[size] + gib * prices.RDS_STORAGE_GIB)
    by_rds = bool(inputs.get("manageMasterUserPassword"))  # its secret costs the same as any other
    because = (
        f"{size}{' in two zones' if copies == 2 else ''}, {gib:g} GiB of gp3{', RDS has its secret' * by_rds}"
    )
    return usd + by_rds * prices.SECRET, because


def _hourly(usd: float, what: str) -> Callable[[Values, list[Planned]], tuple[float, str]]:
    return lambda inputs, every: (usd * prices.HOURS, what)


def _monthly(usd: float, what: str) -> Callable[[Values, list[Planned]], tuple[float, str]]:
    return lambda inputs, every: (usd, what)


def _endpoint(inputs: Values, every: list[Planned]) -> tuple[float, str]:
    if inputs.get("vpcEndpointType") != "Interface":
        return 0, ""
    subnets = inputs.get("subnetIds")
    zones = len(subnets) if isinstance(subnets, list) else 2  # unknown before the network exists
    return zones * prices.HOURS * prices.INTERFACE_ENDPOINT, f"{zones} zone{'s' if zones > 1 else ''}"


def _balancer(inputs: Values, every: list[Planned]) -> tuple[float, str]:
    kind = inputs.get("loadBalancerType", "application")
    addresses = 0 if inputs.get("internal") else len(inputs.get("subnets") or [])
    usd = prices.HOURS * (prices.LOAD_BALANCER + addresses * prices.PUBLIC_ADDRESS)
    return usd, f"{kind} load balancer" + (f" with {addresses} public addresses" if addresses else "")


def _web_acl(inputs: Values, every: list[Planned]) -> tuple[float, str]:
    rules = len(inputs.get("rules") or [])
    return prices.WEB_ACL + rules * prices.WEB_ACL_RULE, f"web ACL with {rules} rules"


def _alarm(inputs: Values, every: list[Planned]) -> tuple[float, str]:
    """Returns the cost of an alarm, which is the same for each metric that it uses."""
    metrics = sum("metric" in query for query in inputs.get("metricQueries") or []) or 1
    return metrics * prices.ALARM, "alarm" + (f" of {metrics} metrics" if metrics > 1 else "")


_PRICED: dict[str, Callable[[Values, list[Planned]], tuple[float, str]]] = {
    "Service": _service,
    "Instance": _instance,
    "NatGateway": _hourly(prices.NAT_GATEWAY, "NAT gateway"),
    "Eip": _hourly(prices.PUBLIC_ADDRESS, "public IPv4 address"),
    "VpcEndpoint": _endpoint,
    "LoadBalancer": _balancer,
    "Key": _monthly(prices.KMS_KEY, "KMS key"),
    "ReplicaKey": _monthly(prices.KMS_KEY, "KMS key"),
    "Secret": _monthly(prices.SECRET, "secret"),
    "WebAcl": _web_acl,
    "MetricAlarm": _alarm,
    "Dashboard": _monthly(prices.DASHBOARD, "dashboard"),
}


_LIFECYCLE = "BucketLifecycleConfiguration"


def _images(every: list[Planned]) -> str:
    """Returns the additional costs of images, depending on where they are stored."""
    gb, requests = STUDY_MB / 1000, STUDY_INSTANCES * prices.CLOUDFRONT_REQUEST
    inward, outward = gb * prices.CLOUDFRONT_IN_GB + requests, gb * prices.CLOUDFRONT_GB + requests
    if not any(each.kind == "FileSystem" for each in every):
        kept = f"{1000 * prices.S3_GB:.2f} on S3{_older(every)}"
        inward += STUDY_INSTANCES * prices.S3_PUT
        outward += STUDY_INSTANCES * prices.S3_GET
    else:
        fresh, rarely = 1000 * prices.EFS_GB, 1000 * prices.EFS_INFREQUENT_GB
        kept = f"{fresh:.2f} on EFS, {rarely:.2f} once nobody read it for 14 days"
        inward += gb * prices.EFS_WRITE_GB
        outward += gb * prices.EFS_READ_GB
    study = f"A study of {STUDY_INSTANCES} instances and {STUDY_MB} MB: in {inward:.4f}, out {outward:.4f}"
    return (
        f"On top: a terabyte kept for a month {kept}. {study}, of which CloudFront's first terabyte out is free."
    )


def _older(every: list[Planned]) -> str:
    """Returns the cost of a terabyte that is on S3 for longer, according to the rule that moves it."""
    rules = [rule for each in every if each.kind == _LIFECYCLE for rule in each.inputs.get("rules") or []]
    classes = {move["storageClass"] for rule in rules for move in rule.get("transitions") or []}
    archived = 1000 * prices.S3_ARCHIVE_INSTANT_GB
    if "GLACIER_IR" in classes:
        return f", {archived:.2f} after 30 days and {1000 * prices.S3_ARCHIVE_INSTANT_READ_GB:.2f} to read it then"
    if "INTELLIGENT_TIERING" not in classes:
        return ""
    monitoring = 1e6 / STUDY_MB * STUDY_INSTANCES * prices.S3_MONITORING
    month, quarter = 1000 * prices.S3_INFREQUENT_GB + monitoring, archived + monitoring
    return f", {month:.2f} once nobody read it for 30 days, {quarter:.2f} after 90"


def main() -> int:
    """Prints the table of the preview on standard input. The exit status is 1 if there is nothing to read."""
    try:
        print(table(planned(json.load(sys.stdin))))
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
