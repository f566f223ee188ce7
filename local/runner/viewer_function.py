"""CloudFront Functions: a viewer-request function, run by node."""

import asyncio
import json
from typing import Any

from local.node import node

# Reads an event a line and writes what the function makes of it.
_HARNESS = """
const handler = new Function(process.argv[1] + '; return handler')();
require('readline').createInterface({input: process.stdin}).on('line', async (line) =>
    console.log(JSON.stringify(await handler(JSON.parse(line)))));
"""


class ViewerFunction:
    """Runs the function that a distribution has at the time, in one process as long as its code stays."""

    def __init__(self):
        """No process runs yet."""
        self._code: str | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()

    async def run(self, code: str, request: dict[str, Any]) -> dict[str, Any]:
        """What the function makes of a request (both in the form of its event): a request, or an answer."""
        async with self._lock:
            if self._process is None or self._process.returncode is not None or code != self._code:
                self._process, self._code = await self._start(code), code
            assert self._process.stdin and self._process.stdout
            event = {"version": "1.0", "context": {"eventType": "viewer-request"}, "request": request}
            self._process.stdin.write(json.dumps(event).encode() + b"\n")
            return json.loads(await self._process.stdout.readline())

    async def _start(self, code: str) -> asyncio.subprocess.Process:
        if self._process and self._process.returncode is None:
            self._process.kill()
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(node(), "-e", _HARNESS, code, stdin=pipe, stdout=pipe)
