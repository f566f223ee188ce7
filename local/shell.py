"""The environment in which plain pulumi, aws and boto3 work on a place's embedded AWS, and pulumi run in it."""

import os
import subprocess
from typing import Any

from local import engine
from local.images import Log
from local.place import Place


def variables(place: Place, log: Log) -> dict[str, str]:
    """What a shell needs beside its own variables. Raises EngineError."""
    path = engine.path(place, engine.ensure_engine(log))
    return place.environment() | {"PATH": path, "VIRTUAL_ENV": str(place.root / ".venv")}


def pulumi(place: Place, *arguments: str, **options: Any) -> subprocess.CompletedProcess[Any]:
    """Run the CLI on the place; `options` are subprocess's. Raises CalledProcessError unless check=False."""
    environment = os.environ | variables(place, lambda _: None)
    return subprocess.run(["pulumi", *arguments], cwd=place.root, env=environment, **{"check": True, **options})
