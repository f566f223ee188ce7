"""The environment in which pulumi, aws and boto3 use the embedded AWS, and runs of pulumi in it."""

import os
import subprocess
from typing import Any

from local.images import Log
from local.workspace import Workspace
from offline import engine


def variables(workspace: Workspace, log: Log) -> dict[str, str]:
    """The variables that a shell requires in addition to its own. Raises EngineError."""
    path = engine.path(workspace, engine.ensure_engine(log))
    return workspace.environment() | {"PATH": path, "VIRTUAL_ENV": str(workspace.root / ".venv")}


def pulumi(workspace: Workspace, *arguments: str, **options: Any) -> subprocess.CompletedProcess[Any]:
    """Run the CLI on the workspace; `options` are subprocess's. Raises CalledProcessError unless check=False."""
    environment = os.environ | variables(workspace, lambda _: None)
    return subprocess.run(
        ["pulumi", *arguments], cwd=workspace.root, env=environment, **{"check": True, **options}
    )
