"""The Pulumi engine, and which of its plugins are stand-ins.

The engine is the CLI on PATH if it is not older than the version that `go/go.mod` pins. Otherwise, it is installed
by the official installer or, if that fails, built from its Go module, once per user, in the cache. The provider
plugins are stand-ins, regardless of what is installed, so that every machine uses the same plugins as the tests.
`choose` changes this.
"""

import fcntl
import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from local.workspace import Workspace, cache

Log = Callable[[str], object]

LAUNCHERS = Path(__file__).parent / "bin"
MODULE = Path(__file__).parent / "go"
PLUGINS = Path.home() / ".pulumi/plugins"  # where the official engine installs them
PACKAGE = "github.com/pulumi/pulumi/pkg/v3"
STAND_INS, OFFICIAL = "stand-ins", "official"
INSTALLER = "https://get.pulumi.com"
_INSTALLER_SECONDS = 5  # a site that does not respond in this time counts as unreachable


class EngineError(Exception):
    """There is no engine, and none can be installed or built; the text says what to install."""


def ensure_engine(log: Log) -> Path:
    """The directory that contains an executable `pulumi`. Raises EngineError."""
    version = pinned_version()
    if found := shutil.which("pulumi", path=_path_without_stand_ins()):
        if _numbers(installed := _version_of(found)) >= _numbers(version):
            return Path(found).parent
        log(f"{found} is Pulumi {installed}, older than {version}, which this project is tested with: not used")
    pinned = hashlib.sha256((MODULE / "go.sum").read_bytes()).hexdigest()[:8]
    directory = cache() / f"engine/{version}-{pinned}"
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:  # workspaces that start at the same time build it only once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ((directory / "bin/pulumi").exists() or _install(directory, version)):
            _build(directory, version, log)
    return directory / "bin"


def pinned_version() -> str:
    """The engine's version that `go/go.mod` pins, such as 3.210.0."""
    version = re.search(rf"{PACKAGE} v(\S+)", (MODULE / "go.mod").read_text())
    assert version, "go.mod pins the engine"
    return version[1]


def choose(workspace: Workspace, plugins: str) -> None:
    """Use `plugins` from now on: "stand-ins" or "official". Raises EngineError if official ones are missing."""
    if plugins == OFFICIAL:
        names = sorted(launcher.name.split("-")[-1] for launcher in LAUNCHERS.glob("pulumi-resource-*"))
        wanted = {name: metadata.version(f"pulumi-{name}") for name in names}
        missing = [f"{name} {version}" for name, version in wanted.items() if not _is_in_plugins(name, version)]
        if missing:
            commands = " && ".join(f"pulumi plugin install resource {plugin}" for plugin in missing)
            raise EngineError(f"PLUGINS={OFFICIAL}, but {', '.join(missing)} is not installed: {commands}")
    (workspace.home / "plugins").write_text(plugins)


def path(workspace: Workspace, engine: Path) -> str:
    """PATH of a workspace's shell: its virtual environment, the engine, the stand-ins."""
    stand_ins = workspace.home / "stand-ins"
    stand_ins.mkdir(parents=True, exist_ok=True)
    chosen = workspace.home / "plugins"
    is_official = chosen.exists() and chosen.read_text() == OFFICIAL
    for launcher in LAUNCHERS.glob("pulumi-*"):
        link = stand_ins / launcher.name
        # Each engine has its own language host. The engine prefers plugins on PATH to installed ones.
        if is_official if "-resource-" in launcher.name else (engine / launcher.name).exists():
            link.unlink(missing_ok=True)
        elif not link.is_symlink():
            link.symlink_to(launcher)
    home = workspace.home / "pulumi"
    home.mkdir(exist_ok=True)
    if PLUGINS.is_dir() and not (home / "plugins").exists():
        (home / "plugins").symlink_to(PLUGINS)
    first = [workspace.root / ".venv/bin", stand_ins, engine]
    return os.pathsep.join([*map(str, first), _path_without_stand_ins()])


def _is_in_plugins(name: str, version: str) -> bool:
    return (PLUGINS / f"resource-{name}-v{version}").is_dir()


@functools.cache
def _version_of(executable: str) -> str:
    """The version that a Pulumi CLI reports; empty if it reports none."""
    done = subprocess.run([executable, "version"], capture_output=True, text=True, check=False)
    return done.stdout.strip().removeprefix("v")


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:3]]


def _path_without_stand_ins() -> str:
    """PATH without the stand-ins of a workspace's shell, which would be mistaken for official plugins."""
    directories = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(entry for entry in directories if not entry.endswith("/.local/stand-ins"))


def _install(directory: Path, version: str) -> bool:
    """Run the official installer, which also installs the language host; False if its site is unreachable."""
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
