"""What CloudFront and the load balancer do to the headers of requests and answers: pure."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from local.runner.documents import Document

Headers = list[tuple[str, str]]
Target = tuple[str, int]

STICKY_COOKIE = "AWSALB"

# They belong to one connection, not to the message (RFC 9110, 7.6.1).
_HOP_BY_HOP = {"connection", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}


def end_to_end(headers: Iterable[tuple[str, str]], *, without: Iterable[str] = ()) -> Headers:
    """The headers that a proxy hands on, but those named."""
    drop = _HOP_BY_HOP.union(name.lower() for name in without)
    return [(name, value) for name, value in headers if name.lower() not in drop]


def to_task(headers: Mapping[str, str], viewer: str, host: str, port: int) -> Headers:
    """What a task gets of the viewer's headers, through a load balancer listening on `port`.

    The balancer names the protocol of its own listener (ELB user guide, "X-Forwarded headers").
    """
    proxies = ", ".join(filter(None, (headers.get("X-Forwarded-For"), viewer)))
    own = {"Host": host, "X-Forwarded-For": proxies, "X-Forwarded-Proto": "http", "X-Forwarded-Port": str(port)}
    return [*end_to_end(headers.items(), without=own), *own.items()]


def cookie_of(target: Target) -> str:
    """The value of the stickiness cookie that leads back to `target`."""
    return hashlib.sha256(f"{target}".encode()).hexdigest()


def choose(targets: Sequence[Target], cookie: str | None, turn: int) -> Target:
    """The target that the cookie names, if it is still there, else the next one in turn."""
    return next((target for target in targets if cookie_of(target) == cookie), targets[turn % len(targets)])


def sticky_cookies(target: Target, seconds: int) -> Headers:
    """The cookies of a load balancer's answer: for its own site, and for requests across sites."""
    value = f"={cookie_of(target)}; Max-Age={seconds}; Path=/"
    both = (f"{STICKY_COOKIE}{value}", f"{STICKY_COOKIE}CORS{value}; SameSite=None; Secure")
    return [("Set-Cookie", cookie) for cookie in both]


def policy_headers(policy: Document, origin: str | None) -> dict[str, str]:
    """What a response headers policy (its configuration) puts in place of the origin's headers: custom and CORS.

    `origin` is the viewer's Origin header; without it CloudFront adds nothing for CORS.
    """
    added = {each["Header"]: each["Value"] for each in policy.get("CustomHeadersConfig", {}).get("Items", [])}
    cors = policy.get("CorsConfig")
    if cors and origin and {origin, "*"}.intersection(cors["AccessControlAllowOrigins"]["Items"]):
        exposed = cors.get("AccessControlExposeHeaders", {}).get("Items", [])
        credentials = "true" if cors["AccessControlAllowCredentials"] else ""
        added |= {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": credentials,
            "Access-Control-Expose-Headers": ", ".join(exposed),
        }
    return {name: value for name, value in added.items() if value}
