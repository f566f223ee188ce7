"""What every container of a place has in common: labels, network, and the way to the emulated AWS."""

import contextlib
from collections.abc import Iterator, Mapping

from local.images import ImageError, docker, ensure_services_image
from local.place import Place

AWS_PORT = 4566
AWS_ENDPOINT = f"http://aws:{AWS_PORT}"
"""The emulated AWS as the containers reach it."""


def open_network(place: Place) -> None:
    """The network that stands for the VPC, and on it the relay to the emulated AWS.

    Without masquerading nothing in it reaches the internet, and yet its ports can be published on loopback (those
    of an `--internal` network cannot).
    """
    remove_all(place)
    no_internet = "--opt=com.docker.network.bridge.enable_ip_masquerade=false"
    docker("network", "create", *_labels(place), no_internet, place.slug)
    relay = ("socat", f"TCP-LISTEN:{AWS_PORT},fork,reuseaddr", "UNIX-CONNECT:/run/aws/aws.sock")
    options = ("--network-alias=aws", f"--volume={place.home.resolve() / 'run'}:/run/aws")
    run(place, "relay", f"{place.slug}-relay", *options, services_image(), *relay)


def run(place: Place, role: str, name: str, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Start a container (`arguments`: docker's options, image, command) and give its address. Raises ImageError.

    `environment` is handed over in docker's own, so that no secret is on a command line.
    """
    variables = [f"--env={variable}" for variable in environment or ()]
    common = ("--detach", f"--name={name}", f"--network={place.slug}", f"--label=orthanc.role={role}")
    docker("run", *common, *_labels(place), *variables, *arguments, **environment or {})
    return address(place, name)


def address(place: Place, name: str) -> str:
    """The container's address in the place's network; empty while it does not run."""
    return inspect(name, f'{{{{(index .NetworkSettings.Networks "{place.slug}").IPAddress}}}}')


def gateway(place: Place) -> str:
    """This machine's address in the place's network: its end of the bridge."""
    return docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", place.slug)


def inspect(name: str, template: str) -> str:
    """What docker tells of the container, by a Go template. Raises ImageError when it is gone."""
    return docker("container", "inspect", "--format", template, name)


def services_image() -> str:
    """The image of what stands beside a task; it is there since `make up` began."""
    return ensure_services_image(lambda _: None)


def create_volume(place: Place, name: str) -> None:
    """A volume of the place; one that is there already stays as it is."""
    docker("volume", "create", *_labels(place), name)


def copy_volume(place: Place, source: str, target: str, *, user: str = "") -> None:
    """A volume `target` with what is in `source` at one moment: `user`, a container that writes to it, waits."""
    for volume in (source, target):
        create_volume(place, volume)
    volumes = (f"--volume={source}:/source:ro", f"--volume={target}:/target")
    with _paused(user):
        docker("run", "--rm", *volumes, services_image(), "cp", "--archive", "/source/.", "/target")


@contextlib.contextmanager
def _paused(name: str) -> Iterator[None]:
    """Stop the processes of a container for a while; one that does not run needs no pause."""
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
    """Remove containers (with their anonymous volumes), networks or volumes; what is gone already is no error."""
    force = {"container": ("--force", "--volumes"), "volume": ("--force",)}.get(kind, ())
    with contextlib.suppress(ImageError):
        docker(kind, "rm", *force, *names)


def remove_all(place: Place) -> None:
    """Remove all that a runner of this place made, now or in an earlier life."""
    for kind, every in (("container", ("--all",)), ("network", ()), ("volume", ())):
        if found := docker(kind, "ls", *every, "--quiet", f"--filter=label=orthanc.runner={place.slug}").split():
            remove(kind, *found)


def _labels(place: Place) -> tuple[str, str]:
    return f"--label=orthanc.place={place.slug}", f"--label=orthanc.runner={place.slug}"
