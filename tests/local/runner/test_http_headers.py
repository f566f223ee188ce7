"""Headers and cookies on the way through the edge."""

from typing import Any

import pytest

from local.runner import http_headers

TARGETS = [("172.18.0.4", 8042), ("172.18.0.5", 8042)]
SITE = "https://viewer.example.org"


def test_a_task_sees_the_public_name_and_the_viewer():
    sent = {
        "Host": "127.0.0.1:20002",
        "Connection": "keep-alive",
        "Transfer-Encoding": "chunked",
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Proto": "https",
        "Authorization": "Basic abc",
    }
    assert dict(http_headers.to_task(sent, "127.0.0.1", "archive.example.org", "http", 80)) == {
        "Host": "archive.example.org",
        "X-Forwarded-For": "203.0.113.7, 127.0.0.1",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Port": "80",
        "Authorization": "Basic abc",
    }


def test_repeated_headers_stay_repeated():
    both = [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
    assert http_headers.end_to_end([*both, ("Keep-Alive", "timeout=1"), ("ETag", "x")], without=["etag"]) == both


def test_the_cookie_leads_back_to_its_task_as_long_as_it_is_there():
    for target in TARGETS:
        cookie = http_headers.cookie_of(target)
        assert [http_headers.choose(TARGETS, cookie, turn) for turn in range(3)] == [target] * 3
        assert http_headers.choose([("172.18.0.9", 8042)], cookie, 0) == ("172.18.0.9", 8042)


def test_without_a_cookie_each_task_has_its_turn():
    assert [http_headers.choose(TARGETS, None, turn) for turn in range(3)] == [TARGETS[0], TARGETS[1], TARGETS[0]]


@pytest.mark.parametrize(
    ("cookies", "found"),
    [({}, None), ({"AWSALB": "a"}, "a"), ({"AWSALBCORS": "b"}, "b"), ({"AWSALB": "a", "AWSALBCORS": "b"}, "a")],
)
def test_either_cookie_leads_back(cookies: dict[str, str], found: str | None):
    assert http_headers.sticky(cookies) == found


def test_the_second_cookie_works_across_sites():
    (_, first), (_, second) = http_headers.sticky_cookies(TARGETS[0], 3600)
    assert first == f"AWSALB={http_headers.cookie_of(TARGETS[0])}; Max-Age=3600; Path=/"
    assert second.startswith("AWSALBCORS=") and second.endswith("; SameSite=None; Secure")


def cors(*origins: str, credentials: bool = True) -> dict[str, Any]:
    return {
        "CorsConfig": {
            "AccessControlAllowOrigins": {"Items": list(origins)},
            "AccessControlAllowCredentials": credentials,
            "AccessControlExposeHeaders": {"Items": ["ETag", "Content-Range"]},
            "OriginOverride": True,
        }
    }


CUSTOM = {
    "CustomHeadersConfig": {
        "Items": [
            {"Header": "X-A", "Value": "1", "Override": False},
            {"Header": "X-B", "Value": "2", "Override": True},
        ]
    }
}
SECURITY = {
    "SecurityHeadersConfig": {
        "StrictTransportSecurity": {"AccessControlMaxAgeSec": 60, "IncludeSubdomains": True, "Override": True},
        "ContentTypeOptions": {"Override": True},
        "FrameOptions": {"FrameOption": "SAMEORIGIN", "Override": True},
        "ReferrerPolicy": {"ReferrerPolicy": "same-origin", "Override": True},
    }
}
SECURE = {
    "Strict-Transport-Security": "max-age=60; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
}
ALLOWED = {"Access-Control-Allow-Origin": SITE, "Access-Control-Expose-Headers": "ETag, Content-Range"}


@pytest.mark.parametrize(
    ("policy", "origin", "expected"),
    [
        ({}, SITE, {}),
        (cors(SITE), None, {}),
        (cors(SITE), "https://elsewhere.example.org", {}),
        (cors(SITE), SITE, ALLOWED | {"Access-Control-Allow-Credentials": "true"}),
        (cors("*", credentials=False), SITE, ALLOWED),
        (CUSTOM, None, {"X-A": "1", "X-B": "2"}),
        (SECURITY, None, SECURE),
        (cors(SITE) | SECURITY, SITE, ALLOWED | {"Access-Control-Allow-Credentials": "true"} | SECURE),
    ],
)
def test_response_headers_policies(policy: dict[str, Any], origin: str | None, expected: dict[str, str]):
    assert http_headers.policy_headers(policy, origin) == expected


def test_what_does_not_override_gives_way_to_the_origin():
    assert http_headers.policy_headers(CUSTOM, None, ["x-a", "x-b"]) == {"X-B": "2"}
