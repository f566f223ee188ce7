"""What a CloudFront function is told of a request, and what may become of what it makes."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from multidict import CIMultiDict

from local.runner import viewer_events
from local.runner.viewer_events import InvalidResultError, Request

HEADERS: CIMultiDict[str] = CIMultiDict(
    [
        ("Host", "archive.example.org"),
        ("Accept", "application/json"),
        ("ACCEPT", "text/html"),
        ("Cookie", "a=1; b=2"),
        ("Cookie", "a=3"),
        ("Connection", "keep-alive"),
        ("X-Forwarded-Proto", "https"),
        ("Content-Length", "3"),
    ]
)
REQUEST = Request("POST", "/studies/a%20b?x=1&y&x=%26_method=delete&z=a=b", HEADERS)
TOLD = viewer_events.event(REQUEST, "192.0.2.1", "d1.cloudfront.net", "E1")


def test_the_event_is_as_the_developer_guide_shows_it():
    assert TOLD["viewer"] == {"ip": "192.0.2.1"} and TOLD["version"] == "1.0"
    assert TOLD["context"]["eventType"] == "viewer-request" and TOLD["context"]["distributionId"] == "E1"
    assert TOLD["request"] == {
        "method": "POST",
        "uri": "/studies/a%20b",
        "querystring": {
            "x": {"value": "1", "multiValue": [{"value": "1"}, {"value": "%26_method=delete"}]},
            "y": {"value": ""},
            "z": {"value": "a=b"},
        },
        "headers": {
            "host": {"value": "archive.example.org"},
            "accept": {
                "value": "application/json",
                "multiValue": [{"value": "application/json"}, {"value": "text/html"}],
            },
            "content-length": {"value": "3"},
        },
        "cookies": {"a": {"value": "1", "multiValue": [{"value": "1"}, {"value": "3"}]}, "b": {"value": "2"}},
    }


@pytest.mark.parametrize(("target", "raw"), [("/", None), ("/?", ""), ("/?a?b", "a?b"), ("/?%26&", "%26&")])
def test_the_raw_query_is_what_came(target: str, raw: str | None):
    assert viewer_events.raw_query(target) == raw


def after(change: Callable[[dict[str, Any]], object]) -> Request:
    made = copy.deepcopy(TOLD["request"])
    change(made)
    return viewer_events.changed(REQUEST, TOLD["request"], made)


def test_what_a_function_leaves_alone_goes_on_as_it_came():
    passed = after(lambda made: None)
    assert passed.method == "POST" and passed.target == REQUEST.target
    assert sorted((name.lower(), value) for name, value in passed.headers.items()) == sorted(
        (name.lower(), value) for name, value in HEADERS.items()
    )


def test_a_function_changes_headers_cookies_query_and_path():
    passed = after(
        lambda made: (
            made["headers"].update({"x-new": {"value": "1"}, "accept": {"value": "*/*"}}),
            made.update(uri="/other", cookies={"c": {"value": "4"}}),
            made["querystring"].pop("x"),
        )
    )
    assert passed.target == "/other?y=&z=a=b"
    assert passed.headers.getall("Accept") == ["*/*"] and passed.headers["X-New"] == "1"
    assert passed.headers.getall("Cookie") == ["c=4"]
    without = after(lambda made: (made["querystring"].clear(), made["headers"].pop("accept")))
    assert without.target == "/studies/a%20b" and "Accept" not in without.headers


def test_of_repeated_values_a_change_of_one_leaves_the_others():
    def change(value: str, values: list[str]) -> Callable[[dict[str, Any]], object]:
        several = [{"value": each} for each in values]
        return lambda made: made["headers"].update(accept={"value": value, "multiValue": several})

    both = ["application/json", "text/html"]
    assert after(change("*/*", both)).headers.getall("Accept") == ["*/*", "text/html"]
    assert after(change("ignored", ["a", "b", "c"])).headers.getall("Accept") == ["a", "b", "c"]


@pytest.mark.parametrize(
    "change",
    [
        lambda made: made.update(method="GET"),
        lambda made: made.update(uri="studies"),
        lambda made: made["headers"].update(host={"value": "other"}),
        lambda made: made["headers"].pop("content-length"),
        lambda made: made["headers"].update({"X-New": {"value": "1"}}),
        lambda made: made["headers"].update({"x-edge-mark": {"value": "1"}}),
        lambda made: made["headers"].update(connection={"value": "close"}),
        lambda made: made["headers"].update(cookie={"value": "a=1"}),
    ],
)
def test_what_cloudfront_does_not_accept_is_refused(change: Callable[[dict[str, Any]], object]):
    with pytest.raises(InvalidResultError):
        after(change)
