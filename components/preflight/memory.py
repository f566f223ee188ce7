"""Facts that a stack records for the next `pulumi up`, because no setting contains them.

They are parameters in Systems Manager Parameter Store below `/PROJECT/STACK/running`. The program reads them
before it registers the first resource, also in previews. They are deleted with the stack, so a new stack of the
same name starts without them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

# The names of the facts. They must not change, because deployed stacks use them.
IMAGE = "orthanc-image"
"""The upstream image of the last deployment that succeeded."""
ZONES = "zones"
"""The Availability Zones of the stack's own network, by name, separated by commas."""
DATABASE = "database"
"""The identifier of the database instance."""
DATABASE_KEY = "database-key"
"""The ARN of the key that the stack created for the database."""


def recall() -> dict[str, str]:
    """Returns the recorded facts by the names above; empty before the first deployment.

    Calls AWS. Raises the provider's errors, such as access denied.
    """
    found = aws.ssm.get_parameters_by_path(path=_path())
    values: Mapping[str, str] = dict(zip(found.names or (), found.values or (), strict=True))
    return {name.removeprefix(f"{_path()}/"): value for name, value in values.items()}


def remember(
    name: str,
    fact: str,
    value: pulumi.Input[str],
    description: str,
    *,
    parent: pulumi.Resource,
    depends_on: Sequence[pulumi.Resource] = (),
) -> None:
    """Records a fact once `depends_on` has succeeded."""
    aws.ssm.Parameter(
        name,
        name=f"{_path()}/{fact}",
        type="String",
        value=value,
        description=description,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=list(depends_on)),
    )


def _path() -> str:
    return f"/{pulumi.get_project()}/{pulumi.get_stack()}/running"
