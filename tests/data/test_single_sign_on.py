"""The recipe of docs/how-to/single-sign-on.md: its gateway before an archive, and people who sign in there."""

import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import oidc_provider_mock
import pytest
import requests

from local import images
from local.emulator_process import wait_until
from local.images import docker
from tests.certificates import self_signed
from tests.data.archive import Archive
from tests.data.conftest import CHIEF, SITE, VIEWER
from tests.data.files import new_file
from tests.embedded import PROJECT, free_port

RECIPE = PROJECT / "examples/single-sign-on"

# What a browser says when somebody opens a page.
PAGE = {"Accept": "text/html,application/xhtml+xml"}

# Who works at the hospital, with the groups that its provider tells.
PEOPLE = {"ward@example.org": ["staff", "readers"], "head@example.org": ["readers", "radiology chiefs"]}
STRANGER = "supplier@example.org"


class Gateway(NamedTuple):
    """Where it answers, its certificate's file, and its container."""

    url: str
    trust: str
    container: str

    def opened(self) -> requests.Session:
        session = requests.Session()
        session.verify, session.trust_env = self.trust, False  # the environment's authorities would come before
        return session

    def answers(self) -> bool:
        """Whatever it says."""
        try:
            self.opened().get(self.url, timeout=5)
        except requests.ConnectionError:
            return False
        return True

    def signed_in(self, person: str) -> requests.Session:
        """A browser in which this person has signed in at the provider."""
        session = self.opened()
        asked = session.get(f"{self.url}/system", headers=PAGE, allow_redirects=False, timeout=30)
        assert asked.status_code == 302, asked.text
        granted = session.post(asked.headers["Location"], data={"sub": person}, allow_redirects=False, timeout=30)
        session.get(granted.headers["Location"], headers=PAGE, allow_redirects=False, timeout=30)
        return session


@pytest.fixture(scope="module")
def gateway(on_efs: Archive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    directory = tmp_path_factory.mktemp("gateway")
    certificate, key = self_signed("localhost")
    trust, both = directory / "trust.pem", directory / "tls.pem"
    trust.write_text(certificate)
    both.write_text(certificate + key)
    both.chmod(0o644)  # the gateway's user is not ours
    with oidc_provider_mock.run_server_in_thread() as provider:
        issuer = f"http://localhost:{provider.server_port}"
        for person, groups in (PEOPLE | {STRANGER: ["suppliers"]}).items():
            known = requests.put(f"{issuer}/users/{person}", json={"groups": groups}, timeout=30)
            known.raise_for_status()
        yield from _running(on_efs, issuer, both, str(trust))


def _running(archive: Archive, issuer: str, tls: Path, trust: str) -> Iterator[Gateway]:
    image = f"{images.PREFIX}/single-sign-on:{archive.embedded.workspace.slug}"
    debian = images.ensure_debian(print)
    docker("build", "--quiet", "--tag", image, "--build-arg", f"DEBIAN={debian}", str(RECIPE))
    port, passwords = free_port(), archive.passwords()
    environment = {
        "ARCHIVE_URL": archive.url,
        "GATEWAY_URL": f"https://localhost:{port}",
        "GATEWAY_TLS_FILE": "/run/tls.pem",
        "OIDC_ISSUER": issuer,
        "OIDC_CLIENT_ID": "archive",
        "OIDC_CLIENT_SECRET": secrets.token_urlsafe(),
        "OIDC_COOKIE_SECRET": secrets.token_urlsafe(),
        "OIDC_GROUPS_CLAIM": "groups",
        "OIDC_USER_CLAIM": "sub",
        "READER_GROUP": "readers",
        "READER_USER": VIEWER,
        "READER_PASSWORD": passwords[VIEWER],
        "FULL_GROUP": "radiology chiefs",
        "FULL_USER": CHIEF,
        "FULL_PASSWORD": passwords[CHIEF],
        "GATEWAY_PORT": str(port),
    }
    container = docker(
        *("run", "--detach", "--network=host", "--read-only", "--cap-drop=ALL", "--tmpfs=/tmp"),
        *(f"--env={name}" for name in environment),
        f"--volume={tls}:/run/tls.pem:ro",
        image,
        **environment,
    )
    try:
        gateway = Gateway(environment["GATEWAY_URL"], trust, container)
        assert wait_until(gateway.answers, 30), docker("logs", gateway.container)
        yield gateway
    finally:
        docker("rm", "--force", container)
        docker("rmi", image)


def test_nobody_passes_who_has_not_signed_in(gateway: Gateway, on_efs: Archive):
    page = gateway.opened().get(
        f"{gateway.url}/app/explorer.html", headers=PAGE, allow_redirects=False, timeout=30
    )
    assert page.status_code == 302 and "/oauth2/authorize?" in page.headers["Location"]
    for credentials in (None, ("admin", on_efs.passwords()["admin"])):
        asked = gateway.opened().get(f"{gateway.url}/system", auth=credentials, timeout=30)
        assert asked.status_code == 401, "a viewer's request without a session is let through, or sent to a page"
    forged = {"Cookie": "mod_auth_openidc_session=forged", "OIDC_CLAIM_groups": "readers"}
    assert gateway.opened().get(f"{gateway.url}/system", headers=forged, timeout=30).status_code == 401


def test_who_is_in_no_group_is_refused(gateway: Gateway):
    stranger = gateway.signed_in(STRANGER)
    assert stranger.get(f"{gateway.url}/system", headers=PAGE, timeout=30).status_code == 403


@pytest.mark.parametrize(("person", "may_store"), list(zip(PEOPLE, (False, True), strict=True)))
def test_who_has_signed_in_may_what_his_group_may(gateway: Gateway, on_efs: Archive, person: str, may_store: bool):
    browser, file = gateway.signed_in(person), new_file("CT_small.dcm")
    instance = on_efs.store(file)
    seen = browser.get(f"{gateway.url}/instances/{instance}/file", timeout=30)
    assert (seen.status_code, seen.content) == (200, file)
    # A password in the request is not what he is let through with.
    admin = ("admin", on_efs.passwords()["admin"])
    stored = browser.post(f"{gateway.url}/instances", data=new_file("MR_small.dcm"), auth=admin, timeout=30)
    assert stored.status_code == (200 if may_store else 403)
    log = docker("logs", gateway.container)
    assert re.search(rf'{person} "POST /instances" {stored.status_code} ', log), "the log does not tell who it was"


def test_pages_of_other_sites_cannot_use_the_session(gateway: Gateway):
    browser = gateway.signed_in("head@example.org")
    for origin, status in ((gateway.url, 200), ("https://elsewhere.example", 403), (SITE, 200)):
        asked = browser.get(f"{gateway.url}/system", headers={"Origin": origin}, timeout=30)
        assert asked.status_code == status, f"a page of {origin}"


def test_what_is_not_configured_is_told_all_at_once(gateway: Gateway):
    image = docker("inspect", "--format={{.Image}}", gateway.container)
    with pytest.raises(images.ImageError, match=r"not set: ARCHIVE_URL .* FULL_PASSWORD"):
        docker("run", "--rm", image)
