"""No key's policy lets in everybody, or lets anybody do everything with it: who administers it does not use it."""

from collections.abc import Iterator

from . import Properties, document, several


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Of keys; without a policy KMS gives them one that leaves all to the account's IAM policies."""
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
