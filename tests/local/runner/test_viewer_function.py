"""A distribution's function, run by node; what the program's own does, its unit tests tell."""

import asyncio
from typing import Any

import pytest

from local.runner.viewer_function import FunctionFailedError, ViewerFunction

EVENT: dict[str, Any] = {"request": {"method": "GET"}}


def made(*codes: str, raw_query: str | None = None) -> list[dict[str, Any]]:
    """What each of the functions makes of the event, one after the other."""

    async def run() -> list[dict[str, Any]]:
        function = ViewerFunction()
        return [await function.run(f"function handler(event) {{ {code} }}", EVENT, raw_query) for code in codes]

    return asyncio.run(run())


def test_a_changed_function_is_run_at_once():
    assert made("return {statusCode: 200}", "return {statusCode: 404}") == [
        {"statusCode": 200},
        {"statusCode": 404},
    ]


@pytest.mark.parametrize("query", [None, "", "a=%20&a=b"])
def test_a_function_can_ask_for_the_query_as_it_came(query: str | None):
    code = "const query = event.request.rawQueryString(); return {found: query === undefined ? null : query}"
    assert made(code, raw_query=query) == [{"found": query}]
    assert made("return event.request", raw_query=query) == [EVENT["request"]], "it would come back as a field"


@pytest.mark.parametrize("code", ["throw new Error('no')", "", "return 1", "event.request.absent.value"])
def test_a_function_that_fails_is_told(code: str):
    with pytest.raises(FunctionFailedError):
        made(code)


def test_a_function_that_failed_is_run_again():
    [failed, again] = ["if (event.request.method === 'GET') throw 1", "return {statusCode: 200}"]
    with pytest.raises(FunctionFailedError):
        made(failed)
    assert made(again, again) == [{"statusCode": 200}] * 2
