"""A distribution's function, run by node; what the program's own does, its unit tests tell."""

import asyncio
from typing import Any

from local.runner.viewer_function import ViewerFunction


def test_a_changed_function_is_run_at_once():
    async def run() -> list[dict[str, Any]]:
        function = ViewerFunction()
        codes = [f"function handler(event) {{ return {{statusCode: {status}}} }}" for status in (200, 404)]
        return [await function.run(code, {}) for code in codes]

    assert asyncio.run(run()) == [{"statusCode": 200}, {"statusCode": 404}]
