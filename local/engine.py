"""The Pulumi engine, and which of its plugins are stand-ins.

The CLI of PATH where there is one; else the official installer's; else built from its Go module, whose versions
`go/go.mod` and `go/go.sum` pin. Made once for the user, in the cache.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from local.place import Place, cache

Log = Callable[[str], object]

LAUNCHERS = Path(__file__).parent / "standins/bin"
MODULE = Path(__file__).parent / "go"
PLUGINS = Path.home() / ".pulumi/plugins"  # where the official engine installs them
PACKAGE = "github.com/pulumi/pulumi/pkg/v3"
INSTALLER = "https://get.pulumi.com"
_INSTALLER_SECONDS = 5  # a site that has not answered by then counts as out of reach


class EngineError(Exception):
    """There is no engine and none can be made; the text says what to install."""


def ensure_engine(log: Log) -> Path:
    """The directory that holds an executable `pulumi`. Raises EngineError."""
    if found := shutil.which("pulumi", path=_path_without_stand_ins()):
        return Path(found).parent
    version = re.search(rf"{PACKAGE} v(\S+)", (MODULE / "go.mod").read_text())
    assert version, "go.mod pins the engine"
    pinned = hashlib.sha256((MODULE / "go.sum").read_bytes()).hexdigest()[:8]
    directory = cache() / f"engine/{version[1]}-{pinned}"
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:  # two places that start together make it once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ((directory / "bin/pulumi").exists() or _install(directory, version[1])):
            _build(directory, version[1], log)
    return directory / "bin"


def path(place: Place, engine: Path) -> str:
    """PATH of a shell of `place`: its virtual environment, the engine, a stand-in for each plugin that lacks."""
    stand_ins = place.home / "stand-ins"
    stand_ins.mkdir(parents=True, exist_ok=True)
    for launcher in LAUNCHERS.glob("pulumi-*"):
        link = stand_ins / launcher.name
        if _is_installed(launcher.name, engine):
            link.unlink(missing_ok=True)
        elif not link.is_symlink():
            link.symlink_to(launcher)
    home = place.home / "pulumi"
    home.mkdir(exist_ok=True)
    if PLUGINS.is_dir() and not (home / "plugins").exists():
        (home / "plugins").symlink_to(PLUGINS)
    first = [place.root / ".venv/bin", engine, stand_ins]
    return os.pathsep.join([*map(str, first), _path_without_stand_ins()])


def _is_installed(plugin: str, engine: Path) -> bool:
    """Whether the engine finds the official one: beside itself, on PATH, or installed in our SDK's version."""
    if shutil.which(plugin, path=f"{engine}{os.pathsep}{_path_without_stand_ins()}"):
        return True
    _, kind, name = plugin.split("-")
    return kind == "resource" and (PLUGINS / f"resource-{name}-v{metadata.version(f'pulumi-{name}')}").is_dir()


def _path_without_stand_ins() -> str:
    """PATH as it was before a shell of any place took it over, lest a stand-in be taken for an official plugin."""
    directories = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(entry for entry in directories if not entry.endswith("/.local/stand-ins"))


def _install(directory: Path, version: str) -> bool:
    """Run the official installer, which brings the language host too; False where its site is out of reach."""
    curl = ["curl", "--fail", "--silent", "--location", "--max-time", str(_INSTALLER_SECONDS), INSTALLER]
    try:
        script = subprocess.run(curl, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return False
    arguments = ["sh", "-s", "--", "--version", version, "--install-root", str(directory), "--no-edit-path"]
    done = subprocess.run(arguments, input=script, capture_output=True, check=False)
    return done.returncode == 0 and (directory / "bin/pulumi").exists()


def _build(directory: Path, version: str, log: Log) -> None:
    if not shutil.which("go"):
        raise EngineError(
            "there is no pulumi on PATH, its installer is out of reach, and without Go it cannot be built: "
            "install the Pulumi CLI (https://www.pulumi.com/docs/install/) or Go 1.25 or newer"
        )
    log(f"building Pulumi {version} from its Go module (once; about 7 minutes on two cores)")
    flags = f"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{version}"
    unfinished = directory / "pulumi.unfinished"
    command = ["go", "build", "-trimpath", "-ldflags", flags, "-o", str(unfinished), f"{PACKAGE}/cmd/pulumi"]
    environment = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "auto"}
    done = subprocess.run(command, cwd=MODULE, env=environment, stderr=sys.stderr, check=False)
    if done.returncode:
        raise EngineError(f"go build of Pulumi {version} failed; what it said stands above")
    (directory / "bin").mkdir(exist_ok=True)
    unfinished.rename(directory / "bin/pulumi")
