"""The edge of a running deployment: by address, by rate, by the page that asks; and under a name of its own."""

import pytest
import requests
from requests.adapters import HTTPAdapter

from tests.data.archive import Archive
from tests.data.conftest import RATE_LIMIT, SITE
from tests.data.files import new_file

# WAF sees the viewer's address, and loopback has many: 127.0.0.0/29 is let in.
LISTED, UNLISTED = ("127.0.0.2", "127.0.0.7"), ("127.0.0.8", "127.1.0.1")
ELSEWHERE = "https://elsewhere.example.org"
ASKS = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization"}


class _Bound(HTTPAdapter):
    def __init__(self, address: str):
        self._address = address
        super().__init__()

    def init_poolmanager(self, *args: object, **options: object) -> None:
        super().init_poolmanager(*args, **options, source_address=(self._address, 0))  # type: ignore[arg-type]


def viewer(archive: Archive, address: str, *, logged_in: bool = True) -> requests.Session:
    """A viewer at this address."""
    session = requests.Session()
    session.mount("http://", _Bound(address))
    session.auth = archive.session.auth if logged_in else None
    return session


@pytest.mark.parametrize(("address", "status"), [*((a, 200) for a in LISTED), *((a, 403) for a in UNLISTED)])
def test_who_is_not_listed_is_shut_out_whatever_he_knows(on_efs: Archive, address: str, status: int):
    with viewer(on_efs, address) as session:
        assert session.get(f"{on_efs.url}/system", timeout=30).status_code == status
        if status == 403:
            assert session.post(f"{on_efs.url}/instances", data=b"x", timeout=30).status_code == 403
            assert session.options(f"{on_efs.url}/studies", timeout=30).status_code == 403


def test_who_asks_too_often_has_to_wait_and_nobody_else(on_efs: Archive):
    with viewer(on_efs, "127.0.0.5", logged_in=False) as often, viewer(on_efs, "127.0.0.6") as seldom:
        asked = {"Origin": SITE, **ASKS}  # which the edge answers itself, so that this is quick
        statuses = [
            often.options(f"{on_efs.url}/", headers=asked, timeout=30).status_code for _ in range(RATE_LIMIT)
        ]
        assert set(statuses) == {204}
        assert often.options(f"{on_efs.url}/", headers=asked, timeout=30).status_code == 403
        assert seldom.get(f"{on_efs.url}/system", timeout=30).status_code == 200


@pytest.mark.parametrize("path", ["/system", "/ui/app/", "/dicom-web/studies", "/absent"])
@pytest.mark.parametrize("logged_in", [True, False])
def test_every_answer_has_the_security_headers(on_efs: Archive, path: str, logged_in: bool):
    auth = on_efs.session.auth if logged_in else None
    headers = requests.get(f"{on_efs.url}{path}", auth=auth, timeout=30).headers
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in headers, "whoever asks is told that he may"


def test_a_listed_page_may_call_with_credentials(on_efs: Archive):
    preflight = requests.options(f"{on_efs.url}/instances", headers={"Origin": SITE, **ASKS}, timeout=30)
    assert preflight.status_code == 204, "a browser never sends credentials with it"
    assert preflight.headers["Access-Control-Allow-Origin"] == SITE
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    answer = on_efs.session.get(f"{on_efs.url}/system", headers={"Origin": SITE}, timeout=30)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == SITE, "the browser keeps the answer from the page"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"


@pytest.mark.parametrize("origin", [ELSEWHERE, "null", f"{SITE}.elsewhere.example.org"])
@pytest.mark.parametrize("method", ["OPTIONS", "GET", "POST"])
def test_another_page_is_refused_even_with_the_users_password(on_efs: Archive, origin: str, method: str):
    asked = {"Origin": origin, **(ASKS if method == "OPTIONS" else {})}
    answer = on_efs.session.request(method, f"{on_efs.url}/tools/now", headers=asked, timeout=30)
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_archives_own_pages_may_send(on_efs: Archive):
    for origin in (on_efs.url, on_efs.public_url):
        headers = {"Origin": origin, "Host": origin.partition("//")[2]}
        file = new_file("MR_small.dcm")
        answer = on_efs.session.post(f"{on_efs.url}/instances", data=file, headers=headers, timeout=60)
        assert answer.status_code == 200, "the user interface cannot upload"


def test_under_an_own_name(on_efs: Archive):
    """The last: it turns the deployment to a name of its own, with certificate, records and HTTPS to the tasks."""
    embedded, before = on_efs.embedded, on_efs.public_url.partition("//")[2]
    made = embedded.client("route53").create_hosted_zone(Name="example.org", CallerReference="1")["HostedZone"]
    embedded.configure(domainName="archive.example.org", hostedZoneId=made["Id"].rpartition("/")[2])
    embedded.changes()
    assert on_efs.public_url == "https://archive.example.org"
    file = new_file("CT_small.dcm")
    on_efs.eventually(lambda: on_efs.get("/system"), "the archive does not answer under its new name")
    assert on_efs.get(f"/instances/{on_efs.store(file)}/file").content == file
    links = [study["00081190"]["Value"][0] for study in on_efs.get("/dicom-web/studies").json()]
    assert links and all(link.startswith("https://archive.example.org/dicom-web/") for link in links)

    def asked(host: str) -> int:
        return on_efs.session.get(f"{on_efs.url}/system", headers={"Host": host}, timeout=30).status_code

    assert asked("archive.example.org") == 200
    assert asked("other.example.org") == 403, "CloudFront knows no such name"
    assert asked(before) == 502, "the load balancer's certificate does not cover the distribution's own name"
