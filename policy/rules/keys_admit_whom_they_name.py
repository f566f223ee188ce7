"""No key policy admits everybody or allows everything. Key administrators cannot use the key."""

from collections.abc import Iterator

from . import Properties, document, several


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Checks keys. Without a policy, KMS assigns one that leaves access to the account's IAM policies."""
    if kind != "aws:kms/key:Key":
        return
    for statement in document(properties.get("policy")):
        if statement["Effect"] != "Allow":
            continue
        principal = statement.get("Principal", {})
        named = several(principal.get("AWS")) if isinstance(principal, dict) else [principal]
        if "*" in named and not statement.get("Condition"):
            yield "its policy lets in every account of AWS: name principals, or a condition"
        if "kms:*" in several(statement.get("Action")):
            yield "its policy allows kms:*: name what administrators do, and apart from it who uses the key"
