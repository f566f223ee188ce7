"""ECR's registry: a proxy in front of the workspace's registry container that reports every pushed image to ECR.

Each manifest is checked first. ECR rejects a manifest for a repository that does not exist, and a different
manifest for an immutable tag. Images that were deleted in ECR cannot be pulled.

The containers of all workspaces share one volume, where each has its own repositories under its slug. One
repository contains all layers that were ever pushed. Layers are mounted from it, so that each is pushed only once.
"""

import asyncio
import hashlib
import json
import re
import threading
from collections.abc import Callable

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector, web
from multidict import CIMultiDict
from yarl import URL

from local.containers import registry_address
from local.emulator.overlay import ecr
from local.images import ImageError
from local.workspace import Workspace

_MANIFEST = re.compile(r"/v2/(?P<repository>.+)/manifests/(?P<reference>[^/]+)")
_LAYER = re.compile(r"/v2/(?P<repository>.+)/blobs/(?P<digest>sha256:[^/]+)")
_UPLOAD = re.compile(r"/v2/(?P<repository>.+)/blobs/uploads/.+")
_EVERY_LAYER = "layers"  # the repository with the layers of all workspaces
_LARGEST_MANIFEST = 4 << 20  # bytes, as in Docker's own registry
_CHUNK_BYTES = 1 << 20
_CONNECT_SECONDS = 10
# Headers that belong to one connection, not to the message (RFC 9110, 7.6.1).
_HOP_BY_HOP = ("Connection", "Expect", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade")


class Registry:
    """Serves in its own thread until the process ends."""

    def __init__(self, workspace: Workspace):
        """Starts to listen at once. Raises OSError if the port is in use."""
        self._workspace = workspace
        self._container = ""  # its address, once known
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="registry", daemon=True).start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()

    async def _listen(self) -> None:
        self._session = ClientSession(
            connector=TCPConnector(limit=0),
            auto_decompress=False,
            timeout=ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
        )
        runner = web.ServerRunner(web.Server(self._handle, access_log=None))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self._workspace.port("registry")).start()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        manifest, layer = _MANIFEST.fullmatch(request.path), _LAYER.fullmatch(request.path)
        try:
            if layer and request.method == "HEAD":
                await self._mount(layer["digest"], _EVERY_LAYER, self._own(layer["repository"]))
            if not manifest:
                return await self._passed(request, request.content if request.body_exists else None)
            repository, reference = manifest["repository"], manifest["reference"]
            if request.method == "PUT":
                return await self._pushed(request, repository, reference)
            if request.method in ("GET", "HEAD"):
                ecr.check_pull(repository, reference)
            return await self._passed(request)
        except ecr.RegistryError as error:
            return _refusal(error)
        except (ClientError, TimeoutError, ImageError) as error:
            self._container = ""  # it may have been restarted
            return _refusal(ecr.RegistryError(502, "UNAVAILABLE", f"the registry's container: {error}"))

    async def _pushed(self, request: web.BaseRequest, repository: str, reference: str) -> web.StreamResponse:
        """Store a manifest and report it to ECR."""
        body = b""
        async for chunk in request.content.iter_chunked(_CHUNK_BYTES):
            body += chunk
            if len(body) > _LARGEST_MANIFEST:
                raise ecr.RegistryError(413, "MANIFEST_INVALID", "manifest invalid")
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        tag = None if reference == digest else reference
        ecr.check_push(repository, tag, digest)

        def keep(status: int) -> None:
            if status == 201:
                ecr.keep(repository, tag, digest, body.decode(), request.content_type)

        # ECR must have the image before the client gets the response and requests the image.
        return await self._passed(request, body, before_answering=keep)

    async def _passed(
        self,
        request: web.BaseRequest,
        body: object = None,
        before_answering: Callable[[int], None] = lambda _: None,
    ) -> web.StreamResponse:
        """Returns the response of the container; `before_answering` is called with its status."""
        own = self._own("")
        path = request.raw_path if request.path == "/v2/" else request.raw_path.replace("/v2/", f"/v2/{own}", 1)
        sent = _end_to_end(request.headers)
        async with self._session.request(
            request.method, await self._url(path), headers=sent, data=body, allow_redirects=False
        ) as answer:
            upload = _UPLOAD.fullmatch(request.path)
            if upload and request.method == "PUT" and answer.status == 201:
                digest = answer.headers["Docker-Content-Digest"]
                await self._mount(digest, self._own(upload["repository"]), _EVERY_LAYER)
            before_answering(answer.status)
            response = web.StreamResponse(status=answer.status, reason=answer.reason)
            response.headers.extend(_end_to_end(answer.headers))
            if "Location" in answer.headers:
                response.headers["Location"] = answer.headers["Location"].replace(f"/v2/{own}", "/v2/", 1)
            await response.prepare(request)
            async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
                await response.write(chunk)
            await response.write_eof()
            return response

    async def _mount(self, digest: str, source: str, repository: str) -> None:
        """Mount a layer of another repository in `repository`; does nothing if the other one does not have it."""
        async with self._session.head(await self._url(f"/v2/{source}/blobs/{digest}")) as there:
            if there.status != 200:
                return
        uploads = await self._url(f"/v2/{repository}/blobs/uploads/?mount={digest}&from={source}")
        async with self._session.post(uploads) as mounted:
            mounted.raise_for_status()

    def _own(self, repository: str) -> str:
        """The name of the workspace's repository in the container."""
        return f"{self._workspace.slug}/{repository}"

    async def _url(self, path: str) -> URL:
        if not self._container:
            self._container = await asyncio.to_thread(registry_address, self._workspace)
        return URL(f"http://{self._container}{path}", encoded=True)


def _end_to_end(headers: object) -> CIMultiDict[str]:
    kept = CIMultiDict(headers)  # type: ignore[arg-type]
    for name in _HOP_BY_HOP:
        kept.popall(name, None)
    return kept


def _refusal(error: ecr.RegistryError) -> web.Response:
    """An error in the form of the registry's protocol (distribution specification, "Error Codes")."""
    text = json.dumps({"errors": [{"code": error.code, "message": str(error)}]})
    return web.Response(status=error.status, text=text, content_type="application/json")
