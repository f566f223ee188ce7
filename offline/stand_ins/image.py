"""`docker:index/image:Image` of pulumi-docker 4, with the docker command: checks, changes, build and push.

Two things differ on purpose: it pushes only to a registry on loopback, and the stand-in base (local/images.py)
replaces upstream's Orthanc if that cannot be pulled.
"""

import base64
import hashlib
import ipaddress
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi.runtime.rpc import UNKNOWN

from local import images
from local.images import Log, docker
from local.workspace import Workspace

BASE_ARGUMENT = "ORTHANC_IMAGE"  # of docker/Dockerfile: its base image

_BUILD_OPTIONS = {"context", "dockerfile", "args", "platform", "target"}
_WILDCARDS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}  # of .dockerignore, as regular expressions


def with_digest(inputs: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """The inputs with `build.contextDigest`, as in the real plugin's Check, to detect changes in the context.

    Paths are relative to `root`, the project. Raises ValueError if it cannot be built or must not be pushed.
    """
    build = dict(inputs.get("build") or {})
    if unknown := set(build) - _BUILD_OPTIONS - {"contextDigest"}:
        raise ValueError(f"build: the stand-in has no {', '.join(sorted(unknown))}")
    context, dockerfile = _paths(build, root)
    for path in (context, dockerfile):
        if not path.exists():
            raise ValueError(f"build: there is no {path}")
    if not inputs.get("skipPush"):
        for name in (inputs.get("imageName"), (inputs.get("registry") or {}).get("server")):
            if isinstance(name, str) and name != UNKNOWN and not is_loopback(name):
                raise ValueError(
                    f"{name} is not on loopback, and the stand-in of the docker plugin pushes nowhere else; this "
                    "shell has stand-in plugins on PATH: open a fresh shell to deploy to AWS"
                )
    return {**inputs, "build": {**build, "contextDigest": context_digest(context, dockerfile)}}


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The inputs that differ, so that it is built and pushed again, except credentials, which always change."""

    def comparable(inputs: Mapping[str, Any]) -> dict[str, Any]:
        return {**inputs, "registry": (inputs.get("registry") or {}).get("server")}

    before, after = comparable(old), comparable(new)
    return sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))


def build_and_push(inputs: Mapping[str, Any], workspace: Workspace, project: Path, log: Log) -> dict[str, Any]:
    """Build the image of `project`, push it unless `skipPush`, and return the outputs.

    Raises ImageError or ValueError.
    """
    with_digest(inputs, project)  # previously unknown inputs are known now
    build, name = dict(inputs["build"]), inputs["imageName"]
    context, dockerfile = _paths(build, project)
    arguments = dict(build.get("args") or {})
    platform = build.get("platform")
    wanted = arguments.get(BASE_ARGUMENT, "")
    if wanted and _repository(wanted) == _repository(images.upstream()):
        arguments[BASE_ARGUMENT] = images.ensure_orthanc_base(log, wanted)
        if arguments[BASE_ARGUMENT] != wanted:
            platform = None  # the stand-in base is for this machine's processor
            log(f"{wanted} cannot be had: building on the stand-in base {arguments[BASE_ARGUMENT]}")
    log(f"building {name}")
    docker(
        "build",
        *("--tag", name, "--file", str(dockerfile), "--label", f"orthanc.workspace={workspace.slug}"),
        *(part for key, value in arguments.items() for part in ("--build-arg", f"{key}={value}")),
        *(("--platform", platform) if platform else ()),
        *(("--target", build["target"]) if build.get("target") else ()),
        str(context),
    )
    registry = inputs.get("registry") or {}
    outputs = {
        "imageName": name,
        "baseImageName": name,
        "context": str(build.get("context", ".")),
        "dockerfile": os.path.relpath(dockerfile, context),
        "platform": build.get("platform"),
        "registryServer": registry.get("server", ""),
    }
    if inputs.get("skipPush"):
        return outputs | {"repoDigest": docker("image", "inspect", "--format", "{{.Id}}", name)}
    log(f"pushing {name}")
    _push(name, registry, workspace)
    digests = json.loads(docker("image", "inspect", "--format", "{{json .RepoDigests}}", name))
    repository = name.rpartition(":")[0]
    return outputs | {"repoDigest": next(digest for digest in digests if digest.startswith(f"{repository}@"))}


def is_loopback(registry: str) -> bool:
    """Whether the registry of a URL or an image's name is on this machine."""
    host = registry.partition("://")[2] or registry
    host = host.partition("/")[0].rpartition("@")[2]
    host = host.rpartition("]")[0].lstrip("[") or host.partition(":")[0]
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def context_digest(context: Path, dockerfile: Path) -> str:
    """A digest of a build context: names, modes and contents, without the files that .dockerignore excludes."""
    digest = hashlib.sha256(dockerfile.read_bytes())
    ignore = next(
        (path for path in (Path(f"{dockerfile}.dockerignore"), context / ".dockerignore") if path.exists()), None
    )
    patterns = [line for line in ignore.read_text().split() if not line.startswith("#")] if ignore else []
    for path in sorted(path for path in context.rglob("*") if path.is_symlink() or path.is_file()):
        name = path.relative_to(context).as_posix()
        if not ignored(name, patterns):
            content = bytes(path.readlink()) if path.is_symlink() else path.read_bytes()
            digest.update(f"\0{name}\0{path.lstat().st_mode:o}\0".encode() + hashlib.sha256(content).digest())
    return digest.hexdigest()


def ignored(name: str, patterns: list[str]) -> bool:
    """Whether .dockerignore excludes it: the last pattern that matches it or a parent directory decides."""
    verdict = False
    for pattern in patterns:
        words: list[str] = re.findall(r"\*\*/|\*\*|\*|\?|[^*?]+", pattern.lstrip("!").strip("/"))
        expression = "".join(_WILDCARDS[word] if word in _WILDCARDS else re.escape(word) for word in words)
        if re.fullmatch(f"{expression}(/.*)?", name):
            verdict = not pattern.startswith("!")
    return verdict


def _repository(image: str) -> str:
    """An image's name without tag and digest; a colon before the last slash belongs to a registry's port."""
    path, slash, last = image.partition("@")[0].rpartition("/")
    return path + slash + last.partition(":")[0]


def _paths(build: Mapping[str, Any], root: Path) -> tuple[Path, Path]:
    context = root / build.get("context", ".")
    return context, root / build["dockerfile"] if build.get("dockerfile") else context / "Dockerfile"


def _push(name: str, registry: Mapping[str, str], workspace: Workspace) -> None:
    """Push with the resource's credentials, which are in a separate configuration, not in that of the user."""
    configuration = workspace.home / "docker"
    configuration.mkdir(parents=True, exist_ok=True)
    credentials = base64.b64encode(
        f"{registry.get('username', '')}:{registry.get('password', '')}".encode()
    ).decode()
    host = name.partition("/")[0]
    file = configuration / "config.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps({"auths": {host: {"auth": credentials}}}))
    # The daemon of the user's own configuration.
    daemon = docker("context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
    docker("push", "--quiet", name, DOCKER_CONFIG=str(configuration), DOCKER_HOST=daemon)
