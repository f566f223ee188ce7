"""CloudFront Functions: a viewer-request function, run by node."""

import asyncio
import json
from typing import Any

from local.node import node

# Reads one event and raw query string per line, and writes the result of the function, or why it failed.
_HARNESS = """
const handler = new Function(process.argv[1] + '; return handler')();
require('readline').createInterface({input: process.stdin}).on('line', async (line) => {
    const [event, query] = JSON.parse(line);
    const rawQueryString = () => query === null ? undefined : query;
    Object.defineProperty(event.request, 'rawQueryString', {value: rawQueryString, enumerable: false});
    try {
        console.log(JSON.stringify([await handler(event), null]));
    } catch (error) {
        console.log(JSON.stringify([null, String(error)]));
    }
});
"""


_LARGEST_EVENT = 1 << 20  # bytes of its result; AWS's limit on a request's query and headers is 32 KiB


class FunctionFailedError(Exception):
    """A function threw an exception or returned nothing; CloudFront returns 503."""


class ViewerFunction:
    """Runs the current function of a distribution, in the same process until its code changes."""

    def __init__(self):
        """Starts without a process."""
        self._code: str | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()

    async def run(self, code: str, event: dict[str, Any], raw_query: str | None) -> dict[str, Any]:
        """The result of the function for an event: a request or a response. Raises FunctionFailedError."""
        async with self._lock:
            if self._process is None or self._process.returncode is not None or code != self._code:
                self._process, self._code = await self._start(code), code
            assert self._process.stdin and self._process.stdout
            self._process.stdin.write(json.dumps([event, raw_query]).encode() + b"\n")
            made, problem = json.loads(await self._process.stdout.readline() or '[null, "it does not start"]')
        if problem or not isinstance(made, dict):
            raise FunctionFailedError(problem or "it answers neither a request nor a response")
        return made

    async def _start(self, code: str) -> asyncio.subprocess.Process:
        if self._process and self._process.returncode is None:
            self._process.kill()
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            node(), "-e", _HARNESS, code, stdin=pipe, stdout=pipe, limit=_LARGEST_EVENT
        )
