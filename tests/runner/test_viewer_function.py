"""The program's preflight function, run as CloudFront runs it."""

import asyncio
import shutil
from typing import Any

import pytest

from components.edge import preflight_code
from local.runner.viewer_function import ViewerFunction

SITE, OTHER = "https://viewer.example.org", "https://other.example.org"
PREFLIGHT = {"origin": SITE, "access-control-request-method": "GET"}

pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="CloudFront Functions are JavaScript: needs node")


def made(*requests: dict[str, Any]) -> list[dict[str, Any]]:
    """What the function makes of each request, one after the other in one process."""

    async def run() -> list[dict[str, Any]]:
        function = ViewerFunction()
        return [await function.run(preflight_code((SITE,)), request) for request in requests]

    return asyncio.run(run())


def request(method: str, headers: dict[str, str]) -> dict[str, Any]:
    values = {name: {"value": value} for name, value in headers.items()}
    return {"method": method, "uri": "/studies", "querystring": {}, "headers": values, "cookies": {}}


def test_requests_pass_and_preflights_are_answered():
    passing = [request("GET", {"origin": SITE}), request("OPTIONS", {"origin": SITE}), request("OPTIONS", {})]
    *passed, allowed, refused = made(
        *passing, request("OPTIONS", PREFLIGHT), request("OPTIONS", PREFLIGHT | {"origin": OTHER})
    )
    assert passed == passing
    assert allowed["statusCode"] == 204
    assert allowed["headers"]["access-control-allow-origin"] == {"value": SITE}
    assert refused["statusCode"] == 403, "another site's scripts could use the archive as the user"


def test_a_changed_function_is_run_at_once():
    async def run() -> list[dict[str, Any]]:
        function = ViewerFunction()
        codes = [f"function handler(event) {{ return {{statusCode: {status}}} }}" for status in (200, 404)]
        return [await function.run(code, {}) for code in codes]

    assert asyncio.run(run()) == [{"statusCode": 200}, {"statusCode": 404}]
