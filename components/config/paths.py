"""Paths of the project."""

import os
from pathlib import Path

IMAGE_SOURCE = Path(__file__).resolve().parents[2] / "docker"
"""The folder that the image is built from."""


def from_project(path: Path) -> str:
    """The path from the project, where Pulumi runs program and plugins: the state names no machine's path."""
    return Path(os.path.relpath(path.resolve())).as_posix()
