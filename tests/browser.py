"""A browser that looks at the archive as users do: Chromium in a container, driven by its DevTools protocol."""

import asyncio
import base64
import json
import os
from types import TracebackType
from typing import Any

import aiohttp

from local.daemon import wait_until
from local.images import docker, ensure_browser_image
from tests.data.archive import Archive
from tests.embedded import free_port

WIDTH, HEIGHT = 1100, 700
_SECONDS = 30


class Browser:
    """One page, logged in as admin. Its password goes over the protocol, not on a command line."""

    def __init__(self, archive: Archive):
        """Nothing is started before the `with`."""
        self._url, self._credentials = archive.url, ":".join(archive.session.auth)  # type: ignore[arg-type]
        self._name, self._port = f"orthanc-browser-{os.getpid()}", free_port()
        self._runner, self._sent = asyncio.Runner(), 0
        self._session: aiohttp.ClientSession | None = None

    def __enter__(self) -> "Browser":
        options = (f"--remote-debugging-port={self._port}", "about:blank")
        # The archive answers on this machine's loopback alone.
        started = ("run", "--detach", "--rm", "--network=host", f"--name={self._name}")
        docker(*started, ensure_browser_image(print), *options)
        try:
            assert wait_until(self._connected, _SECONDS), docker("logs", self._name)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        authorization = "Basic " + base64.b64encode(self._credentials.encode()).decode()
        size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        self._call("Emulation.setDeviceMetricsOverride", **size)
        self._call("Network.enable")
        self._call("Network.setExtraHTTPHeaders", headers={"Authorization": authorization})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session:
            self._runner.run(self._session.close())
        self._runner.close()
        docker("rm", "--force", self._name)

    def open(self, path: str) -> None:
        """Go to a page of the archive."""
        self._call("Page.navigate", url="about:blank")  # lest a change of the fragment alone load nothing
        self._call("Page.navigate", url=self._url + path)

    def text(self) -> str:
        """What can be read on the page."""
        return self._evaluate("document.body ? document.body.innerText : ''")

    def wait_for(self, expression: str) -> None:
        """Until the JavaScript `expression` is true, a text that can be read, for instance."""
        came = wait_until(lambda: self._evaluate(f"Boolean({expression})"), _SECONDS)
        assert came, f"{expression} does not come true; the page says:\n{self.text()}"

    def picture(self) -> bytes:
        """The page as PNG."""
        return base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"])

    def _evaluate(self, expression: str) -> Any:
        return self._call("Runtime.evaluate", expression=expression)["result"].get("value")

    def _connected(self) -> bool:
        try:
            self._runner.run(self._connect())
        except aiohttp.ClientError:
            return False
        return True

    async def _connect(self) -> None:
        self._session = self._session or aiohttp.ClientSession()
        async with self._session.get(f"http://127.0.0.1:{self._port}/json/list") as answer:
            [page] = [each for each in await answer.json() if each["type"] == "page"]
        self._socket = await self._session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0)

    def _call(self, method: str, **parameters: Any) -> Any:
        return self._runner.run(asyncio.wait_for(self._answer(method, parameters), _SECONDS))

    async def _answer(self, method: str, parameters: dict[str, Any]) -> Any:
        self._sent += 1
        await self._socket.send_str(json.dumps({"id": self._sent, "method": method, "params": parameters}))
        while True:  # among the answers are events
            message = await self._socket.receive_json()
            if message.get("id") == self._sent:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
