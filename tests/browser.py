"""A browser that looks at the archive as users do: Chromium in a container, driven by its DevTools protocol.

And other sites, whose pages it visits.
"""

import asyncio
import base64
import json
import mimetypes
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import aiohttp

from local.emulator_process import wait_until
from local.images import docker, ensure_browser_image
from tests.data.archive import Archive
from tests.embedded import free_port

WIDTH, HEIGHT = 1100, 700
_SECONDS = 180  # a busy machine draws slowly
_TEXT = "document.body ? document.body.innerText : ''"


class _PageLeftError(Exception):
    """The browser went to another page before it had answered."""


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

    def visit(self, url: str) -> None:
        """Go to a page of any site."""
        self._call("Page.navigate", url=url)

    def forget(self) -> None:
        """Log out: from now on nobody adds the password to requests."""
        self._call("Network.setExtraHTTPHeaders", headers={})

    def remember(self) -> None:
        """Log in as a user does who then goes elsewhere: from now on the browser itself sends the password.

        It does so with the requests of a page's workers, too.
        """
        self.forget()
        self.visit(self._url.replace("://", f"://{self._credentials}@") + "/system")
        self.wait_for("document.body.innerText.includes('DatabaseVersion')")

    def text(self) -> str:
        """What can be read on the page."""
        return self._evaluate(_TEXT)

    def framed(self) -> list[str]:
        """What can be read in the page's frames that show other sites."""
        return self._runner.run(asyncio.wait_for(self._framed(), _SECONDS))

    def wait_for(self, expression: str) -> None:
        """Until the JavaScript `expression` is true, a text that can be read, for instance."""
        self._wait_for(expression, when_left=False)

    def click(self, element: str) -> None:
        """Click the element that the JavaScript expression finds, as soon as it is there."""
        self._wait_for(f"(element => element && (element.click(), true))({element})", when_left=True)

    def press(self, text: str) -> None:
        """Click the button that reads so, as soon as it is there."""
        self.click(f"[...document.querySelectorAll('button')].find(each => each.innerText === {text!r})")

    def follow(self, link: str) -> None:
        """Go where the link leads that the JavaScript expression finds, as soon as it is there; in this page, too,
        where the link opens another one."""
        self.wait_for(link)
        self.visit(self._evaluate(f"({link}).href"))

    def scroll(self, x: int, y: int, by: int) -> None:
        """Turn the wheel over a point of the page, by so many pixels; negative is up."""
        self._call("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=by)

    def picture(self) -> bytes:
        """The page as PNG."""
        return base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"])

    def _wait_for(self, expression: str, *, when_left: bool) -> None:
        """`when_left`: what it counts as when the browser goes to another page meanwhile."""

        def holds() -> bool:
            try:
                return self._evaluate(f"Boolean({expression})")
            except _PageLeftError:
                return when_left

        assert wait_until(holds, _SECONDS), f"{expression} does not come true; the page says:\n{self.text()}"

    def _evaluate(self, expression: str) -> Any:
        return self._call("Runtime.evaluate", expression=expression)["result"].get("value")

    def _connected(self) -> bool:
        try:
            self._runner.run(self._connect())
        except aiohttp.ClientError:
            return False
        return True

    async def _connect(self) -> None:
        [page] = await self._targets("page")
        assert self._session
        self._socket = await self._session.ws_connect(page, max_msg_size=0)

    async def _targets(self, kind: str) -> list[str]:
        self._session = self._session or aiohttp.ClientSession()
        async with self._session.get(f"http://127.0.0.1:{self._port}/json/list") as answer:
            return [each["webSocketDebuggerUrl"] for each in await answer.json() if each["type"] == kind]

    async def _framed(self) -> list[str]:
        page, texts = self._socket, []
        try:
            for target in await self._targets("iframe"):
                assert self._session
                # A frame that goes elsewhere meanwhile takes its socket with it.
                with suppress(aiohttp.WSMessageTypeError):
                    async with self._session.ws_connect(target) as self._socket:
                        found = await self._answer("Runtime.evaluate", {"expression": _TEXT})
                        texts.append(found["result"].get("value", ""))
        finally:
            self._socket = page
        return texts

    def _call(self, method: str, **parameters: Any) -> Any:
        return self._runner.run(asyncio.wait_for(self._answer(method, parameters), _SECONDS))

    async def _answer(self, method: str, parameters: dict[str, Any]) -> Any:
        self._sent += 1
        await self._socket.send_str(json.dumps({"id": self._sent, "method": method, "params": parameters}))
        while True:  # among the answers are events
            message = await self._socket.receive_json()
            if message.get("id") == self._sent:
                problem = message.get("error", {}).get("message", "")
                if "navigated" in problem:
                    raise _PageLeftError(problem)
                assert not problem, f"{method}: {problem}"
                return message["result"]


@contextmanager
def site(pages: Mapping[str, str | bytes], port: int = 0) -> Iterator[str]:
    """Another site, which has these files by path, HTML where the path has no ending; answers its origin."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            page = pages.get(self.path, pages.get(path, b""))
            page = page if isinstance(page, bytes) else page.encode()
            self.send_response(200 if page else 404)
            self.send_header("Content-Type", mimetypes.guess_type(path)[0] or "text/html")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *arguments: object) -> None:
            """Nothing: what is asked is no news."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        # Not the archive's own name, so that it is another site to a browser.
        yield f"http://localhost:{server.server_port}"
        server.shutdown()
