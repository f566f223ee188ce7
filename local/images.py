"""The base image of the deployed image, and the images of the services beside a task. Cached for the user.

If the registry of upstream's Orthanc is reachable, the base is upstream's image itself. Otherwise, it is the
stand-in of `base/orthanc`, on Debian. Debian comes from its registry or, if that is unreachable, from debootstrap.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from local.workspace import cache

Log = Callable[[str], object]

BASE = Path(__file__).parent / "base"
PREFIX = "orthanc-local"  # of all images built here; they belong to no workspace and are not removed with it

# Debian's releases by their names. forky is the next stable release and has the Orthanc version of upstream's
# pinned image. The stable release has an older Orthanc, from which the tests upgrade.
NEXT, STABLE = "forky", "trixie"
# Packages with their versions in the pinned image: tests with a stand-in of older versions would prove little.
PINNED = {"orthanc": "1.13.0", "orthanc-dicomweb": "1.24"}

_REGISTRY_SECONDS = 5  # a registry that does not respond in this time counts as unreachable


class ImageError(Exception):
    """An image cannot be pulled or built; the text is the output of the tool, or says what to install."""


def upstream() -> str:
    """The name of upstream's image that docker/Dockerfile pins."""
    dockerfile = Path(__file__).parents[1] / "docker/Dockerfile"
    pinned = re.search(r"^ARG ORTHANC_IMAGE=(\S+)$", dockerfile.read_text(), re.MULTILINE)
    if not pinned:
        raise ImageError(f"{dockerfile} has no line ARG ORTHANC_IMAGE=…")
    return pinned[1]


def ensure_orthanc_base(log: Log, image: str = "") -> str:
    """The base image for `image` (default: the pinned one): the image itself if it can be pulled.

    Otherwise, it is a stand-in from Debian's next release or, for an older version, from Debian's stable release.
    """
    image = image or upstream()
    return image if _pulled(image, log) else ensure_stand_in(log, image)


def ensure_stand_in(log: Log, image: str = "") -> str:
    """The stand-in for `image` (default: the pinned one), whether or not that can be pulled."""
    image = image or upstream()
    ohif = ensure_ohif_image(log)
    what = f"a stand-in for {image}, which is out of reach, from Debian's Orthanc"
    if _version(image) < _version(upstream()):
        return _ensure_built("orthanc", STABLE, log, what, OHIF=ohif)
    least = " ".join(f"{package}={version}" for package, version in PINNED.items())
    return _ensure_built("orthanc", NEXT, log, what, OHIF=ohif, LEAST=least)


def _version(image: str) -> list[int]:
    """The numbers in an image's tag; for a tag without numbers, a number larger than any version."""
    return [int(number) for number in re.findall(r"\d+", image.rpartition(":")[2].partition("@")[0])] or [10**9]


def ensure_ohif_image(log: Log) -> str:
    """The image with the viewer OHIF in /ohif; it contains no program to run."""
    return _ensure_built("ohif", STABLE, log, "OHIF from npm's package")


def ensure_services_image(log: Log) -> str:
    """The image with PostgreSQL (command `postgresql`, see base/services/postgresql.sh) and socat."""
    return _ensure_built("services", STABLE, log, "the image that plays RDS and relays to the emulated AWS")


def ensure_browser_image(log: Log) -> str:
    """The image with Chromium; its arguments are addresses and options."""
    return _ensure_built("browser", STABLE, log, "the image with a browser")


def ensure_dcmtk_image(log: Log) -> str:
    """The image with DCMTK's programs, such as findscu."""
    return _ensure_built("dcmtk", STABLE, log, "the image with DCMTK's programs")


def docker(*arguments: str, **options: str) -> str:
    """Run docker and return its output. Raises ImageError with its error output."""
    environment = os.environ | options
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise ImageError(f"docker {arguments[0]}: {(done.stdout + done.stderr).strip()[-4000:]}")
    return done.stdout.strip()


def exists(image: str) -> bool:
    """Whether this machine's docker has the image."""
    return not subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False).returncode


def _ensure_built(name: str, suite: str, log: Log, what: str, **arguments: str) -> str:
    """The image of base/`name` on a Debian release; its tag is a digest of its content."""
    directory = BASE / name
    digest = hashlib.sha256(f"{suite} {arguments}".encode())
    for path in sorted(path for path in directory.iterdir() if path.is_file()):
        digest.update(path.read_bytes())
    image = f"{PREFIX}/{name}:{digest.hexdigest()[:12]}"
    with _one_at_a_time():
        if not exists(image):
            arguments |= {"DEBIAN": ensure_debian(log, suite)}
            log(f"building {what} (takes about a minute)")
            given = (part for key, value in arguments.items() for part in ("--build-arg", f"{key}={value}"))
            docker("build", "--quiet", "--tag", image, *given, str(directory))
    return image


def ensure_debian(log: Log, suite: str = STABLE) -> str:
    """The image of a Debian release, on which other images are built."""
    image, published = f"{PREFIX}/debian:{suite}", f"debian:{suite}-slim"
    if exists(image):
        return image
    if _pulled(published, log):
        docker("tag", published, image)
        return image
    archive = cache() / f"debian-{suite}-{os.uname().machine}.tar"
    if not archive.exists():
        log(f"{published} is out of reach: Debian by debootstrap (takes about a minute)")
        _debootstrap(suite, archive)
    docker("import", str(archive), image)
    return image


def _debootstrap(suite: str, archive: Path) -> None:
    if not shutil.which("debootstrap") or os.getuid():
        raise ImageError(
            f"Debian's {suite} cannot be pulled, and debootstrap, which makes one, is missing or not allowed: "
            "as root on Debian or Ubuntu, apt-get install debootstrap; or let Docker reach its registry"
        )
    root, unfinished = archive.with_suffix(".root"), archive.with_suffix(".unfinished")
    left_out = "--exclude=./var/cache/apt/archives/*"
    try:
        for command in (
            # The script of sid works for every release; an older debootstrap does not know the newest names.
            ["debootstrap", "--variant=minbase", suite, str(root), "", "sid"],
            ["tar", "--create", "--file", str(unfinished), left_out, "--directory", str(root), "."],
        ):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise ImageError(f"{command[0]}: {(done.stdout + done.stderr)[-2000:]}")
        unfinished.rename(archive)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _pulled(image: str, log: Log) -> bool:
    if exists(image):
        return True
    try:
        question = ["docker", "manifest", "inspect", image]
        subprocess.run(question, capture_output=True, timeout=_REGISTRY_SECONDS, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return False
    log(f"pulling {image}")
    docker("pull", "--quiet", image)
    return True


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """A lock, so that workspaces that start at the same time build an image only once."""
    with (cache() / "images.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
