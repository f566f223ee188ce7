"""Route 53: a record must be in its zone, be unique, and as an alias have a target that AWS allows."""

from typing import Any

from moto.route53.models import FakeZone, HostedZoneIdentifier, RecordSet, Route53Backend

from local.emulator.overlay import AwsError, Parameters, replaces

CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"  # of every distribution (AWS General Reference, "CloudFront endpoints")


@replaces(HostedZoneIdentifier)
def generate(original: Any, self: Any, *args: Any, **given: Any) -> str:
    """The ID of a hosted zone begins with Z; moto's IDs begin with any character."""
    return f"Z{original(self, *args, **given)[1:]}"


@replaces(Route53Backend)
def change_resource_record_sets(original: Any, self: Route53Backend, zoneid: str, change_list: Any) -> None:
    """moto compares with a log of changes instead of the records, and accepts any alias target.

    As on AWS, all changes are checked before the first is made.
    """
    zone = self.get_hosted_zone(zoneid)
    for change in change_list:
        _check(zone, change["Action"], change["ResourceRecordSet"])
    for change in change_list:
        wanted = change["ResourceRecordSet"]
        wanted["Name"] = f"{wanted['Name'].rstrip('.')}."
        if records := wanted.get("ResourceRecords"):
            wanted["ResourceRecords"] = [record["Value"] for record in records]
        if change["Action"] == "DELETE":
            zone.delete_rrset(wanted)
        else:
            zone.upsert_rrset(wanted)


def _check(zone: FakeZone, action: str, wanted: Parameters) -> None:
    name, kind = wanted["Name"].rstrip("."), wanted["Type"]
    apex = zone.name.rstrip(".")
    there = next((each for each in zone.rrsets if (each.name.rstrip("."), each.type) == (name, kind)), None)
    reason, alias = "", wanted.get("AliasTarget")
    if name != apex and not name.endswith(f".{apex}"):
        reason = f"RRSet with DNS name {name}. is not permitted in zone {apex}."
    elif action == "CREATE" and there:
        reason = f"Tried to create resource record set [name='{name}.', type='{kind}'] but it already exists"
    elif action == "DELETE" and not (there and _same(there, wanted)):
        reason = f"Tried to delete resource record set [name='{name}.', type='{kind}'] but it was not found"
    elif action != "DELETE" and alias and _is_cloudfronts(alias["DNSName"]) != _is_cloudfronts_zone(alias):
        reason = (
            f"Tried to create an alias that targets {alias['DNSName']}, type {kind} in zone"
            f" {alias['HostedZoneId']}, but the alias target name does not lie within the target zone"
        )
    if reason:
        raise AwsError("InvalidChangeBatch", f"[{reason}]")


def _is_cloudfronts(name: str) -> bool:
    return name.rstrip(".").endswith(".cloudfront.net")


def _is_cloudfronts_zone(alias: Parameters) -> bool:
    return alias["HostedZoneId"] == CLOUDFRONT_ZONE


def _same(there: RecordSet, wanted: Parameters) -> bool:
    values = [record["Value"] for record in wanted.get("ResourceRecords", [])]
    target = (there.alias_target or {}).get("DNSName"), wanted.get("AliasTarget", {}).get("DNSName")
    return sorted(there.records or []) == sorted(values) and target[0] == target[1]
