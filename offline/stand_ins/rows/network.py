"""EC2's network: the resources of awsx's Vpc, endpoints, security groups, flow logs."""

import json
from typing import Any

from pulumi.runtime.rpc import UNKNOWN

from offline.stand_ins.codec import Values
from offline.stand_ins.table import Call, Import, Read, row

_ARN = "arn:aws:ec2:us-east-1:123456789012"


def _vpc_attribute(name: str) -> tuple[Call, Read]:
    api = name[0].upper() + name[1:]
    return (
        Call("modify_vpc_attribute", {"VpcId": "$id", api: {"Value": f"${name}"}}, when=name),
        Read(
            "describe_vpc_attribute",
            {"VpcId": "$id", "Attribute": name},
            f"{{{name}: {api}.Value}}",
        ),
    )


_HOSTNAMES, _READ_HOSTNAMES = _vpc_attribute("enableDnsHostnames")
_SUPPORT, _READ_SUPPORT = _vpc_attribute("enableDnsSupport")

row(
    "ec2/vpc:Vpc",
    "ec2",
    Call("create_vpc", mapped=True),
    "Vpc.VpcId",
    [
        Read("describe_vpcs", {"VpcIds": ["$id"]}, "Vpcs[0]"),
        _READ_HOSTNAMES,
        _READ_SUPPORT,
        Read(
            "describe_security_groups",
            {"Filters": [{"Name": "vpc-id", "Values": ["$id"]}, {"Name": "group-name", "Values": ["default"]}]},
            "{defaultSecurityGroupId: SecurityGroups[0].GroupId}",
        ),
        Read(
            "describe_route_tables",
            {"Filters": [{"Name": "vpc-id", "Values": ["$id"]}, {"Name": "association.main", "Values": ["true"]}]},
            "{mainRouteTableId: RouteTables[0].RouteTableId, defaultRouteTableId: RouteTables[0].RouteTableId}",
        ),
    ],
    puts=(_SUPPORT, _HOSTNAMES),
    delete=(Call("delete_vpc", {"VpcId": "$id"}),),
    fixed="cidrBlock instanceTenancy",
    outputs={"arn": f"{_ARN}:vpc/$id"},
)

row(
    "ec2/internetGateway:InternetGateway",
    "ec2",
    Call("create_internet_gateway"),
    "InternetGateway.InternetGatewayId",
    Read("describe_internet_gateways", {"InternetGatewayIds": ["$id"]}, "InternetGateways[0]"),
    puts=(Call("attach_internet_gateway", {"InternetGatewayId": "$id", "VpcId": "$vpcId"}),),
    delete=(
        Call("detach_internet_gateway", {"InternetGatewayId": "$id", "VpcId": "$vpcId"}),
        Call("delete_internet_gateway", {"InternetGatewayId": "$id"}),
    ),
    outputs={"vpcId": "Attachments[0].VpcId", "arn": f"{_ARN}:internet-gateway/$id"},
)

row(
    "ec2/subnet:Subnet",
    "ec2",
    Call("create_subnet", mapped=True),
    "Subnet.SubnetId",
    Read("describe_subnets", {"SubnetIds": ["$id"]}, "Subnets[0]"),
    puts=(
        Call(
            "modify_subnet_attribute",
            {"SubnetId": "$id", "MapPublicIpOnLaunch": {"Value": "$mapPublicIpOnLaunch"}},
            when="mapPublicIpOnLaunch",
        ),
    ),
    delete=(Call("delete_subnet", {"SubnetId": "$id"}),),
    fixed="cidrBlock availabilityZone vpcId",
    outputs={"arn": "SubnetArn"},
)

row(
    "ec2/routeTable:RouteTable",
    "ec2",
    Call("create_route_table", {"VpcId": "$vpcId"}),
    "RouteTable.RouteTableId",
    # Its routes are separate resources; those of gateway endpoints are added and removed without it.
    Read("describe_route_tables", {"RouteTableIds": ["$id"]}, "RouteTables[0].{VpcId: VpcId, OwnerId: OwnerId}"),
    delete=(Call("delete_route_table", {"RouteTableId": "$id"}),),
    fixed="vpcId",
    outputs={"arn": f"{_ARN}:route-table/$id"},
)

row(
    "ec2/routeTableAssociation:RouteTableAssociation",
    "ec2",
    Call("associate_route_table", mapped=True),
    "AssociationId",
    Read(
        "describe_route_tables",
        {"Filters": [{"Name": "association.route-table-association-id", "Values": ["$id"]}]},
        "RouteTables[].Associations[] | [?RouteTableAssociationId=='$id'] | [0]",
    ),
    delete=(Call("disassociate_route_table", {"AssociationId": "$id"}),),
    fixed="routeTableId subnetId",
    imported=Import(
        r"(?P<subnetId>[^/]+)/(?P<routeTableId>.+)",
        Read(
            "describe_route_tables",
            {"Filters": [{"Name": "association.subnet-id", "Values": ["$subnetId"]}]},
            "RouteTables[].Associations[?SubnetId][] | [0].RouteTableAssociationId",
        ),
    ),
)

_ROUTE = {"RouteTableId": "$routeTableId", "DestinationCidrBlock": "$destinationCidrBlock"}

row(
    "ec2/route:Route",
    "ec2",
    Call("create_route", mapped=True),
    "$routeTableId/$destinationCidrBlock",
    Read(
        "describe_route_tables",
        {"RouteTableIds": ["$routeTableId"]},
        "RouteTables[0].Routes[?DestinationCidrBlock=='$destinationCidrBlock'] | [0]",
    ),
    updates=(Call("replace_route", mapped=True),),
    delete=(Call("delete_route", _ROUTE),),
    fixed="routeTableId destinationCidrBlock",
    imported=Import(
        r"(?P<routeTableId>[^_]+)_(?P<destinationCidrBlock>.+)", "$routeTableId/$destinationCidrBlock"
    ),
)

row(
    "ec2/eip:Eip",
    "ec2",
    Call("allocate_address", {"Domain": "vpc"}),
    "AllocationId",
    Read("describe_addresses", {"AllocationIds": ["$id"]}, "Addresses[0]"),
    delete=(Call("release_address", {"AllocationId": "$id"}),),
    fixed="domain",
)

row(
    "ec2/natGateway:NatGateway",
    "ec2",
    Call("create_nat_gateway", mapped=True),
    "NatGateway.NatGatewayId",
    Read("describe_nat_gateways", {"NatGatewayIds": ["$id"]}, "NatGateways[0]"),
    live="State!='deleted' && State!='deleting'",
    delete=(Call("delete_nat_gateway", {"NatGatewayId": "$id"}),),
    fixed="subnetId allocationId connectivityType",
    outputs={
        "publicIp": "NatGatewayAddresses[0].PublicIp",
        "allocationId": "NatGatewayAddresses[0].AllocationId",
        "privateIp": "NatGatewayAddresses[0].PrivateIp",
    },
)


def _moved(state: Values) -> Values:
    """ModifyVpcEndpoint requires the IDs to add and to remove."""
    change: Values = {"VpcEndpointId": state["id"]}
    for name, api in (
        ("routeTableIds", "RouteTableIds"),
        ("subnetIds", "SubnetIds"),
        ("securityGroupIds", "SecurityGroupIds"),
    ):
        old, new = set(state["_old"].get(name) or []), set(state.get(name) or [])
        change |= {f"Add{api}": sorted(new - old) or None, f"Remove{api}": sorted(old - new) or None}
    return change


_POLICY = Call("modify_vpc_endpoint", {"VpcEndpointId": "$id", "PolicyDocument": "$policy"}, when="policy")


def _no_policy(inputs: Values) -> str | None:
    text = inputs.get("policy")
    try:
        json.loads("{}" if text in (None, UNKNOWN) else text)
    except ValueError as error:
        return f"policy: contains an invalid JSON: {error}"
    return None


row(
    "ec2/vpcEndpoint:VpcEndpoint",
    "ec2",
    Call("create_vpc_endpoint", mapped=True),
    "VpcEndpoint.VpcEndpointId",
    [
        Read("describe_vpc_endpoints", {"VpcEndpointIds": ["$id"]}, "VpcEndpoints[0]"),
        Read(
            "describe_managed_prefix_lists",
            {"Filters": [{"Name": "prefix-list-name", "Values": ["$serviceName"]}]},
            "{prefixListId: PrefixLists[0].PrefixListId}",
        ),
    ],
    live="State!='deleted'",
    updates=(Call("modify_vpc_endpoint", _moved, when="routeTableIds subnetIds securityGroupIds"), _POLICY),
    delete=(Call("delete_vpc_endpoints", {"VpcEndpointIds": ["$id"]}),),
    fixed="vpcId serviceName vpcEndpointType",
    names={"policy": "PolicyDocument"},
    outputs={"arn": f"{_ARN}:vpc-endpoint/$id", "securityGroupIds": "Groups[].GroupId"},
    refuse=_no_policy,
)

row(
    "ec2/vpcEndpointPolicy:VpcEndpointPolicy",
    "ec2",
    Call("modify_vpc_endpoint", {"VpcEndpointId": "$vpcEndpointId", "PolicyDocument": "$policy"}),
    "$vpcEndpointId",
    Read("describe_vpc_endpoints", {"VpcEndpointIds": ["$vpcEndpointId"]}, "VpcEndpoints[0]"),
    live="State!='deleted'",
    updates=(_POLICY,),
    # The endpoint itself remains, with AWS's default policy, which allows everything.
    delete=(Call("modify_vpc_endpoint", {"VpcEndpointId": "$id", "ResetPolicy": True}),),
    fixed="vpcEndpointId",
    names={"policy": "PolicyDocument"},
    refuse=_no_policy,
)


def _everywhere(state: Values) -> Values:
    """The rule that AWS adds to every new group, and that the provider removes."""
    return {"GroupId": state["id"], "IpPermissions": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]}


row(
    "ec2/securityGroup:SecurityGroup",
    "ec2",
    Call("create_security_group", mapped=True),
    "GroupId",
    Read(
        "describe_security_groups",
        {"GroupIds": ["$id"]},
        # Its rules are separate resources.
        "SecurityGroups[0].{GroupName: GroupName, Description: Description, VpcId: VpcId, OwnerId: OwnerId}",
    ),
    puts=(Call("revoke_security_group_egress", _everywhere, when="description"),),
    delete=(Call("delete_security_group", {"GroupId": "$id"}),),
    fixed="name namePrefix description vpcId",
    names={"name": "GroupName", "description": "Description"},
    outputs={"arn": f"{_ARN}:security-group/$id"},
    named="name 255",
    defaults={"description": "Managed by Pulumi"},
)


def _emptied(client: Any, state: Values) -> None:
    """Revoke all rules: AWS creates the group with rules for its own members and for all outbound traffic."""
    found = client.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [state["id"]]}])
    for rule in found["SecurityGroupRules"]:
        revoke = client.revoke_security_group_egress if rule["IsEgress"] else client.revoke_security_group_ingress
        revoke(GroupId=state["id"], SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])


row(
    "ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "ec2",
    Call(
        "describe_security_groups",
        {"Filters": [{"Name": "vpc-id", "Values": ["$vpcId"]}, {"Name": "group-name", "Values": ["default"]}]},
    ),
    "SecurityGroups[0].GroupId",
    Read(
        "describe_security_groups",
        {"GroupIds": ["$id"]},
        "SecurityGroups[0].{GroupName: GroupName, Description: Description, VpcId: VpcId, OwnerId: OwnerId,"
        " ingress: IpPermissions[].{protocol: IpProtocol, fromPort: FromPort || `0`, toPort: ToPort || `0`},"
        " egress: IpPermissionsEgress[].{protocol: IpProtocol, fromPort: FromPort || `0`, toPort: ToPort || `0`}}",
    ),
    # An update itself requires no call; `finish` empties the group again.
    updates=(Call("describe_security_groups", {"GroupIds": ["$id"]}),),
    fixed="vpcId",
    names={"name": "GroupName"},
    outputs={"arn": f"{_ARN}:security-group/$id"},
    defaults={"ingress": [], "egress": []},
    finish=_emptied,
)


def _permission(state: Values) -> Values:
    peer: dict[str, Any] = {"Description": state.get("description")}
    lists = {
        "cidrIpv4": ("IpRanges", "CidrIp"),
        "cidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
        "prefixListId": ("PrefixListIds", "PrefixListId"),
        "referencedSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    }
    permission = {
        "IpProtocol": state["ipProtocol"],
        "FromPort": state.get("fromPort"),
        "ToPort": state.get("toPort"),
    }
    for name, (several, one) in lists.items():
        if state.get(name):
            permission[several] = [{key: value for key, value in {**peer, one: state[name]}.items() if value}]
    permission = {key: value for key, value in permission.items() if value is not None}
    return {"GroupId": state["securityGroupId"], "IpPermissions": [permission]}


_RULE = {
    "GroupId": "$securityGroupId",
    "SecurityGroupRules": [
        {
            "SecurityGroupRuleId": "$id",
            "SecurityGroupRule": {
                "IpProtocol": "$ipProtocol",
                "FromPort": "$fromPort",
                "ToPort": "$toPort",
                "CidrIpv4": "$cidrIpv4",
                "PrefixListId": "$prefixListId",
                "ReferencedGroupId": "$referencedSecurityGroupId",
                "Description": "$description",
            },
        }
    ],
}


def _one_peer(inputs: Values) -> str | None:
    peers = ["cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"]
    given = [name for name in peers if inputs.get(name)]
    return None if len(given) == 1 else f"a rule has exactly one peer of {', '.join(peers)}, not {given or 'none'}"


for direction in ("Ingress", "Egress"):
    row(
        f"vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule",
        "ec2",
        Call(f"authorize_security_group_{direction.lower()}", _permission),
        "SecurityGroupRules[0].SecurityGroupRuleId",
        Read(
            "describe_security_group_rules",
            {"SecurityGroupRuleIds": ["$id"]},
            "SecurityGroupRules[0].merge(@, {ReferencedSecurityGroupId: ReferencedGroupInfo.GroupId})",
        ),
        delete=(
            Call(
                f"revoke_security_group_{direction.lower()}",
                {"GroupId": "$securityGroupId", "SecurityGroupRuleIds": ["$id"]},
            ),
        ),
        fixed="securityGroupId",
        updates=(Call("modify_security_group_rules", _RULE),),
        names={"securityGroupId": "GroupId"},
        outputs={"securityGroupRuleId": "SecurityGroupRuleId", "arn": f"{_ARN}:security-group-rule/$id"},
        refuse=_one_peer,
    )

row(
    "ec2/flowLog:FlowLog",
    "ec2",
    Call(
        "create_flow_logs",
        {
            "ResourceIds": ["$vpcId"],
            "ResourceType": "VPC",
            "TrafficType": "$trafficType",
            "LogDestination": "$logDestination",
            "LogDestinationType": "$logDestinationType",
            "DeliverLogsPermissionArn": "$iamRoleArn",
        },
    ),
    "FlowLogIds[0]",
    Read("describe_flow_logs", {"FlowLogIds": ["$id"]}, "FlowLogs[0]"),
    delete=(Call("delete_flow_logs", {"FlowLogIds": ["$id"]}),),
    fixed="*",
    names={"vpcId": "ResourceId", "iamRoleArn": "DeliverLogsPermissionArn"},
    outputs={"arn": f"{_ARN}:vpc-flow-log/$id"},
    defaults={"logDestinationType": "cloud-watch-logs"},
)
