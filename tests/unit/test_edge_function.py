"""The edge function in a JavaScript runtime, with events as CloudFront makes them."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from multidict import CIMultiDict

from components.ingress.browser_policy import EDGE_MARK, EDGE_MARK_VALUE, METHODS, edge_function
from local.emulator.overlay.cloudfront import FUNCTION_SIZE
from local.runner import viewer_events
from local.runner.viewer_function import ViewerFunction

ALLOWED = ("https://viewer.example.org", "https://viewer.example.org:8443", "http://localhost:3000")
HOST = "archive.example.org"
ASKS = {"access-control-request-method": "PUT", "access-control-request-headers": "authorization"}
QUERY = "PatientName=A*&includefield=a&includefield=b"


def asked(
    method: str, headers: dict[str, str], query: str | None = QUERY, repeated: Mapping[str, list[str]] = {}
) -> viewer_events.Request:
    """A viewer's request with these headers; `repeated` ones come several times."""
    usual = {"host": HOST, "user-agent": "Mozilla/5.0", "authorization": "Basic YQ==", "cookie": "AWSALB=x"}
    named = usual | headers
    every = CIMultiDict([*named.items(), *((name, value) for name in repeated for value in repeated[name])])
    return viewer_events.Request(method, "/dicom-web/studies" + ("" if query is None else f"?{query}"), every)


def run(requests: Iterable[viewer_events.Request]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each request as the function is told of it, and what it makes of it, one after the other in one process."""

    async def each() -> list[tuple[dict[str, Any], dict[str, Any]]]:
        function, code, made = ViewerFunction(), edge_function(ALLOWED), []
        for request in requests:
            told = viewer_events.event(request, "192.0.2.1", "d1.cloudfront.net", "E1")
            answer = await function.run(code, told, viewer_events.raw_query(request.target))
            made.append((told["request"], answer))
        return made

    return asyncio.run(each())


BOTH = [ALLOWED[0], "https://evil.example"]
PASSES, REFUSED, ANSWERED = None, 403, 204

EVENTS: dict[str, tuple[viewer_events.Request, int | None]] = {
    "a script, a PACS or a navigation names no origin": (asked("GET", {}), PASSES),
    "something is sent without an origin": (asked("POST", {}), PASSES),
    "a preflight without an origin is none": (asked("OPTIONS", ASKS), PASSES),
    "the archive's own page": (asked("POST", {"origin": f"https://{HOST}"}), PASSES),
    "the archive's own page, over HTTP": (asked("POST", {"origin": f"http://{HOST}"}), REFUSED),
    "an allowed page": (asked("GET", {"origin": ALLOWED[0]}), PASSES),
    "an allowed page sends": (asked("PUT", {"origin": ALLOWED[0]}), PASSES),
    "an allowed page's OPTIONS that is no preflight": (asked("OPTIONS", {"origin": ALLOWED[0]}), PASSES),
    "an allowed page's preflight": (asked("OPTIONS", {"origin": ALLOWED[0], **ASKS}), ANSWERED),
    "an allowed page with a port": (asked("OPTIONS", {"origin": ALLOWED[1], **ASKS}), ANSWERED),
    "an allowed page on this machine": (asked("OPTIONS", {"origin": ALLOWED[2], **ASKS}), ANSWERED),
    "another port of an allowed host": (asked("OPTIONS", {"origin": f"{ALLOWED[0]}:444", **ASKS}), REFUSED),
    "another page's preflight": (asked("OPTIONS", {"origin": "https://evil.example", **ASKS}), REFUSED),
    "another page reads": (asked("GET", {"origin": "https://evil.example"}), REFUSED),
    "another page's form, with the user's password": (asked("POST", {"origin": "https://evil.example"}), REFUSED),
    "a host that begins as an allowed one": (asked("GET", {"origin": f"{ALLOWED[0]}.evil.example"}), REFUSED),
    "a host that ends as an allowed one": (asked("GET", {"origin": "https://x.viewer.example.org"}), REFUSED),
    "an allowed page over HTTP": (asked("GET", {"origin": "http://viewer.example.org"}), REFUSED),
    "a sandboxed frame or a file": (asked("GET", {"origin": "null"}), REFUSED),
    "an origin without a name": (asked("GET", {"origin": ""}), REFUSED),
    "capitals, which no browser writes": (asked("GET", {"origin": "https://VIEWER.example.org"}), REFUSED),
    "any page": (asked("OPTIONS", {"origin": "*", **ASKS}), REFUSED),
    "two origins, the first allowed": (asked("GET", {}, repeated={"origin": BOTH}), REFUSED),
    "two origins, the second allowed": (asked("GET", {}, repeated={"origin": BOTH[::-1]}), REFUSED),
    "two origins, the archive's own first": (
        asked("POST", {}, repeated={"origin": [f"https://{HOST}", "null"]}),
        REFUSED,
    ),
}


Made = dict[str, tuple[dict[str, Any], dict[str, Any]]]


@pytest.fixture(scope="module")
def made() -> Made:
    """What the function makes of each event."""
    return dict(zip(EVENTS, run(request for request, _ in EVENTS.values()), strict=True))


def passed(told: dict[str, Any], answer: dict[str, Any]) -> bool:
    """Whether the request goes on as it came, with the mark and nothing else."""
    mark = {EDGE_MARK: {"value": EDGE_MARK_VALUE}}
    return answer == {**told, "headers": {**told["headers"], **mark}}


@pytest.mark.parametrize("name", EVENTS)
def test_who_may_call_from_a_browser(made: Made, name: str):
    expected, (told, answer) = EVENTS[name][1], made[name]
    if expected is PASSES:
        assert passed(told, answer), "the request does not reach Orthanc as it came"
        return
    assert answer["statusCode"] == expected
    headers = {key: value["value"] for key, value in answer["headers"].items()}
    assert headers.pop("vary") == "Origin", "a cache would give one site's answer to another"
    if expected == REFUSED:
        assert headers == {"content-type": "text/plain"}, "a page that is refused is told what it may do"
        return
    assert headers.pop("access-control-allow-origin") == told["headers"]["origin"]["value"], "it must be echoed"
    assert headers.pop("access-control-allow-credentials") == "true"
    assert headers.pop("access-control-allow-methods") == ", ".join(METHODS)
    assert "Authorization" in headers.pop("access-control-allow-headers")
    assert int(headers.pop("access-control-max-age")) > 0 and not headers


ENCODED = "".join(f"%{ord(letter):02X}" for letter in "_method")
OVERRIDES = [
    *("_method=delete", "_method=DELETE", "_METHOD=delete", "_method=put", "_method", "_method=", "&&_method=x"),
    *("&_method=delete", "x&_method=delete", "x=1&_method=delete", "_method=&_method=delete"),
    *("_method=get&_method=delete", "_method=%64elete", "_method=+delete", "_method=%20delete"),
    *("%5Fmethod=delete", "%5fmethod=delete", "_%6dethod=delete", "_metho%64=delete", f"{ENCODED}=delete"),
    *(f"{ENCODED.lower()}%3Ddelete", "_method%3ddelete"),
    # Orthanc decodes before it splits: what is encoded in a value, or in a name, ends it.
    *("x=1%26_method=delete", "x=1%26_method%3Ddelete", "x%26_method=delete", "x=%26%5Fmethod%3ddelete"),
    "%26_method=x",
    # Versions before 1.9.8 decode names twice.
    *("%255Fmethod=delete", "x=1%2526_method%253Ddelete", f"x=%2526{quote(ENCODED)}%253Ddelete"),
    *("x=%&_method=delete", "x=%zz&_method=delete", "x=é&_method=delete", "x=%FF&_method=delete"),
    *("%=1&%5Fmethod=delete", f"x={'a' * 4000}&_method=delete"),
    *(f"{'&' * 4000}_method=delete", f"x={'%25' * 1000}&_method=delete"),
]
ORDINARY = [
    *(None, "", "&", "=", "x=%", "x=%zz", "PatientName=A*%5EB", "StudyInstanceUID=1.2.3"),
    *("AcquisitionMethod=x", "method=delete", "x_method=delete", "_methods=1", "_method_=1", "x=_method=delete"),
    *("00100020=1&limit=5&offset=0", "x=a%3D_method", "x=%3F_method=delete", "x=%255F", "x=a+_method=b"),
    *("x=a;_method=delete", "%20_method=delete"),
]


def test_no_query_decides_the_method():
    answers = run(asked("GET", {}, query) for query in OVERRIDES)
    through = [
        q[:60] for q, (_, answer) in zip(OVERRIDES, answers, strict=True) if answer.get("statusCode") != 403
    ]
    assert not through, "a link of any page deletes a patient"


def test_ordinary_queries_pass():
    answers = run(asked("GET", {}, query) for query in ORDINARY)
    refused = [query for query, (told, answer) in zip(ORDINARY, answers, strict=True) if not passed(told, answer)]
    assert not refused


@pytest.mark.parametrize("origin", [{}, {"origin": f"https://{HOST}"}, {"origin": ALLOWED[0]}])
def test_no_header_decides_the_method(origin: dict[str, str]):
    for method in METHODS:
        for value in ("DELETE", "delete", "PUT", "", "x"):
            [(_, answer)] = run([asked(method, {"X-HTTP-Method-Override": value, **origin})])
            assert answer["statusCode"] == 403, "a request is deleted that the guard took for another"
        [(_, answer)] = run([asked(method, origin, repeated={"x-http-method-override": ["GET", "DELETE"]})])
        assert answer["statusCode"] == 403


def test_nobody_marks_a_request_himself():
    [(told, answer)] = run([asked("GET", {EDGE_MARK: "mine"})])
    assert told["headers"][EDGE_MARK] == {"value": "mine"}
    assert answer["headers"][EDGE_MARK] == {"value": EDGE_MARK_VALUE}
    [(_, answer)] = run([asked("GET", {}, repeated={EDGE_MARK: ["mine", "yours"]})])
    assert answer["headers"][EDGE_MARK] == {"value": EDGE_MARK_VALUE}


def test_the_longest_list_fits_into_a_function():
    origins = [f"https://{'x' * 63}.{'y' * 63}.{'z' * 63}.{number:02}.example.org:65535" for number in range(20)]
    assert len(edge_function(origins).encode()) < FUNCTION_SIZE, "CloudFront refuses the function"
