"""Only AWS services may assume roles, not users, other accounts or identity providers."""

import json
from collections.abc import Iterator

from . import Properties, document


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Checks the trust policies of roles."""
    if kind != "aws:iam/role:Role":
        return
    for statement in document(properties.get("assumeRolePolicy")):
        principal = statement.get("Principal")
        if statement["Effect"] == "Allow" and (not isinstance(principal, dict) or set(principal) != {"Service"}):
            yield f"{json.dumps(principal)} can take the role on: name one service of AWS"
