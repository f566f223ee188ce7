"""Paths of the project."""

import os
from pathlib import Path

IMAGE_SOURCE = Path(__file__).resolve().parents[2] / "docker"
"""The folder that the image is built from."""


def from_project(path: Path) -> str:
    """Returns the path relative to the project folder, in which Pulumi runs the program and its plugins.

    This keeps the paths of individual machines out of the state.
    """
    return Path(os.path.relpath(path.resolve())).as_posix()
