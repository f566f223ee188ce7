"""The workspace's certificate authority: it replaces that of RDS, and tasks trust it wherever they trust RDS's."""

import hashlib
import os
from pathlib import Path

from local.images import docker
from local.runner.containers import services_image
from local.workspace import Workspace

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650")


def certificate(workspace: Workspace, host: str) -> tuple[Path, Path]:
    """The files (PEM) with a certificate for the name `host` and with its private key; created once."""
    _issue(workspace, "ca", "-subj", "/CN=Embedded AWS RDS Root CA")
    # Only an alternative name, because a common name is limited to 64 characters.
    names = ("-subj", "/CN=RDS", "-addext", f"subjectAltName=DNS:{host}", "-addext", "basicConstraints=CA:FALSE")
    _issue(workspace, host, *names, "-CA", "ca.pem", "-CAkey", "ca.key")
    return _file(workspace, f"{host}.pem"), _file(workspace, f"{host}.key")


def with_authority(workspace: Workspace, image: str, path: str) -> Path:
    """A file with the certificates at `path` in the image and, after them, the workspace's own authority."""
    file = _file(workspace, f"{hashlib.sha256(f'{image} {path}'.encode()).hexdigest()}.pem")
    if not file.exists():
        bundle = docker("run", "--rm", "--network=none", "--entrypoint=cat", image, path)
        file.write_text(f"{bundle}\n{_file(workspace, 'ca.pem').read_text()}")
    return file


def _file(workspace: Workspace, name: str) -> Path:
    return workspace.home.resolve() / "tls" / name


def _issue(workspace: Workspace, name: str, *arguments: str) -> None:
    """Create `name`.pem and .key with openssl of the services image, because not every machine has openssl."""
    if _file(workspace, f"{name}.pem").exists():
        return
    directory = _file(workspace, "")
    directory.mkdir(exist_ok=True)
    options = ("--rm", "--network=none", f"--user={os.getuid()}:{os.getgid()}", f"--volume={directory}:/tls")
    request = ("openssl", "req", "-x509", *_KEY, *arguments, "-keyout", f"{name}.key", "-out", f"{name}.pem")
    docker("run", *options, "--workdir=/tls", services_image(), *request)
