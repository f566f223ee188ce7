"""Roles have least privilege: no wildcard actions, and no resource * where AWS supports resource names."""

from collections.abc import Iterator

from . import Properties, document, several

# Actions without resource types in the Service Authorization Reference.
_WITHOUT_RESOURCE = {
    *("cloudwatch:GetMetricData", "ecr:GetAuthorizationToken", "s3:ListAllMyBuckets", "tag:GetResources"),
    *(f"ssmmessages:{do}{end}Channel" for do in ("Create", "Open") for end in ("Control", "Data")),
}


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Checks the policies of roles."""
    if kind not in ("aws:iam/policy:Policy", "aws:iam/rolePolicy:RolePolicy"):
        return
    for statement in document(properties.get("policy")):
        if statement["Effect"] != "Allow":
            continue
        actions = several(statement.get("Action"))
        if "NotAction" in statement or "NotResource" in statement:
            yield "it allows all but something: name what is allowed"
        for action in actions:
            if "*" in action:
                yield f"{action} allows more than is used: name the actions"
        if "*" in several(statement.get("Resource")) and not set(actions) <= _WITHOUT_RESOURCE:
            yield f"{', '.join(actions)} on every resource of the account: name the resources"
