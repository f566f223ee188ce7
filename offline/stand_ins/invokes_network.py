"""The functions of the aws plugin for networks."""

from collections.abc import Callable
from typing import Any

from offline.stand_ins.codec import Values
from offline.stand_ins.servicer import Refused

Clients = Callable[..., Any]
"""The plugin's boto3 client of a service."""
Functions = dict[str, Callable[[Clients, Values], Values]]
"""By token: a function of the plugin's clients and the arguments."""


def _prefix_list(client: Clients, given: Values) -> Values:
    filters = [{"Name": "prefix-list-name", "Values": [given["name"]]}]
    found = client("ec2").describe_managed_prefix_lists(Filters=filters)["PrefixLists"]
    if not found:
        raise Refused(f"there is no managed prefix list {given['name']}")
    [prefix_list] = found
    return {
        "id": prefix_list["PrefixListId"],
        "name": prefix_list["PrefixListName"],
        "arn": prefix_list["PrefixListArn"],
        "addressFamily": prefix_list.get("AddressFamily", "IPv4"),
        "ownerId": prefix_list.get("OwnerId", "AWS"),
        "maxEntries": prefix_list.get("MaxEntries", 0),
        "version": prefix_list.get("Version", 1),
        "entries": [],
        "tags": {},
    }


def _vpc(client: Clients, given: Values) -> Values:
    ec2, id = client("ec2"), given["id"]
    vpc = only("EC2 VPC", ec2.describe_vpcs(Filters=[{"Name": "vpc-id", "Values": [id]}])["Vpcs"])
    attributes = {
        name: ec2.describe_vpc_attribute(VpcId=id, Attribute=name)[f"E{name[1:]}"]["Value"]
        for name in ("enableDnsSupport", "enableDnsHostnames")
    }
    return {"id": id, "cidrBlock": vpc["CidrBlock"], "ownerId": vpc["OwnerId"], **attributes}


def _subnet(client: Clients, given: Values) -> Values:
    named = [{"Name": "subnet-id", "Values": [given["id"]]}]
    subnet = only("EC2 Subnet", client("ec2").describe_subnets(Filters=named)["Subnets"])
    return {
        "id": subnet["SubnetId"],
        "vpcId": subnet["VpcId"],
        "availabilityZone": subnet["AvailabilityZone"],
        "availabilityZoneId": subnet["AvailabilityZoneId"],
        "availableIpAddressCount": subnet["AvailableIpAddressCount"],
        "cidrBlock": subnet["CidrBlock"],
    }


def _route_table(client: Clients, given: Values) -> Values:
    names = {"vpcId": "vpc-id", "subnetId": "association.subnet-id", "routeTableId": "route-table-id"}
    filters = [{"Name": api, "Values": [given[name]]} for name, api in names.items() if given.get(name)]
    filters += _filters(given) if given.get("filters") else []
    found = client("ec2").describe_route_tables(Filters=filters)["RouteTables"]
    if not found:
        raise Refused("query returned no results. Please change your search criteria and try again")
    table = only("Route Table", found)
    routes = [_route(route) for route in table["Routes"] if route.get("GatewayId") != "local"]
    # Like the plugin, this omits routes to gateway endpoints, because they belong to the endpoints.
    shown = [route for route in routes if not (route["destinationPrefixListId"] and route["vpcEndpointId"])]
    return {"id": table["RouteTableId"], "routeTableId": table["RouteTableId"], "routes": shown}


def _route(route: Values) -> Values:
    gateway = route.get("GatewayId", "")
    to_endpoint = gateway.startswith("vpce-")
    return {
        "cidrBlock": route.get("DestinationCidrBlock", ""),
        "ipv6CidrBlock": route.get("DestinationIpv6CidrBlock", ""),
        "destinationPrefixListId": route.get("DestinationPrefixListId", ""),
        "gatewayId": "" if to_endpoint else gateway,
        "vpcEndpointId": gateway if to_endpoint else "",
        "natGatewayId": route.get("NatGatewayId", ""),
        "transitGatewayId": route.get("TransitGatewayId", ""),
        "networkInterfaceId": route.get("NetworkInterfaceId", ""),
        "vpcPeeringConnectionId": route.get("VpcPeeringConnectionId", ""),
    }


def _vpn_gateway(client: Clients, given: Values) -> Values:
    attached = [{"Name": "attachment.vpc-id", "Values": [given["attachedVpcId"]]}]
    found = client("ec2").describe_vpn_gateways(Filters=attached)["VpnGateways"]
    return {"id": only("EC2 VPN Gateway", found)["VpnGatewayId"]}


def _group_rules(client: Clients, given: Values) -> Values:
    found = client("ec2").describe_security_group_rules(Filters=_filters(given))["SecurityGroupRules"]
    return {"id": "rules", "ids": [rule["SecurityGroupRuleId"] for rule in found]}


def _group_rule(client: Clients, given: Values) -> Values:
    id = given["securityGroupRuleId"]
    [rule] = client("ec2").describe_security_group_rules(SecurityGroupRuleIds=[id])["SecurityGroupRules"]
    return {
        "id": id,
        "isEgress": rule["IsEgress"],
        "ipProtocol": rule["IpProtocol"],
        "fromPort": rule["FromPort"],
        "toPort": rule["ToPort"],
        "cidrIpv4": rule.get("CidrIpv4", ""),
        "cidrIpv6": rule.get("CidrIpv6", ""),
        "prefixListId": rule.get("PrefixListId", ""),
        "referencedSecurityGroupId": rule.get("ReferencedGroupInfo", {}).get("GroupId", ""),
        "securityGroupId": rule["GroupId"],
    }


def _internet_gateway(client: Clients, given: Values) -> Values:
    found = client("ec2").describe_internet_gateways(Filters=_filters(given))["InternetGateways"]
    return {"id": only("EC2 Internet Gateway", found)["InternetGatewayId"]}


def _network_interfaces(client: Clients, given: Values) -> Values:
    found = client("ec2").describe_network_interfaces(Filters=_filters(given))["NetworkInterfaces"]
    return {"id": "interfaces", "ids": [each["NetworkInterfaceId"] for each in found]}


def _endpoint(client: Clients, given: Values) -> Values:
    filters = {
        "vpc-id": given["vpcId"],
        "service-name": given["serviceName"],
        "vpc-endpoint-type": given["vpcEndpointType"],
        "vpc-endpoint-state": given["state"],
    }
    named = [{"Name": name, "Values": [value]} for name, value in filters.items()]
    endpoint = only("EC2 VPC Endpoint", client("ec2").describe_vpc_endpoints(Filters=named)["VpcEndpoints"])
    return {
        "id": endpoint["VpcEndpointId"],
        "privateDnsEnabled": endpoint["PrivateDnsEnabled"],
        "securityGroupIds": [group["GroupId"] for group in endpoint["Groups"]],
        "routeTableIds": endpoint["RouteTableIds"],
        "policy": endpoint["PolicyDocument"],
    }


def _filters(given: Values) -> list[Values]:
    return [{"Name": one["name"], "Values": one["values"]} for one in given["filters"]]


def only(what: str, found: list[Values]) -> Values:
    """The only resource found; raises Refused with the plugin's own text if there are none or several."""
    if len(found) > 1:
        raise Refused(f"multiple {what}s matched; use additional constraints to reduce matches to a single {what}")
    if not found:
        raise Refused(f"no matching {what} found")
    return found[0]


def _vpcs(client: Clients, given: Values) -> Values:
    return {"id": "vpcs", "ids": [vpc["VpcId"] for vpc in client("ec2").describe_vpcs()["Vpcs"]]}


def _addresses(client: Clients, given: Values) -> Values:
    found = client("ec2").describe_addresses()["Addresses"]
    ids, ips = ([address[name] for address in found] for name in ("AllocationId", "PublicIp"))
    return {"id": "addresses", "allocationIds": ids, "publicIps": ips}


NETWORK: Functions = {
    "aws:ec2/getEips:getEips": _addresses,
    "aws:ec2/getInternetGateway:getInternetGateway": _internet_gateway,
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": _prefix_list,
    "aws:ec2/getNetworkInterfaces:getNetworkInterfaces": _network_interfaces,
    "aws:ec2/getRouteTable:getRouteTable": _route_table,
    "aws:ec2/getSubnet:getSubnet": _subnet,
    "aws:ec2/getVpc:getVpc": _vpc,
    "aws:ec2/getVpcEndpoint:getVpcEndpoint": _endpoint,
    "aws:ec2/getVpcs:getVpcs": _vpcs,
    "aws:ec2/getVpnGateway:getVpnGateway": _vpn_gateway,
    "aws:vpc/getSecurityGroupRule:getSecurityGroupRule": _group_rule,
    "aws:vpc/getSecurityGroupRules:getSecurityGroupRules": _group_rules,
}
