"""In a production stack, neither data nor the route to it can be deleted by mistake."""

from collections.abc import Iterator, Sequence

from . import Finding, Properties, Resource, document, several

_HOLDS_DATA = {
    "aws:rds/instance:Instance",
    "aws:s3/bucket:Bucket",
    "aws:efs/fileSystem:FileSystem",
    "aws:kms/key:Key",
    "aws:backup/vault:Vault",
}
# A key for alarm messages encrypts no data.
_ALARMS = "cloudwatch.amazonaws.com"


def check_stack(resources: Sequence[Resource], stack: str) -> Iterator[Finding]:
    """Checks resources that hold data, and the load balancer, in stacks whose name begins with prod."""
    if not stack.startswith("prod"):
        return
    for resource in resources:
        kind, properties = resource.kind, resource.properties
        if kind in _HOLDS_DATA and not resource.protect and not _is_for_alarms(properties):
            yield resource.urn, "pulumi would delete it: set dataOnDestroy to refuse"
        if kind == "aws:rds/instance:Instance" and properties.get("deletionProtection") is not True:
            yield resource.urn, "RDS would delete it: set dataOnDestroy to refuse"
        way_in = kind == "aws:lb/loadBalancer:LoadBalancer" and properties.get("loadBalancerType") != "network"
        if way_in and properties.get("enableDeletionProtection") is not True:
            yield resource.urn, "the only way in can be deleted by mistake: set dataOnDestroy to refuse"
        if kind == "aws:s3/bucket:Bucket" and properties.get("forceDestroy"):
            yield resource.urn, "it would be emptied to be deleted: set dataOnDestroy to refuse"


def _is_for_alarms(properties: Properties) -> bool:
    principals = [statement.get("Principal") for statement in document(properties.get("policy"))]
    return any(isinstance(each, dict) and _ALARMS in several(each.get("Service")) for each in principals)
