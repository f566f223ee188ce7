"""How CloudFront and the load balancer change the headers of requests and responses: pure."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from local.runner.documents import Document

Headers = list[tuple[str, str]]
Target = tuple[str, int]

STICKY_COOKIE = "AWSALB"

# Headers that belong to one connection, not to the message (RFC 9110, 7.6.1).
_HOP_BY_HOP = {"connection", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}


def end_to_end(headers: Iterable[tuple[str, str]], *, without: Iterable[str] = ()) -> Headers:
    """The headers that a proxy forwards, except those in `without`."""
    drop = _HOP_BY_HOP.union(name.lower() for name in without)
    return [(name, value) for name, value in headers if name.lower() not in drop]


def to_task(headers: Mapping[str, str], viewer: str, host: str, protocol: str, port: int) -> Headers:
    """The headers of the viewer that a task receives through a load balancer that listens on `port`.

    The load balancer adds the `protocol` of its own listener (ELB user guide, "X-Forwarded headers").
    """
    proxies = ", ".join(filter(None, (headers.get("X-Forwarded-For"), viewer)))
    own = {"Host": host, "X-Forwarded-For": proxies, "X-Forwarded-Proto": protocol}
    own["X-Forwarded-Port"] = str(port)
    return [*end_to_end(headers.items(), without=own), *own.items()]


def cookie_of(target: Target) -> str:
    """The value of the stickiness cookie for `target`."""
    return hashlib.sha256(f"{target}".encode()).hexdigest()


def sticky(cookies: Mapping[str, str]) -> str | None:
    """The stickiness cookie of a request; from a frame on another site, a browser sends only the second one."""
    return cookies.get(STICKY_COOKIE) or cookies.get(f"{STICKY_COOKIE}CORS")


def choose(targets: Sequence[Target], cookie: str | None, turn: int) -> Target:
    """The target of the cookie, if it still exists, or the next one in turn."""
    return next((target for target in targets if cookie_of(target) == cookie), targets[turn % len(targets)])


def sticky_cookies(target: Target, seconds: int) -> Headers:
    """The cookies in a load balancer's response: for its own site, and for requests across sites."""
    value = f"={cookie_of(target)}; Max-Age={seconds}; Path=/"
    both = (f"{STICKY_COOKIE}{value}", f"{STICKY_COOKIE}CORS{value}; SameSite=None; Secure")
    return [("Set-Cookie", cookie) for cookie in both]


def policy_headers(policy: Document, origin: str | None, answered: Collection[str] = ()) -> dict[str, str]:
    """The headers with which a response headers policy (its configuration) replaces those of the origin.

    `origin` is the viewer's Origin header; without it, CloudFront adds no CORS headers. The headers in `answered`,
    from the response of the origin, are kept unless the policy overrides them.
    """
    there = {name.lower() for name in answered}
    return {
        name: value
        for name, value, override in (*_custom(policy), *_security(policy), *_cors(policy, origin))
        if value and (override or name.lower() not in there)
    }


_Added = Iterator[tuple[str, str, bool]]


def _custom(policy: Document) -> _Added:
    for each in policy.get("CustomHeadersConfig", {}).get("Items", []):
        yield each["Header"], each["Value"], each["Override"]


def _security(policy: Document) -> _Added:
    config = policy.get("SecurityHeadersConfig", {})
    if transport := config.get("StrictTransportSecurity"):
        parts = [f"max-age={transport['AccessControlMaxAgeSec']}"]
        parts += ["includeSubDomains"] if transport.get("IncludeSubdomains") else []
        parts += ["preload"] if transport.get("Preload") else []
        yield "Strict-Transport-Security", "; ".join(parts), transport["Override"]
    if sniffing := config.get("ContentTypeOptions"):
        yield "X-Content-Type-Options", "nosniff", sniffing["Override"]
    values = {
        "FrameOptions": ("X-Frame-Options", "FrameOption"),
        "ReferrerPolicy": ("Referrer-Policy", "ReferrerPolicy"),
        "ContentSecurityPolicy": ("Content-Security-Policy", "ContentSecurityPolicy"),
    }
    for section, (header, key) in values.items():
        if section in config:
            yield header, config[section][key], config[section]["Override"]


def _cors(policy: Document, origin: str | None) -> _Added:
    cors = policy.get("CorsConfig")
    if cors and origin and {origin, "*"}.intersection(cors["AccessControlAllowOrigins"]["Items"]):
        override = cors["OriginOverride"]
        exposed = cors.get("AccessControlExposeHeaders", {}).get("Items", [])
        yield "Access-Control-Allow-Origin", origin, override
        yield "Access-Control-Allow-Credentials", "true" * cors["AccessControlAllowCredentials"], override
        yield "Access-Control-Expose-Headers", ", ".join(exposed), override
