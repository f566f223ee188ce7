"""The event of a viewer's request for a CloudFront function, and the results that it may return: pure.

CloudFront Developer Guide, "Event structure", and "Restrictions on edge functions" for the headers.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from multidict import CIMultiDict

Fields = dict[str, Any]

# Headers that a function can read, but not change.
_READ_ONLY = {"content-length", "host", "transfer-encoding", "via"}
# Headers that a function cannot read or add.
_HIDDEN = ("connection", "expect", "keep-alive", "proxy-", "trailer", "upgrade", "x-accel-", "x-amz-cf-")
_HIDDEN += ("x-amzn-", "x-cache", "x-edge-", "x-forwarded-proto", "x-real-ip")


class InvalidResultError(Exception):
    """A function's result that CloudFront does not accept; it returns 502."""


class Request(NamedTuple):
    """A viewer's request: `target` is its path and query, still encoded."""

    method: str
    target: str
    headers: CIMultiDict[str]


def raw_query(target: str) -> str | None:
    """The result of rawQueryString(): everything after the first ?, or undefined if there is no ?."""
    _, mark, query = target.partition("?")
    return query if mark else None


def event(request: Request, viewer: str, domain: str, distribution: str) -> Fields:
    """The event of a viewer request. Names and values of the query are not decoded."""
    context = {"distributionDomainName": domain, "distributionId": distribution, "eventType": "viewer-request"}
    shown = [(name.lower(), value) for name, value in request.headers.items() if not _is_hidden(name)]
    return {
        "version": "1.0",
        "context": {**context, "requestId": "embedded"},
        "viewer": {"ip": viewer},
        "request": {
            "method": request.method,
            "uri": request.target.partition("?")[0],
            "querystring": _collapsed(_pairs(raw_query(request.target) or "", "&")),
            "headers": _collapsed((name, value) for name, value in shown if name != "cookie"),
            "cookies": _collapsed(pair for name, text in shown if name == "cookie" for pair in _pairs(text, ";")),
        },
    }


def changed(request: Request, told: Fields, made: Fields) -> Request:
    """The changed request, for a function that got `request` as `told` and returned `made`.

    Raises InvalidResultError.
    """
    if made.get("method") != told["method"]:
        raise InvalidResultError("a function may not change the method")
    uri, query = made.get("uri", ""), raw_query(request.target)
    if not uri.startswith("/"):
        raise InvalidResultError(f"the uri {uri!r} does not begin with /")
    if made.get("querystring") != told["querystring"]:
        query = "&".join(f"{name}={value}" for name, value in _expanded(told, made, "querystring")) or None
    headers = CIMultiDict((name, value) for name, value in request.headers.items() if _is_hidden(name))
    for name, value in _expanded(told, made, "headers"):
        if name != name.lower() or _is_hidden(name) or name == "cookie":
            raise InvalidResultError(f"a function may not add the header {name}")
        headers.add(name, value)
    for name in _READ_ONLY:
        if made["headers"].get(name) != told["headers"].get(name):
            raise InvalidResultError(f"a function may not change the header {name}")
    if made.get("cookies") == told["cookies"]:
        headers.extend(("cookie", value) for value in request.headers.getall("Cookie", []))
    elif cookies := "; ".join(f"{name}={value}" for name, value in _expanded(told, made, "cookies")):
        headers.add("cookie", cookies)
    return Request(request.method, uri if query is None else f"{uri}?{query}", headers)


def _is_hidden(name: str) -> bool:
    return name.lower().startswith(_HIDDEN)


def _pairs(text: str, separator: str) -> Iterator[tuple[str, str]]:
    for part in filter(None, text.split(separator)):
        name, _, value = part.strip().partition("=")
        yield name, value


def _collapsed(pairs: Iterable[tuple[str, str]]) -> Fields:
    """Each name once, with its first value, and with all values if it is repeated."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {
        name: {"value": each[0], **({"multiValue": [{"value": value} for value in each]} if each[1:] else {})}
        for name, each in values.items()
    }


def _expanded(told: Fields, made: Fields, part: str) -> Iterator[tuple[str, str]]:
    """All pairs that a function returns: with a changed multiValue, or else with a changed value as the first."""
    for name, field in made.get(part, {}).items():
        several = [each["value"] for each in field.get("multiValue", [])]
        before = told[part].get(name, {})
        if several and field["multiValue"] == before.get("multiValue") and field["value"] != before["value"]:
            several[0] = field["value"]
        for value in several or [field["value"]]:
            yield name, value
