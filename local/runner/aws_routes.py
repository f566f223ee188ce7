"""How a task reaches AWS services: through VPC endpoints or NAT; without either, its calls time out."""

from collections.abc import Iterable
from ipaddress import IPv4Network
from typing import Any

from local.runner.aws import client
from local.runner.documents import Document, TaskError
from local.runner.security_groups import Peer, leaves, peer, reaches, subnets
from local.workspace import REGION, Workspace

REGISTRY_AUTH = "ResourceInitializationError: unable to pull secrets or registry auth"

AwsRoutes = dict[str, Document]
"""The VPC endpoint for each service, named as in the endpoint (ecr.api); services that use NAT are missing."""

_SERVICES = ("ecr.api", "ecr.dkr", "s3", "logs", "secretsmanager")
_ANYWHERE = IPv4Network("0.0.0.0/0")
_HTTPS_PORT = 443


def aws_routes(workspace: Workspace, here: Peer, subnet_ids: Iterable[str], more: Iterable[str] = ()) -> AwsRoutes:
    """The VPC endpoints through which a task in these subnets reaches AWS.

    Raises TaskError if the task cannot reach a service that every task calls, or one of `more`.
    """
    ec2 = client(workspace, "ec2")
    own = subnets(workspace, subnet_ids)
    tables = [_route_table(ec2, subnet) for subnet in own]
    in_vpc = [{"Name": "vpc-id", "Values": [own[0]["VpcId"]]}]
    found: AwsRoutes = {}
    for endpoint in ec2.describe_vpc_endpoints(Filters=in_vpc)["VpcEndpoints"]:
        routed = {table["RouteTableId"] for table in tables} <= set(endpoint["RouteTableIds"])
        # With private DNS, an interface endpoint is used regardless of the routes.
        if endpoint["PrivateDnsEnabled"] if endpoint["VpcEndpointType"] == "Interface" else routed:
            found[endpoint["ServiceName"].removeprefix(f"com.amazonaws.{REGION}.")] = endpoint
    for service in (*_SERVICES, *more):
        if not _is_open(workspace, ec2, here, found.get(service), tables):
            raise TaskError(f"{REGISTRY_AUTH}: {service}.{REGION}.amazonaws.com: i/o timeout")
    return found


def _route_table(ec2: Any, subnet: Document) -> Document:
    """The subnet's own route table, or the main route table of its VPC."""
    own = [{"Name": "association.subnet-id", "Values": [subnet["SubnetId"]]}]
    main = [{"Name": "association.main", "Values": ["true"]}, {"Name": "vpc-id", "Values": [subnet["VpcId"]]}]
    found = [ec2.describe_route_tables(Filters=filters)["RouteTables"] for filters in (own, main)]
    return (found[0] or found[1])[0]


def _is_open(
    workspace: Workspace, ec2: Any, here: Peer, endpoint: Document | None, tables: list[Document]
) -> bool:
    """Whether HTTPS is allowed: to an interface endpoint, to the addresses of a gateway endpoint, or by NAT."""
    if endpoint is None:
        # Tasks have no public address, so an internet gateway gives them no outbound access.
        by_nat = all(
            any(
                route.get("DestinationCidrBlock") == str(_ANYWHERE) and "NatGatewayId" in route for route in routes
            )
            for routes in (table["Routes"] for table in tables)
        )
        return by_nat and leaves(workspace, here, Peer(frozenset(), (_ANYWHERE,)), _HTTPS_PORT)
    if endpoint["VpcEndpointType"] == "Interface":
        groups = [group["GroupId"] for group in endpoint["Groups"]]
        return reaches(workspace, here, peer(workspace, groups, endpoint["SubnetIds"]), _HTTPS_PORT)
    named = [{"Name": "prefix-list-name", "Values": [endpoint["ServiceName"]]}]
    lists = ec2.describe_managed_prefix_lists(Filters=named)["PrefixLists"]
    addresses = Peer(frozenset(each["PrefixListId"] for each in lists), (_ANYWHERE,))
    return leaves(workspace, here, addresses, _HTTPS_PORT)
