"""The functions of the aws plugin that the program calls."""

from collections.abc import Callable
from typing import Any

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


INVOKES: dict[str, Callable[[Clients, Values], Values]] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:index/getCallerIdentity:getCallerIdentity": _identity,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": _prefix_list,
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": _authorization_token,
}
"""By token: a function of the plugin's clients and the arguments."""
