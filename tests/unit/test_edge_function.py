"""The edge function in a JavaScript runtime, with events as CloudFront makes them."""

import asyncio
from typing import Any

import pytest

from components.browsers import METHODS, edge_function
from local.emulator.overlay.cloudfront import FUNCTION_SIZE
from local.runner.viewer_function import ViewerFunction

ALLOWED = ("https://viewer.example.org", "https://viewer.example.org:8443", "http://localhost:3000")
HOST = "archive.example.org"
ASKS = {"access-control-request-method": "PUT", "access-control-request-headers": "authorization"}


def event(method: str, headers: dict[str, str], **repeated: list[str]) -> dict[str, Any]:
    """A viewer request: CloudFront writes names in lower case, a repeated header as multiValue and its first."""
    named = {"host": HOST, "user-agent": "Mozilla/5.0", "authorization": "Basic YQ==", **headers}
    values: dict[str, Any] = {name: {"value": value} for name, value in named.items()}
    for name, each in repeated.items():
        values[name] = {"value": each[0], "multiValue": [{"value": value} for value in each]}
    query = {"PatientName": {"value": "A*"}, "includefield": {"value": "a", "multiValue": [{"value": "a"}]}}
    return {
        "method": method,
        "uri": "/dicom-web/studies",
        "querystring": query,
        "headers": values,
        "cookies": {"AWSALB": {"value": "x"}},
    }


PASSES, REFUSED, ANSWERED = None, 403, 204

EVENTS: dict[str, tuple[dict[str, Any], int | None]] = {
    "a script, a PACS or a navigation names no origin": (event("GET", {}), PASSES),
    "something is sent without an origin": (event("POST", {}), PASSES),
    "a preflight without an origin is none": (event("OPTIONS", ASKS), PASSES),
    "the archive's own page": (event("POST", {"origin": f"https://{HOST}"}), PASSES),
    "the archive's own page, over HTTP": (event("POST", {"origin": f"http://{HOST}"}), REFUSED),
    "an allowed page": (event("GET", {"origin": ALLOWED[0]}), PASSES),
    "an allowed page sends": (event("PUT", {"origin": ALLOWED[0]}), PASSES),
    "an allowed page's OPTIONS that is no preflight": (event("OPTIONS", {"origin": ALLOWED[0]}), PASSES),
    "an allowed page's preflight": (event("OPTIONS", {"origin": ALLOWED[0], **ASKS}), ANSWERED),
    "an allowed page with a port": (event("OPTIONS", {"origin": ALLOWED[1], **ASKS}), ANSWERED),
    "an allowed page on this machine": (event("OPTIONS", {"origin": ALLOWED[2], **ASKS}), ANSWERED),
    "another port of an allowed host": (event("OPTIONS", {"origin": f"{ALLOWED[0]}:444", **ASKS}), REFUSED),
    "another page's preflight": (event("OPTIONS", {"origin": "https://evil.example", **ASKS}), REFUSED),
    "another page reads": (event("GET", {"origin": "https://evil.example"}), REFUSED),
    "another page's form, with the user's password": (event("POST", {"origin": "https://evil.example"}), REFUSED),
    "a host that begins as an allowed one": (event("GET", {"origin": f"{ALLOWED[0]}.evil.example"}), REFUSED),
    "a host that ends as an allowed one": (event("GET", {"origin": "https://x.viewer.example.org"}), REFUSED),
    "an allowed page over HTTP": (event("GET", {"origin": "http://viewer.example.org"}), REFUSED),
    "a sandboxed frame or a file": (event("GET", {"origin": "null"}), REFUSED),
    "an origin without a name": (event("GET", {"origin": ""}), REFUSED),
    "capitals, which no browser writes": (event("GET", {"origin": "https://VIEWER.example.org"}), REFUSED),
    "any page": (event("OPTIONS", {"origin": "*", **ASKS}), REFUSED),
    "two origins, the first allowed": (event("GET", {}, origin=[ALLOWED[0], "https://evil.example"]), REFUSED),
    "two origins, the second allowed": (event("GET", {}, origin=["https://evil.example", ALLOWED[0]]), REFUSED),
    "two origins, the archive's own first": (event("POST", {}, origin=[f"https://{HOST}", "null"]), REFUSED),
}


@pytest.fixture(scope="module")
def made() -> dict[str, dict[str, Any]]:
    """What the function makes of each event, one after the other in one process."""

    async def run() -> dict[str, dict[str, Any]]:
        function = ViewerFunction()
        return {name: await function.run(edge_function(ALLOWED), request) for name, (request, _) in EVENTS.items()}

    return asyncio.run(run())


@pytest.mark.parametrize("name", EVENTS)
def test_who_may_call_from_a_browser(made: dict[str, dict[str, Any]], name: str):
    request, expected = EVENTS[name]
    answer = made[name]
    if expected is PASSES:
        assert answer == request, "the request does not reach Orthanc as it came"
        return
    assert answer["statusCode"] == expected
    headers = {key: value["value"] for key, value in answer["headers"].items()}
    assert headers.pop("vary") == "Origin", "a cache would give one site's answer to another"
    if expected == REFUSED:
        assert not headers, "a page that is refused is told what it may do"
        return
    assert headers.pop("access-control-allow-origin") == request["headers"]["origin"]["value"], "it must be echoed"
    assert headers.pop("access-control-allow-credentials") == "true"
    assert headers.pop("access-control-allow-methods") == ", ".join(METHODS)
    assert "Authorization" in headers.pop("access-control-allow-headers")
    assert int(headers.pop("access-control-max-age")) > 0 and not headers


def test_the_longest_list_fits_into_a_function():
    origins = [f"https://{'x' * 63}.{'y' * 63}.{'z' * 63}.{number:02}.example.org:65535" for number in range(20)]
    assert len(edge_function(origins).encode()) < FUNCTION_SIZE, "CloudFront refuses the function"
