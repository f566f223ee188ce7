"""One workspace: a project directory with its own embedded AWS.

Everything that a workspace uses (ports, names of containers, state) belongs to its directory, so that two
checkouts, or a checkout and its tests, do not interfere with each other.
"""

import fcntl
import functools
import hashlib
import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path

# The ports of a workspace, in the order of its block, which has room for AWS's services and 16 tasks.
_PORTS = ("aws", "registry", "edge", "nlb")
_BLOCK = 20
_FIRST_PORT, _BLOCKS = 20000, 600

# The emulated AWS accepts any credentials; no real account can have these.
TEST_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
REGION = "us-east-1"
ACCOUNT = "123456789012"  # the emulator's only one


@dataclass(frozen=True)
class Workspace:
    """The workspace of the project directory `root`, which contains Pulumi.yaml."""

    root: Path

    @classmethod
    def current(cls) -> "Workspace":
        """The workspace of the running process: ORTHANC_LOCAL_ROOT, or this checkout."""
        return cls(Path(os.environ.get("ORTHANC_LOCAL_ROOT") or Path(__file__).parent.parent))

    @property
    def home(self) -> Path:
        """State, logs and PID files; git-ignored, and deleted by `make down`."""
        return self.root / ".local"

    @property
    def slug(self) -> str:
        """The name and label of all Docker resources of this workspace."""
        return f"orthanc-{self._digest:08x}"

    @property
    def _digest(self) -> int:
        return int(hashlib.sha256(str(self.root.resolve()).encode()).hexdigest()[:8], 16)

    def port(self, name: str) -> int:
        """The TCP port on 127.0.0.1 of "aws", "registry", "edge", "nlb", or of a task: "dicom0", "dicom1" …"""
        offset = len(_PORTS) + int(name[5:]) if name.startswith("dicom") else _PORTS.index(name)
        if offset >= _BLOCK:
            raise ValueError(f"{name}: a workspace has {_BLOCK - len(_PORTS)} DICOM ports")
        return _FIRST_PORT + _block(self.root.resolve(), self._digest % _BLOCKS) * _BLOCK + offset

    @property
    def endpoint(self) -> str:
        """The URL of the emulated AWS."""
        return f"http://127.0.0.1:{self.port('aws')}"

    def environment(self) -> dict[str, str]:
        """The environment variables that a shell or process of this workspace requires, except PATH."""
        return TEST_CREDENTIALS | {
            "ORTHANC_LOCAL_ROOT": str(self.root),
            # Without sidecar files: an engine that is killed while it writes one leaves an unreadable state.
            "PULUMI_BACKEND_URL": f"file://{self.home / 'state'}?metadata=skip",
            "PULUMI_HOME": str(self.home / "pulumi"),
            # It protects only the test credentials of this machine.
            "PULUMI_CONFIG_PASSPHRASE": "embedded",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }


def cache() -> Path:
    """The directory that all workspaces share: the engine, base images, and the ports of each workspace."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    directory = Path(base) / "orthanc-on-aws"
    directory.mkdir(parents=True, exist_ok=True)
    return directory


@functools.cache
def _block(root: Path, first: int) -> int:
    """The block of ports of this workspace while its directory exists; if possible, the one of its hash.

    Two workspaces may have the same hash (with six workspaces, one chance in forty), and other programs use ports.
    """
    with (cache() / "ports.json").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        claims: dict[str, int] = json.loads(file.read() or "{}")
        if str(root) not in claims:
            claims = {other: block for other, block in claims.items() if Path(other).is_dir()}
            free = (number % _BLOCKS for number in range(first, first + _BLOCKS))
            claims[str(root)] = next(block for block in free if block not in claims.values() and _is_unused(block))
            file.truncate(0)
            json.dump(claims, file)
    return claims[str(root)]


def _is_unused(block: int) -> bool:
    for port in range(_FIRST_PORT + block * _BLOCK, _FIRST_PORT + (block + 1) * _BLOCK):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
