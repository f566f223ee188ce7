"""In a production stack, customer managed keys encrypt the database, secrets and logs."""

from collections.abc import Iterator, Sequence

from . import Finding, Resource

_ENCRYPTED = (
    "aws:rds/instance:Instance",
    "aws:secretsmanager/secret:Secret",
    "aws:cloudwatch/logGroup:LogGroup",
)
# A web ACL's logs are in us-east-1, but an existing key may be in another Region.
_ELSEWHERE = "aws-waf-logs-"


def check_stack(resources: Sequence[Resource], stack: str) -> Iterator[Finding]:
    """Checks resources that support a key, in stacks whose name begins with prod."""
    if not stack.startswith("prod"):
        return
    for resource in resources:
        properties = resource.properties
        name = properties.get("name") or properties.get("namePrefix") or ""
        if resource.kind in _ENCRYPTED and not name.startswith(_ELSEWHERE) and not properties.get("kmsKeyId"):
            yield resource.urn, "it is under AWS's own key: set enableCustomerKeys, or kmsKeyArn"
