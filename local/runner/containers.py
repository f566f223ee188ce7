"""What all containers of a workspace have in common: labels, network, and access to the emulated AWS."""

import contextlib
from collections.abc import Iterator, Mapping

from local.images import ImageError, docker, ensure_services_image
from local.workspace import Workspace

AWS_PORT = 4566
AWS_ENDPOINT = f"http://aws:{AWS_PORT}"
"""The endpoint of the emulated AWS for containers."""


def open_network(workspace: Workspace) -> None:
    """Create the network that represents the VPC, and in it the relay to the emulated AWS.

    Without masquerading, containers cannot reach the internet, but their ports can be published on loopback (those
    of an `--internal` network cannot).
    """
    remove_all(workspace)
    no_internet = "--opt=com.docker.network.bridge.enable_ip_masquerade=false"
    docker("network", "create", *_labels(workspace), no_internet, workspace.slug)
    relay = ("socat", f"TCP-LISTEN:{AWS_PORT},fork,reuseaddr", "UNIX-CONNECT:/run/aws/aws.sock")
    options = ("--network-alias=aws", f"--volume={workspace.home.resolve() / 'run'}:/run/aws")
    run(workspace, "relay", f"{workspace.slug}-relay", *options, services_image(), *relay)


def run(
    workspace: Workspace, role: str, name: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> str:
    """Start a container (`arguments`: docker's options, image, command), return its address. Raises ImageError.

    `environment` is passed through the environment of docker, so that no secret appears on a command line.
    """
    variables = [f"--env={variable}" for variable in environment or ()]
    common = ("--detach", f"--name={name}", f"--network={workspace.slug}", f"--label=orthanc.role={role}")
    docker("run", *common, *_labels(workspace), *variables, *arguments, **environment or {})
    return address(workspace, name)


def address(workspace: Workspace, name: str) -> str:
    """The container's address in the workspace's network; empty if it is not running."""
    return inspect(name, f'{{{{(index .NetworkSettings.Networks "{workspace.slug}").IPAddress}}}}')


def gateway(workspace: Workspace) -> str:
    """This machine's address in the workspace's network: its end of the bridge."""
    return docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", workspace.slug)


def inspect(name: str, template: str) -> str:
    """The output of docker inspect for a Go template. Raises ImageError if the container does not exist."""
    return docker("container", "inspect", "--format", template, name)


def services_image() -> str:
    """The image of the services beside a task; `make up` has built it."""
    return ensure_services_image(lambda _: None)


def create_volume(workspace: Workspace, name: str) -> None:
    """Create a volume of the workspace; an existing volume is not changed."""
    docker("volume", "create", *_labels(workspace), name)


def copy_volume(workspace: Workspace, source: str, target: str, *, user: str = "") -> None:
    """Copy the volume `source` to `target`, while the container `user`, which writes to `source`, is paused."""
    for volume in (source, target):
        create_volume(workspace, volume)
    volumes = (f"--volume={source}:/source:ro", f"--volume={target}:/target")
    with _paused(user):
        docker("run", "--rm", *volumes, services_image(), "cp", "--archive", "/source/.", "/target")


@contextlib.contextmanager
def _paused(name: str) -> Iterator[None]:
    """Pause the processes of a container; does nothing if it is not running."""
    try:
        docker("pause", name)
    except ImageError:
        yield
        return
    try:
        yield
    finally:
        docker("unpause", name)


def remove(kind: str, *names: str) -> None:
    """Remove containers (with their anonymous volumes), networks or volumes; missing ones are no error."""
    force = {"container": ("--force", "--volumes"), "volume": ("--force",)}.get(kind, ())
    with contextlib.suppress(ImageError):
        docker(kind, "rm", *force, *names)


def remove_all(workspace: Workspace) -> None:
    """Remove everything that this runner or an earlier one of the workspace created."""
    for kind, every in (("container", ("--all",)), ("network", ()), ("volume", ())):
        if found := docker(
            kind, "ls", *every, "--quiet", f"--filter=label=orthanc.runner={workspace.slug}"
        ).split():
            remove(kind, *found)


def _labels(workspace: Workspace) -> tuple[str, str]:
    return f"--label=orthanc.workspace={workspace.slug}", f"--label=orthanc.runner={workspace.slug}"
