"""The edge of a running deployment: by address, by rate, by the page that asks; and under a name of its own."""

import http.client
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from requests.auth import _basic_auth_str

from local.emulator_process import wait_until
from tests.browser import Browser, site
from tests.data.archive import PATIENCE_SECONDS, Archive
from tests.data.conftest import PORTAL, RATE_LIMIT, SITE
from tests.data.files import as_new_study, content, new_file, parsed, written

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
    assert headers["Content-Security-Policy"] == f"frame-ancestors 'self' {PORTAL}"
    assert "X-Frame-Options" not in headers, "some browsers would show the listed site nothing"
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


def patient(archive: Archive, number: str) -> str:
    """Store a file of a patient with this number; answers Orthanc's id of the patient."""
    dataset = as_new_study(parsed(content("MR_small.dcm")))
    dataset.PatientID = number
    return archive.get(f"/instances/{archive.store(written(dataset))}/patient").json()["ID"]


def status_as_it_is(archive: Archive, target: str) -> int:
    """GET of a target whose escapes stay as they are; requests undoes those that are not needed."""
    connection = http.client.HTTPConnection(archive.url.rpartition("/")[2], timeout=30)
    connection.request("GET", target, headers={"Authorization": _basic_auth_str(*archive.session.auth)})  # type: ignore[misc]
    return connection.getresponse().status


# How a request says that it means another method than it has. The edge function's unit tests have all spellings.
OVERRIDES = [
    *(
        "_method=delete",
        "%5Fmethod=delete",
        "_%6dethod=DELETE",
        "x=1&_method=delete",
        "_method=get&_method=delete",
    ),
    *("x=1%26_method=delete", "x=1%26_method%3Ddelete", "_method%3Ddelete", "%255Fmethod=delete"),
]


def test_no_request_is_deleted_that_has_another_method(on_efs: Archive):
    number = patient(on_efs, "OVERRIDE-1")
    url = f"{on_efs.url}/patients/{number}"
    for query in OVERRIDES:
        assert status_as_it_is(on_efs, f"/patients/{number}?{query}") == 403, query
    for method in ("GET", "POST", "PUT"):
        header = {"X-HTTP-Method-Override": "DELETE"}
        assert on_efs.session.request(method, url, headers=header, timeout=30).status_code == 403, method
    assert on_efs.get(f"/patients/{number}").json()["ID"] == number
    assert on_efs.session.delete(url, timeout=30).status_code == 200, "nobody can delete any more"


def test_the_balancer_forwards_nothing_that_the_function_has_not_seen(on_efs: Archive):
    """Another distribution before the same load balancer would come without the function."""
    cloudfront = on_efs.embedded.client("cloudfront")
    [listed] = cloudfront.list_distributions()["DistributionList"]["Items"]

    def associate(functions: dict[str, Any]) -> dict[str, Any]:
        found = cloudfront.get_distribution_config(Id=listed["Id"])
        behavior = found["DistributionConfig"]["DefaultCacheBehavior"]
        before, behavior["FunctionAssociations"] = behavior["FunctionAssociations"], functions
        cloudfront.update_distribution(
            Id=listed["Id"], IfMatch=found["ETag"], DistributionConfig=found["DistributionConfig"]
        )
        return before

    def status() -> int:
        return on_efs.session.get(f"{on_efs.url}/system", timeout=30).status_code

    before = associate({"Quantity": 0})
    try:
        on_efs.eventually(lambda: status() == 403, "a request reaches Orthanc that nobody has looked at")
    finally:
        associate(before)
    on_efs.eventually(lambda: status() == 200, "the archive does not answer any more")


def test_a_link_of_another_site_deletes_nothing_and_the_user_interface_does(on_efs: Archive):
    number = patient(on_efs, "CSRF-1")
    target = f"{on_efs.url}/patients/{number}"
    link = "<a href='{}'>holiday pictures</a><script>location = document.links[0].href</script>"
    pages = {"/look": link.format(target)} | {
        f"/{query}": link.format(f"{target}?{query}") for query in ("_method=delete", "x=1%26_method=delete")
    }
    with site(pages) as elsewhere, Browser(on_efs) as browser:
        browser.remember()
        browser.visit(f"{elsewhere}/look")
        browser.wait_for("document.body.innerText.includes('CSRF-1')")  # so the browser sends the password
        for page in pages.keys() - {"/look"}:
            browser.visit(f"{elsewhere}{page}")
            browser.wait_for("document.body.innerText.includes('cannot be overridden')")
        assert on_efs.get(f"/patients/{number}").json()["ID"] == number, "a link of any page deletes a patient"
        browser.open(f"/app/explorer.html#patient?uuid={number}")
        browser.wait_for("document.body && document.body.innerText.includes('CSRF-1')")
        browser.click("document.querySelector('#patient-delete')")
        browser.click("[...document.querySelectorAll('a')].find(each => each.innerText.trim() === 'OK')")
        on_efs.eventually(
            lambda: on_efs.session.get(target, timeout=30).status_code == 404, "the user interface deletes nothing"
        )


def test_only_a_listed_site_shows_the_archive_in_its_page(on_efs: Archive):
    page = {"/": f"<p>portal</p><iframe src='{on_efs.url}/app/explorer.html'></iframe>"}
    port = int(PORTAL.rpartition(":")[2])
    with site(page, port) as listed, site(page) as unlisted, Browser(on_efs) as browser:
        assert listed == PORTAL

        def shows(origin: str) -> bool:
            browser.visit(f"{origin}/")
            assert wait_until(lambda: any(browser.framed()), PATIENCE_SECONDS), "the frame stays empty"
            return any("Lookup studies" in text for text in browser.framed())

        assert shows(listed)
        assert not shows(unlisted), "any page can lay the archive under its own buttons"


def test_a_long_list_of_frames_passes_the_firewall(on_efs: Archive):
    frames = ",".join(map(str, range(1, 301)))
    path = f"/dicom-web/studies/{'1' * 64}/series/{'2' * 64}/instances/{'3' * 64}/frames/{frames}"
    assert len(path) > 1024
    answer = on_efs.session.get(f"{on_efs.url}{path}", timeout=30)
    assert answer.status_code == 404, f"WAF's size rules stop a viewer: {answer.text}"
    query = "&".join(f"includefield={number:08x}" for number in range(200))
    assert on_efs.session.get(f"{on_efs.url}/dicom-web/studies?{query}", timeout=60).status_code == 200
    cookie = {"Cookie": "a=" + "x" * 10239}
    assert on_efs.session.get(f"{on_efs.url}/system", headers=cookie, timeout=30).status_code == 403


def test_under_an_own_name(on_efs: Archive):
    """The last: it turns the deployment to a name of its own, with certificate, records and HTTPS to the tasks."""
    embedded, before = on_efs.embedded, on_efs.public_url.partition("//")[2]
    made = embedded.client("route53").create_hosted_zone(Name="example.org", CallerReference="1")["HostedZone"]
    on_efs.deploy(domainName="archive.example.org", hostedZoneId=made["Id"].rpartition("/")[2])
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
