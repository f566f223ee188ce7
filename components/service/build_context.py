"""The build context of the image: a copy of `docker/` that is identical in every checkout.

pulumi-docker compares the names, modes and contents of the files, and the path as given. Git records only whether
the owner may execute a file; the other mode bits depend on the umask at checkout. Therefore, the files are copied
with the modes that Git records (0644 or 0755), to a directory named after their content, and the path is resolved.
A different umask or a path through a symbolic link is then not a change.
"""

import hashlib
import shutil
import stat
import tempfile
from pathlib import Path
from typing import NamedTuple

from components.config.paths import IMAGE_SOURCE, from_project

_COPIES = IMAGE_SOURCE.parent / ".build"  # git-ignored; can be deleted at any time


class BuildContext(NamedTuple):
    """The `path` of the copy, relative to the directory where Pulumi runs, and the `digest` of its content."""

    path: str
    digest: str


def prepared(source: Path = IMAGE_SOURCE, copies: Path = _COPIES) -> BuildContext:
    """Returns the copy of `source` in `copies`, and creates it if necessary. Raises OSError if that fails."""
    digest = content_digest(source)
    copy = copies / digest[:16]
    if not copy.exists():
        copies.mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=copies) as directory:
            unfinished = Path(shutil.copytree(source, Path(directory) / copy.name))
            for path in (unfinished, *unfinished.rglob("*")):
                path.chmod(0o755 if path.is_dir() or _is_executable(path) else 0o644)
            try:
                unfinished.rename(copy)
            except OSError:  # another stack's program created it first
                if not copy.exists():
                    raise
    return BuildContext(from_project(copy), digest)


def content_digest(source: Path) -> str:
    """Returns the SHA-256, in hexadecimal, of the names, executable bits and contents of the files in `source`."""
    digest = hashlib.sha256()
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        digest.update(f"\0{path.relative_to(source).as_posix()}\0{_is_executable(path):d}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _is_executable(path: Path) -> bool:
    return bool(path.stat().st_mode & stat.S_IXUSR)
