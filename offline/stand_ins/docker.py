"""The stand-in for the docker plugin: the provider protocol around `docker:index/image:Image`.

The engine starts it instead of the plugin. It handles previews without a build; image.py builds.
"""

# ruff: noqa: N802 - the methods have the protocol's names

import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, plugin_pb2
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer, add_ResourceProviderServicer_to_server
from pulumi.runtime.rpc import UNKNOWN

from local.images import ImageError
from local.signals import end_with_engine
from local.workspace import Workspace
from offline.stand_ins.image import build_and_push, changes, with_digest


class Provider(ResourceProviderServicer):
    """The protocol for the one type. It declares no secrets, because the engine marks its secrets again."""

    def __init__(self, workspace: Workspace, project: Path, engine_address: str):
        """Logs to the engine at `engine_address`; builds in `project`, for `workspace`."""
        self._workspace, self._project = workspace, project
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(engine_address))

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """The version of the plugin that it replaces: that of the SDK."""
        return plugin_pb2.PluginInfo(version=version("pulumi-docker"))

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Nothing to configure: accepts any configuration."""
        return messages.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """No configuration, no difference."""
        return messages.DiffResponse(changes=messages.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Declares support for previews, which do not build."""
        return messages.ConfigureResponse(supportsPreview=True)

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Add the digest of the context, or report what cannot be built or pushed."""
        try:
            return messages.CheckResponse(inputs=_struct(with_digest(MessageToDict(request.news), self._project)))
        except ValueError as error:
            return messages.CheckResponse(failures=[messages.CheckFailure(reason=str(error))])

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Any change builds and pushes again, as an update."""
        changed = changes(MessageToDict(request.old_inputs), MessageToDict(request.news))
        answer = messages.DiffResponse
        return answer(changes=answer.DIFF_SOME if changed else answer.DIFF_NONE, diffs=changed)

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Build and push; the ID is the image's name, as with the real plugin."""
        outputs = self._built(request, request.properties, context)
        return messages.CreateResponse(id=outputs["imageName"], properties=_struct(outputs))

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Build and push."""
        return messages.UpdateResponse(properties=_struct(self._built(request, request.news, context)))

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Returns the known properties; the real plugin does not query the registry either."""
        return messages.ReadResponse(id=request.id, inputs=request.inputs, properties=request.properties)

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Empty:
        """Does nothing: other resources own the image and the repository."""
        return Empty()

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Empty:
        """Does nothing: a build in progress continues to its end."""
        return Empty()

    def _built(self, request: Any, properties: Struct, context: grpc.ServicerContext) -> dict[str, Any]:
        inputs = MessageToDict(properties)
        if request.preview:
            unknown = dict.fromkeys(
                ("baseImageName", "context", "dockerfile", "registryServer", "repoDigest"), UNKNOWN
            )
            return {"imageName": inputs["imageName"], **unknown}

        def log(message: str) -> None:
            severity = engine_pb2.LogSeverity.Value("INFO")
            self._engine.Log(
                engine_pb2.LogRequest(severity=severity, message=message, urn=request.urn, ephemeral=True)
            )

        try:
            return build_and_push(inputs, self._workspace, self._project, log)
        except (ValueError, ImageError) as error:
            name = request.urn.rpartition("::")[2]
            context.abort(grpc.StatusCode.UNKNOWN, f"docker:index/image:Image {name}: {error}")


def _struct(values: Mapping[str, Any]) -> Struct:
    return ParseDict(dict(values), Struct())


def main() -> None:
    """Serve as a plugin: the argument is the engine's address; prints its port to standard output."""
    server = grpc.server(ThreadPoolExecutor())
    # The engine starts a plugin in the project's directory.
    provider = Provider(Workspace.current(), Path.cwd(), sys.argv[1])
    add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    end_with_engine()
    print(port, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
