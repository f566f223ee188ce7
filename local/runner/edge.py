"""The edge: emulates CloudFront and the load balancer behind it on a loopback port."""

import asyncio
import itertools
import threading
import time
from collections import Counter, defaultdict

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, web
from multidict import CIMultiDict
from yarl import URL

from local.emulator.overlay import changes
from local.runner import firewall, http_headers, listener_rules, viewer_events
from local.runner.routes import Route, RouteError, read
from local.runner.viewer_function import FunctionFailedError, ViewerFunction
from local.workspace import Workspace

_ROUTE_SECONDS = 1.0
_CONNECT_SECONDS = 10
_CHUNK_BYTES = 1 << 18
_LARGEST_HEADERS = 32_768  # bytes of a request's headers and query (CloudFront's quota)
_LOOPBACK = ("127.0.0.1", "localhost")
# aiohttp's own request headers; a proxy adds none.
_NO_DEFAULTS = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


class Front:
    """Serves in its own thread until the process ends."""

    def __init__(self, workspace: Workspace):
        """Starts to listen at once. Raises OSError if the port is in use."""
        self._workspace = workspace
        self._under_way: Counter[str] = Counter()
        self._answers: dict[str, set[ClientResponse | None]] = defaultdict(set)
        self._turns = itertools.count()
        self._route: Route | RouteError | None = None
        self._changed, self._expires = True, 0.0
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="edge", daemon=True).start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        changes.tell(self._note)

    def busy(self, address: str) -> bool:
        """Whether a request to the task at `address` is in progress."""
        return self._under_way[address] > 0

    def cut(self, address: str) -> None:
        """Close the connections to the task, as a load balancer does when the deregistration delay ends."""
        for answer in filter(None, list(self._answers[address])):
            self._loop.call_soon_threadsafe(answer.close)

    def _note(self) -> None:
        self._changed = True

    async def _listen(self) -> None:
        self._reading, self._function, self._firewall = asyncio.Lock(), ViewerFunction(), firewall.Firewall()
        self._pools: dict[tuple[int, int], ClientSession] = {}
        server = web.Server(
            self._handle, access_log=None, max_line_size=_LARGEST_HEADERS, max_field_size=_LARGEST_HEADERS
        )
        runner = web.ServerRunner(server)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self._workspace.port("edge")).start()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            route = await self._current_route()
            headers = _as_sent(request, route)
            cookies, length = "; ".join(headers.getall("Cookie", [])), request.content_length
            length = length if request.body_exists else 0
            inspected = firewall.inspected(request.remote or "", request.raw_path, cookies, length)
            if rule := self._firewall.blocks(route.web_acl, inspected):
                raise RouteError(403, f"the web ACL's rule {rule} blocks {request.remote}")
            if request.method not in route.methods:
                raise RouteError(403, f"the distribution does not allow {request.method}")
            asked = viewer_events.Request(request.method, request.raw_path, headers)
            if route.function:
                asked = await self._viewer_request(route, asked, request.remote or "")
                if isinstance(asked, web.Response):
                    return asked
            if problem := route.names[headers["Host"]]:
                raise RouteError(502, problem)
            action = listener_rules.action(route.rules, asked.target, asked.headers)
            if isinstance(action, listener_rules.Group):
                return await self._forward(route, action, request, asked)
            added = http_headers.policy_headers(route.headers_policy, asked.headers.get("Origin"))
            added |= {"X-Cache": "Error from cloudfront", "Content-Type": action.content_type}
            return web.Response(status=action.status, text=action.text, headers=added)
        except LookupError as error:
            return web.Response(status=502, text=f"{error}\n")
        except RouteError as error:
            failed = {"X-Cache": "Error from cloudfront"}
            return web.Response(status=error.status, text=f"{error}\n", headers=failed)

    async def _current_route(self) -> Route:
        """The deployed route, at most one second behind the deployed resources."""
        async with self._reading:
            if self._changed and time.monotonic() > self._expires:
                self._changed = False
                try:
                    self._route = await asyncio.to_thread(read, self._workspace)
                except RouteError as error:
                    self._route = error
                self._expires = time.monotonic() + _ROUTE_SECONDS
        if isinstance(self._route, Route):
            return self._route
        raise self._route or RouteError(503, "no route was read")

    async def _viewer_request(
        self, route: Route, asked: viewer_events.Request, viewer: str
    ) -> web.Response | viewer_events.Request:
        """The response of the distribution's function, or the request as the function returns it."""
        domain = list(route.names)[-1]  # the distribution's own name
        event = viewer_events.event(asked, viewer, domain, route.distribution)
        try:
            made = await self._function.run(route.function or "", event, viewer_events.raw_query(asked.target))
            if "statusCode" not in made:
                return viewer_events.changed(asked, event["request"], made)
        except FunctionFailedError as error:
            raise RouteError(503, f"FunctionExecutionError: {error}") from None
        except viewer_events.InvalidResultError as error:
            raise RouteError(502, f"FunctionValidationError: {error}") from None
        return web.Response(
            status=made["statusCode"],
            reason=made.get("statusDescription"),
            headers={name: each["value"] for name, each in made.get("headers", {}).items()},
            body=(made.get("body") or "").encode(),
        )

    async def _forward(
        self, route: Route, group: listener_rules.Group, request: web.BaseRequest, asked: viewer_events.Request
    ) -> web.StreamResponse:
        headers = asked.headers
        if not group.targets:
            raise RouteError(503, "the target group has no healthy target")
        turn = next(self._turns)
        target = http_headers.choose(group.targets, http_headers.sticky(request.cookies), turn)
        (address, port), host = target, route.origin_host or headers["Host"]
        response, answer = web.StreamResponse(), None
        self._under_way[address] += 1
        try:
            async with self._pool(turn // len(group.targets) % route.nodes, route.idle_seconds).request(
                request.method,
                URL(f"{group.scheme}://{address}:{port}{asked.target}", encoded=True),
                headers=http_headers.to_task(headers, request.remote or "", host, route.protocol, route.port),
                data=request.content if request.body_exists else None,
                allow_redirects=False,
                timeout=ClientTimeout(sock_connect=_CONNECT_SECONDS, sock_read=route.read_timeout),
            ) as answer:
                self._answers[address].add(answer)
                response.set_status(answer.status, answer.reason)
                added = http_headers.policy_headers(route.headers_policy, headers.get("Origin"), answer.headers)
                response.headers.extend(http_headers.end_to_end(answer.headers.items(), without=added))
                response.headers.extend({"X-Cache": "Miss from cloudfront", **added})
                if group.sticky_seconds is not None:
                    response.headers.extend(http_headers.sticky_cookies(target, group.sticky_seconds))
                await response.prepare(request)
                async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
                    await response.write(chunk)
                await response.write_eof()
                return response
        except (ClientError, TimeoutError) as error:
            if response.prepared:  # too late for a status; the connection is closed
                raise
            status = 504 if isinstance(error, TimeoutError) else 502
            raise RouteError(status, f"the task at {address} does not answer: {error!r}") from None
        finally:
            self._under_way[address] -= 1
            self._answers[address].discard(answer)

    def _pool(self, node: int, idle_seconds: int) -> ClientSession:
        """The connections of one node of the load balancer, each kept open for the idle timeout."""
        if (node, idle_seconds) not in self._pools:
            self._pools[node, idle_seconds] = ClientSession(
                # A load balancer accepts any certificate of a target.
                connector=TCPConnector(limit=0, keepalive_timeout=idle_seconds, ssl=False),
                cookie_jar=DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=_NO_DEFAULTS,
            )
        return self._pools[node, idle_seconds]


def _as_sent(request: web.BaseRequest, route: Route) -> CIMultiDict[str]:
    """The request's headers as a viewer would send them to the distribution, whose name replaces this address.

    Raises RouteError if no distribution has the name in Host.
    """
    headers, name = request.headers.copy(), request.host.partition(":")[0]
    if name in _LOOPBACK:
        name = next(iter(route.names))
        if headers.get("Origin") == f"http://{request.host}":  # from a page of the archive
            headers["Origin"] = f"https://{name}"
    if name not in route.names:
        raise RouteError(403, f"no distribution has the name {name}")
    headers["Host"] = name
    return headers
