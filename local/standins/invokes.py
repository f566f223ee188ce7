"""The functions of the aws plugin that the program calls."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

import jmespath
from botocore.exceptions import ClientError

from local.standins.codec import Values
from local.standins.servicer import Refused

Clients = Callable[..., Any]


def _zones(client: Clients, given: Values) -> Values:
    filters = [
        {"Name": one["name"], "Values": one["values"]}
        for one in given.get("filters") or []
        if one["name"] != "opt-in-status"
    ]
    zones = client("ec2").describe_availability_zones(Filters=filters)["AvailabilityZones"]
    left_out = set(given.get("excludeZoneIds") or [])
    zones = sorted((zone for zone in zones if zone["ZoneId"] not in left_out), key=lambda zone: zone["ZoneName"])
    names = [zone["ZoneName"] for zone in zones]
    return {"id": "zones", "names": names, "zoneIds": [zone["ZoneId"] for zone in zones], "groupNames": names[:1]}


def _identity(client: Clients, given: Values) -> Values:
    answer = client("sts").get_caller_identity()
    return {
        "id": answer["Account"],
        "accountId": answer["Account"],
        "arn": answer["Arn"],
        "userId": answer["UserId"],
    }


def _region(client: Clients, given: Values) -> Values:
    name = given.get("region") or client("ec2").meta.region_name
    return {"id": name, "name": name, "region": name, "description": name, "endpoint": f"ec2.{name}.amazonaws.com"}


def _partition(client: Clients, given: Values) -> Values:
    return {
        "id": "aws",
        "partition": "aws",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    }


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
    vpc = _only("EC2 VPC", ec2.describe_vpcs(Filters=[{"Name": "vpc-id", "Values": [id]}])["Vpcs"])
    attributes = {
        name: ec2.describe_vpc_attribute(VpcId=id, Attribute=name)[f"E{name[1:]}"]["Value"]
        for name in ("enableDnsSupport", "enableDnsHostnames")
    }
    return {"id": id, "cidrBlock": vpc["CidrBlock"], "ownerId": vpc["OwnerId"], **attributes}


def _subnet(client: Clients, given: Values) -> Values:
    named = [{"Name": "subnet-id", "Values": [given["id"]]}]
    subnet = _only("EC2 Subnet", client("ec2").describe_subnets(Filters=named)["Subnets"])
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
    table = _only("Route Table", found)
    routes = [_route(route) for route in table["Routes"] if route.get("GatewayId") != "local"]
    # Routes to gateway endpoints are theirs, as the plugin has it.
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
    return {"id": _only("EC2 VPN Gateway", found)["VpnGatewayId"]}


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
    return {"id": _only("EC2 Internet Gateway", found)["InternetGatewayId"]}


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
    endpoint = _only("EC2 VPC Endpoint", client("ec2").describe_vpc_endpoints(Filters=named)["VpcEndpoints"])
    return {
        "id": endpoint["VpcEndpointId"],
        "privateDnsEnabled": endpoint["PrivateDnsEnabled"],
        "securityGroupIds": [group["GroupId"] for group in endpoint["Groups"]],
        "routeTableIds": endpoint["RouteTableIds"],
        "policy": endpoint["PolicyDocument"],
    }


def _filters(given: Values) -> list[Values]:
    return [{"Name": one["name"], "Values": one["values"]} for one in given["filters"]]


def _only(what: str, found: list[Values]) -> Values:
    """The one thing found; the plugin's own words for none and for several."""
    if len(found) > 1:
        raise Refused(f"multiple {what}s matched; use additional constraints to reduce matches to a single {what}")
    if not found:
        raise Refused(f"no matching {what} found")
    return found[0]


def _authorization_token(client: Clients, given: Values) -> Values:
    import base64

    [data] = client("ecr").get_authorization_token()["authorizationData"]
    user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
    return {
        "id": "token",
        "authorizationToken": data["authorizationToken"],
        "expiresAt": data["expiresAt"].isoformat(),
        "userName": user,
        "password": password,
        "proxyEndpoint": data["proxyEndpoint"],
    }


def _hosted_zone(client: Clients, given: Values) -> Values:
    try:
        zone = client("route53").get_hosted_zone(Id=given["zoneId"])["HostedZone"]
    except ClientError as error:
        raise Refused(f"reading Route 53 Hosted Zone ({given['zoneId']}): {error}") from None
    id, private = zone["Id"].rpartition("/")[2], zone["Config"]["PrivateZone"]
    return {"id": id, "zoneId": id, "name": zone["Name"].rstrip("."), "privateZone": private}


def _bucket(client: Clients, given: Values) -> Values:
    name = given["bucket"]
    try:
        headers = client("s3").head_bucket(Bucket=name)["ResponseMetadata"]["HTTPHeaders"]
    except ClientError as error:
        reason = "couldn't find resource" if error.response["Error"]["Code"] == "404" else error
        raise Refused(f"reading S3 Bucket ({name}): {reason}") from None
    region = headers["x-amz-bucket-region"]
    return {"id": name, "bucket": name, "arn": f"arn:aws:s3:::{name}", "bucketRegion": region}


def _resource(client: Clients, given: Values) -> Values:
    """Cloud Control's account of a bucket: the parts of it that are set."""
    if given["typeName"] != "AWS::S3::Bucket":
        raise Refused(f"the stand-in knows no {given['typeName']}; add it to local/standins/invokes.py")
    s3, name = client("s3"), given["identifier"]
    properties: Values = {"BucketName": name}
    for call, path, part in (
        ("get_bucket_versioning", "Status && {Status: Status}", "VersioningConfiguration"),
        ("get_public_access_block", "PublicAccessBlockConfiguration", "PublicAccessBlockConfiguration"),
        (
            "get_bucket_encryption",
            "{ServerSideEncryptionConfiguration: ServerSideEncryptionConfiguration.Rules[].{"
            "ServerSideEncryptionByDefault: ApplyServerSideEncryptionByDefault}}",
            "BucketEncryption",
        ),
    ):
        with contextlib.suppress(ClientError):  # not set
            if found := jmespath.search(path, getattr(s3, call)(Bucket=name)):
                properties[part] = found
    return {"id": name, "identifier": name, "typeName": given["typeName"], "properties": json.dumps(properties)}


def _snapshot(client: Clients, given: Values) -> Values:
    identifier = given["dbSnapshotIdentifier"]
    try:
        found = client("rds").describe_db_snapshots(DBSnapshotIdentifier=identifier)["DBSnapshots"]
    except ClientError as error:
        raise Refused(f"reading RDS DB Snapshot ({identifier}): {error}") from None
    snapshot = _only("RDS DB Snapshot", found)
    names = ("allocatedStorage", "encrypted", "engine", "engineVersion", "status")
    known = {name: snapshot[name[0].upper() + name[1:]] for name in names}
    return {
        "id": identifier,
        **known,
        "dbSnapshotArn": snapshot["DBSnapshotArn"],
        "kmsKeyId": snapshot.get("KmsKeyId", ""),
    }


def _instance(client: Clients, given: Values) -> Values:
    identifier = given["dbInstanceIdentifier"]
    try:
        found = client("rds").describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"]
    except ClientError as error:
        raise Refused(f"reading RDS DB Instance ({identifier}): {error}") from None
    instance = _only("RDS DB Instance", found)
    return {"id": identifier, "dbInstanceIdentifier": identifier, "kmsKeyId": instance.get("KmsKeyId", "")}


def _key(client: Clients, given: Values) -> Values:
    try:
        key = client("kms").describe_key(KeyId=given["keyId"])["KeyMetadata"]
    except ClientError as error:
        raise Refused(f"reading KMS Key ({given['keyId']}): {error}") from None
    names = {"arn": "Arn", "keyManager": "KeyManager", "keyState": "KeyState", "enabled": "Enabled"}
    return {"id": key["KeyId"], **{name: key[api] for name, api in names.items()}}


def _quota(client: Clients, given: Values) -> Values:
    """The default, then the account's own value if it has one, as the plugin reads them."""
    quotas, named = client("service-quotas", given.get("region")), {"ServiceCode": given["serviceCode"]}
    named["QuotaCode"] = given["quotaCode"]
    default = quotas.get_aws_default_service_quota(**named)["Quota"]
    value = quotas.get_service_quota(**named)["Quota"]["Value"]
    return {"id": given["quotaCode"], **given, "defaultValue": default["Value"], "value": value}


def _vault(client: Clients, given: Values) -> Values:
    """AWS refuses access to a vault that does not exist."""
    backup = client("backup")
    try:
        vault = backup.describe_backup_vault(BackupVaultName=given["name"])
    except backup.exceptions.ResourceNotFoundException:
        raise Refused("AccessDeniedException: Insufficient privileges to perform this action.") from None
    names = {"arn": "BackupVaultArn", "name": "BackupVaultName", "recoveryPoints": "NumberOfRecoveryPoints"}
    return {"id": given["name"], "kmsKeyArn": "", "tags": {}, **{name: vault[api] for name, api in names.items()}}


def _vpcs(client: Clients, given: Values) -> Values:
    return {"id": "vpcs", "ids": [vpc["VpcId"] for vpc in client("ec2").describe_vpcs()["Vpcs"]]}


def _addresses(client: Clients, given: Values) -> Values:
    found = client("ec2").describe_addresses()["Addresses"]
    ids, ips = ([address[name] for address in found] for name in ("AllocationId", "PublicIp"))
    return {"id": "addresses", "allocationIds": ids, "publicIps": ips}


def _parameters(client: Clients, given: Values) -> Values:
    path = given["path"]
    pages = client("ssm").get_paginator("get_parameters_by_path").paginate(Path=path, WithDecryption=True)
    found = [parameter for page in pages for parameter in page["Parameters"]]
    names = ("names", "Name"), ("values", "Value"), ("types", "Type"), ("arns", "ARN")
    return {"id": path, "path": path, **{many: [each[one] for each in found] for many, one in names}}


INVOKES: dict[str, Callable[[Clients, Values], Values]] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:index/getCallerIdentity:getCallerIdentity": _identity,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": _prefix_list,
    "aws:ec2/getInternetGateway:getInternetGateway": _internet_gateway,
    "aws:ec2/getNetworkInterfaces:getNetworkInterfaces": _network_interfaces,
    "aws:ec2/getRouteTable:getRouteTable": _route_table,
    "aws:ec2/getSubnet:getSubnet": _subnet,
    "aws:ec2/getVpc:getVpc": _vpc,
    "aws:ec2/getVpcEndpoint:getVpcEndpoint": _endpoint,
    "aws:ec2/getVpnGateway:getVpnGateway": _vpn_gateway,
    "aws:vpc/getSecurityGroupRule:getSecurityGroupRule": _group_rule,
    "aws:vpc/getSecurityGroupRules:getSecurityGroupRules": _group_rules,
    "aws:backup/getVault:getVault": _vault,
    "aws:cloudcontrol/getResource:getResource": _resource,
    "aws:ec2/getEips:getEips": _addresses,
    "aws:ec2/getVpcs:getVpcs": _vpcs,
    "aws:kms/getKey:getKey": _key,
    "aws:rds/getInstance:getInstance": _instance,
    "aws:rds/getSnapshot:getSnapshot": _snapshot,
    "aws:servicequotas/getServiceQuota:getServiceQuota": _quota,
    "aws:ssm/getParametersByPath:getParametersByPath": _parameters,
    "aws:s3/getBucket:getBucket": _bucket,
    "aws:route53/getZone:getZone": _hosted_zone,
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": _authorization_token,
}
"""By token: a function of the plugin's clients and the arguments."""
