"""What is open to whom in a deployed stack: tables in Markdown.

    pulumi stack export | python -m tools.exposure

It reads only the exported state, not the account, the program or the documentation.
"""

import json
import sys
from collections.abc import Iterator

from tools.deployed import Deployed, Resource, Values, as_list, titles

Row = tuple[str, ...]

_GROUPS = ("securityGroups", "securityGroupIds", "vpcSecurityGroupIds")
_SUBNETS = ("subnets", "subnetIds", "subnetId")
_PART_OF_A_SUBNET = ("RouteTableAssociation", "Vpc", "Subnet")
_EVERYWHERE = {"0.0.0.0/0": "any IPv4 address", "::/0": "any IPv6 address"}
_SCHEMES = {"https-only": "HTTPS", "redirect-to-https": "HTTPS, and a redirect from HTTP"}


def exposure(exported: Values) -> str:
    """Returns the tables for a stack that `pulumi stack export` exported.

    Raises ValueError if nothing is deployed.
    """
    stack = Deployed(exported)
    tables = [
        ("Accessible from the internet", "resource | accessible to | how | target", public(stack)),
        ("Accessible inside the network", "resource | accessible to | port | rule", inward(stack)),
        ("Outbound access", "resource | destination | port | rule", outward(stack)),
        ("Routes", "subnets | contain | default route", routes(stack)),
        ("VPC endpoint policies", "endpoint | resource | actions", endpoints(stack)),
        ("Accessible to IAM roles", "resource | role | actions | policy", roles(stack)),
    ]
    return "\n\n".join(_table(*table) for table in tables) + "\n"


def public(stack: Deployed) -> Iterator[Row]:
    """Yields what is open to the internet."""
    for each in stack.all("Distribution"):
        scheme = _SCHEMES.get(each.values["defaultCacheBehavior"]["viewerProtocolPolicy"], "HTTP and HTTPS")
        names = ", ".join(each.values.get("aliases") or ["CloudFront's own name"])
        geography = each.values["restrictions"]["geoRestriction"]
        countries = f" ({geography['restrictionType']}: {', '.join(geography.get('locations') or [])})"
        whom = "clients that its web ACL allows" if each.values.get("webAclId") else "everybody"
        whom += countries if geography["restrictionType"] != "none" else ""
        origins = (_origin(stack, origin) for origin in each.values["origins"])
        yield each.title, whom, f"{scheme}; {names}", ", ".join(origins)
    for kind, key, is_public in (("LoadBalancer", "internal", False), ("Instance", "publiclyAccessible", True)):
        for each in stack.all(kind):
            if bool(each.values.get(key)) is is_public:
                yield each.title, "the peers of its rules below", "public addresses", "itself"
    for each in stack.all("Service"):
        if each.values["networkConfiguration"].get("assignPublicIp"):
            yield each.title, "the peers of its rules below", "a public address of each task", "itself"
    closed = {
        block.values["bucket"] for block in stack.all("BucketPublicAccessBlock") if _blocks_all(block.values)
    }
    for each in stack.all("Bucket"):
        if each.id not in closed:
            yield each.title, "the principals of its policy", "public access is not blocked", "itself"


def inward(stack: Deployed) -> Iterator[Row]:
    """Yields who can reach what, according to the security groups. A group without rules admits nobody."""
    for group in stack.all("SecurityGroup", "DefaultSecurityGroup"):
        rules = [rule for rule in stack.all("SecurityGroupIngressRule") if _owner(rule) == group.id]
        for rule in rules:
            yield _in_group(stack, group.id), _peer(stack, rule.values), _port(rule.values), _named(rule)
        if not rules:
            yield _in_group(stack, group.id), "nobody", "none", f"`{group.name}` has no rules"


def outward(stack: Deployed) -> Iterator[Row]:
    """Yields what may call something outside the stack."""
    for rule in stack.all("SecurityGroupEgressRule"):
        if not stack.of(rule.values.get("referencedSecurityGroupId")):
            yield _in_group(stack, _owner(rule)), _peer(stack, rule.values), _port(rule.values), _named(rule)


def routes(stack: Deployed) -> Iterator[Row]:
    """Yields where traffic to the internet is routed. Subnets with the same resources and route share a row."""
    tables = {one.values["subnetId"]: one.values["routeTableId"] for one in stack.all("RouteTableAssociation")}
    ways = {
        route.values["routeTableId"]: _target(stack, route.values)
        for route in stack.all("Route")
        if route.values.get("destinationCidrBlock") in _EVERYWHERE
    }
    rows: dict[tuple[str, str], list[str]] = {}
    for subnet in stack.all("Subnet"):
        standing = [each for each in stack.having(subnet.id, _SUBNETS) if each.kind not in _PART_OF_A_SUBNET]
        way = ways.get(tables.get(subnet.id, ""), "none")
        rows.setdefault((titles(standing) or "nothing", way), []).append(f"`{subnet.name}`")
    for (standing, way), subnets in rows.items():
        yield ", ".join(sorted(subnets)), standing, way
    if not stack.all("Vpc"):
        yield "those of a network that is brought", "what is deployed into it", "its owner's"


def endpoints(stack: Deployed) -> Iterator[Row]:
    """Yields what the VPC's endpoints admit."""
    restricted = {one.values["vpcEndpointId"]: one.values["policy"] for one in stack.all("VpcEndpointPolicy")}
    for endpoint in stack.all("VpcEndpoint"):
        if endpoint.id not in restricted:
            yield f"`{endpoint.name}`", "anything", "all"
            continue
        for what, actions in stack.allowed(restricted[endpoint.id]):
            yield f"`{endpoint.name}`", what, actions


def roles(stack: Deployed) -> Iterator[Row]:
    """Yields what roles may do, without the account's own administrators."""
    for attached in stack.all("RolePolicyAttachment"):
        role, arn = _role(stack, attached), attached.values["policyArn"]
        if policy := stack.of(arn):
            for what, actions in stack.allowed(policy.values["policy"]):
                yield what, role, actions, f"`{policy.name}`"
        else:
            yield f"what AWS's `{arn.rpartition('/')[2]}` names", role, "as it says", f"`{attached.name}`"


def _origin(stack: Deployed, origin: Values) -> str:
    """Returns what a distribution forwards to: a resource of the stack through a VPC origin, or a host."""
    through = stack.of((origin.get("vpcOriginConfig") or {}).get("vpcOriginId"))
    if through is None:
        return f"`{origin['domainName']}`"
    endpoint = through.values["vpcOriginEndpointConfig"]
    return f"{stack.meant(endpoint['arn'])}, {endpoint['originProtocolPolicy']}"


def _in_group(stack: Deployed, id: str) -> str:
    """Returns what is in a security group."""
    return titles(stack.having(id, _GROUPS)) or f"resources in {stack.named(id)}"


def _peer(stack: Deployed, rule: Values) -> str:
    if group := rule.get("referencedSecurityGroupId"):
        return _in_group(stack, group)
    if listed := rule.get("prefixListId"):
        gateways = [one for one in stack.all("VpcEndpoint") if one.values.get("prefixListId") == listed]
        return f"the service behind {gateways[0].title}" if gateways else f"AWS's prefix list `{listed}`"
    address = rule.get("cidrIpv4") or rule.get("cidrIpv6") or ""
    return _EVERYWHERE.get(address, address)


def _owner(rule: Resource) -> str:
    return rule.values["securityGroupId"]


def _named(rule: Resource) -> str:
    return f"`{rule.name}`: {rule.values.get('description') or 'not described'}"


def _port(rule: Values) -> str:
    if rule["ipProtocol"] == "-1":
        return "all"
    first, last = (int(rule[key]) for key in ("fromPort", "toPort"))
    return f"{rule['ipProtocol'].upper()} {first}" + (f" to {last}" if last != first else "")


def _target(stack: Deployed, route: Values) -> str:
    return next(
        (stack.named(id) for key, id in route.items() if id and key.lower().endswith("gatewayid")), "other"
    )


def _role(stack: Deployed, policy: Resource) -> str:
    role = stack.of(policy.values["role"])
    if role is None:
        return f"`{policy.values['role']}`"
    [statement] = json.loads(role.values["assumeRolePolicy"])["Statement"]
    return f"{role.title} of {', '.join(as_list(statement['Principal']['Service']))}"


def _blocks_all(block: Values) -> bool:
    kinds = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    return all(block.get(kind) for kind in kinds)


def _table(title: str, heads: str, rows: Iterator[Row]) -> str:
    columns = heads.count("|") + 1
    lines = sorted({f"| {' | '.join(row)} |" for row in rows}) or [f"| nothing |{' |' * (columns - 1)}"]
    return "\n".join([f"### {title}", "", f"| {heads} |", "|---" * columns + "|", *lines])


def main() -> int:
    """Prints the tables of the state on standard input. The exit status is 1 if there is nothing to read."""
    try:
        print(exposure(json.load(sys.stdin)), end="")
    except ValueError as error:
        print(f"error: {error}; give the output of `pulumi stack export`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
