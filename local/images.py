"""The base images: what the deployed image is built on, and what stands beside a task. Cached for the user.

Where the registry of upstream's Orthanc can be reached, the base is upstream's image itself. Elsewhere it is the
stand-in of `base/orthanc`, on Debian; Debian comes from its registry or else from debootstrap.
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
PREFIX = "orthanc-local"  # of every image made here; they belong to no workspace and stay when a workspace goes

# Debian's releases by their names. forky is the next stable one and has the Orthanc of upstream's pinned image;
# the stable one has an older Orthanc, from which the tests upgrade.
NEXT, STABLE = "forky", "trixie"
# Packages, and the versions that the pinned image has of them: a stand-in with older ones would prove little.
PINNED = {"orthanc": "1.13.0", "orthanc-dicomweb": "1.24"}

_REGISTRY_SECONDS = 5  # a registry that has not answered by then counts as out of reach


class ImageError(Exception):
    """An image cannot be had or built; the text holds what the tool said, or what to install."""


def upstream() -> str:
    """The name of upstream's image that docker/Dockerfile pins."""
    dockerfile = Path(__file__).parents[1] / "docker/Dockerfile"
    pinned = re.search(r"^ARG ORTHANC_IMAGE=(\S+)$", dockerfile.read_text(), re.MULTILINE)
    if not pinned:
        raise ImageError(f"{dockerfile} has no line ARG ORTHANC_IMAGE=…")
    return pinned[1]


def ensure_orthanc_base(log: Log, image: str = "") -> str:
    """The base to build on in place of `image` (default: the pinned one): itself where it can be had.

    Elsewhere Debian's next release stands in for it; for an older version Debian's stable one does.
    """
    image = image or upstream()
    return image if _pulled(image, log) else ensure_stand_in(log, image)


def ensure_stand_in(log: Log, image: str = "") -> str:
    """The image that stands in for `image` (default: the pinned one), whether that can be had or not."""
    image = image or upstream()
    ohif = ensure_ohif_image(log)
    what = f"a stand-in for {image}, which is out of reach, from Debian's Orthanc"
    if _version(image) < _version(upstream()):
        return _ensure_built("orthanc", STABLE, log, what, OHIF=ohif)
    least = " ".join(f"{package}={version}" for package, version in PINNED.items())
    return _ensure_built("orthanc", NEXT, log, what, OHIF=ohif, LEAST=least)


def _version(image: str) -> list[int]:
    """The numbers of an image's tag; of one without numbers more than any."""
    return [int(number) for number in re.findall(r"\d+", image.rpartition(":")[2].partition("@")[0])] or [10**9]


def ensure_ohif_image(log: Log) -> str:
    """The image that holds the viewer OHIF in /ohif, and nothing to run."""
    return _ensure_built("ohif", STABLE, log, "OHIF from npm's package")


def ensure_services_image(log: Log) -> str:
    """The image with PostgreSQL (command `postgresql`, see base/services/postgresql.sh) and socat."""
    return _ensure_built("services", STABLE, log, "the image that plays RDS and relays to the emulated AWS")


def ensure_browser_image(log: Log) -> str:
    """The image with Chromium, which takes its addresses and options as arguments."""
    return _ensure_built("browser", STABLE, log, "the image with a browser")


def ensure_dcmtk_image(log: Log) -> str:
    """The image with DCMTK's programs, such as findscu."""
    return _ensure_built("dcmtk", STABLE, log, "the image with DCMTK's programs")


def docker(*arguments: str, **options: str) -> str:
    """Run docker and give what it printed. Raises ImageError with what it complained about."""
    environment = os.environ | options
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise ImageError(f"docker {arguments[0]}: {(done.stdout + done.stderr).strip()[-4000:]}")
    return done.stdout.strip()


def exists(image: str) -> bool:
    """Whether this machine's docker has the image."""
    return not subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False).returncode


def _ensure_built(name: str, suite: str, log: Log, what: str, **arguments: str) -> str:
    """The image of base/`name` on a Debian release; its tag is its content, so that a change is a new image."""
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
    """A release of Debian, which images are built on."""
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
            # The script of sid serves every release; an older debootstrap does not know the newest ones by name.
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
    """Two workspaces that start together build an image once."""
    with (cache() / "images.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
