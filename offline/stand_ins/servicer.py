"""The provider protocol for a `Plugin`, which implements resources and uses plain values.

The servicer does what all providers have in common: decoding, secrets, previews, and errors in the engine's form.
"""

# ruff: noqa: N802, D102 - the methods have the protocol's names and meanings

import logging
import sys
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple, NoReturn

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.empty_pb2 import Empty
from google.rpc.status_pb2 import Status
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, plugin_pb2
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer, add_ResourceProviderServicer_to_server

from local.signals import end_with_engine
from offline.stand_ins.codec import Values, decode, encode
from offline.stand_ins.failures import defect

Say = Callable[[str], None]


class Refused(Exception):
    """Inputs or a request that the plugin rejects; `property` is the name of the input, if it is one."""

    def __init__(self, reason: str, property: str = ""):
        """`reason` contains the value, the rule and the remedy."""
        super().__init__(reason)
        self.property = property


class Unfinished(Exception):
    """The resource exists and stays in the state, but is not as requested, for this `reason`."""

    def __init__(self, id: str, outputs: Values, reason: str):
        """`outputs` are written to the state."""
        super().__init__(reason)
        self.id, self.outputs = id, outputs


class Difference(NamedTuple):
    """The changed inputs, those that require a new resource, and whether the old one is deleted first."""

    changed: list[str]
    replacing: list[str] = []  # noqa: RUF012 - never changed
    delete_first: bool = False


class Live(NamedTuple):
    """A resource as it was read."""

    id: str
    inputs: Values
    outputs: Values


class Plugin:
    """The interface of a stand-in; `kind` is the type token of the resource or function."""

    version = ""

    def configure(self, configuration: Values) -> None:
        """Set the provider's configuration. Raises Refused."""

    def check(self, kind: str, inputs: Values, old: Values, name: str, seed: bytes) -> Values:
        """Inputs with names and defaults filled in. Raises Refused, or an ExceptionGroup of them."""
        raise NotImplementedError

    def diff(self, kind: str, old: Values, new: Values, outputs: Values) -> Difference:
        """How the `new` inputs differ from the `old` ones, or from the values that were read (`outputs`)."""
        raise NotImplementedError

    def planned(self, kind: str, inputs: Values, outputs: Values) -> Values:
        """The outputs that a preview knows; `outputs` are the current ones, empty before the creation."""
        raise NotImplementedError

    def create(self, kind: str, inputs: Values, say: Say) -> tuple[str, Values]:
        """Create the resource; returns its ID and outputs. Raises Refused, Unfinished."""
        raise NotImplementedError

    def read(self, kind: str, id: str, inputs: Values, outputs: Values) -> Live | None:
        """The resource as it is now; None if it no longer exists."""
        return Live(id, inputs, outputs)

    def update(self, kind: str, id: str, inputs: Values, old: Values, outputs: Values, say: Say) -> Values:
        """Update the resource from its `old` inputs to `inputs`; returns the outputs."""
        raise NotImplementedError

    def delete(self, kind: str, id: str, outputs: Values) -> None:
        """Delete the resource; a missing one is no error."""

    def invoke(self, kind: str, arguments: Values) -> Values:
        """Call a function."""
        raise Refused(f"the stand-in has no function {kind}")

    def secrets(self, kind: str) -> set[str]:
        """The outputs that are secret regardless of the inputs."""
        return set()


class Servicer(ResourceProviderServicer):
    """Serves one plugin to the engine at `engine_address`."""

    def __init__(self, plugin: Plugin, engine_address: str):
        self._plugin = plugin
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(engine_address))

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        return plugin_pb2.PluginInfo(version=self._plugin.version)

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:
        return messages.GetSchemaResponse(schema="{}")

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            self._plugin.configure(decode(request.news)[0])
        except Refused as error:
            return messages.CheckResponse(failures=[_failure(error)])
        return messages.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        answer = messages.DiffResponse
        old, new = decode(request.old_inputs)[0], decode(request.news)[0]
        # Without a difference, the engine continues to use the old configuration.
        return answer(changes=answer.DIFF_NONE if old == new else answer.DIFF_SOME)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            self._plugin.configure(decode(request.args)[0])
        except Refused as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        return messages.ConfigureResponse(acceptSecrets=True, supportsPreview=True, acceptOutputs=False)

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        (news, secrets), (olds, _) = decode(request.news), decode(request.olds)
        kind, name = _kind(request), request.urn.rpartition("::")[2]
        with _told(request, context):
            try:
                inputs = self._plugin.check(kind, news, olds, name, request.randomSeed)
            except Refused as error:
                return messages.CheckResponse(failures=[_failure(error)])
            except ExceptionGroup as errors:
                return messages.CheckResponse(failures=[_failure(error) for error in errors.exceptions])
            return messages.CheckResponse(inputs=encode(inputs, secrets))

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        old, new, outputs = (decode(values)[0] for values in (request.old_inputs, request.news, request.olds))
        for path in request.ignoreChanges:
            for values in (old, new, outputs):
                values.pop(path, None)
        answer = messages.DiffResponse
        with _told(request, context):
            difference = self._plugin.diff(_kind(request), old, new, outputs)
            return answer(
                changes=answer.DIFF_SOME if difference.changed else answer.DIFF_NONE,
                diffs=difference.changed,
                replaces=difference.replacing,
                deleteBeforeReplace=difference.delete_first,
            )

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        kind, (inputs, secrets) = _kind(request), decode(request.properties)
        with _told(request, context, inputs, secrets):
            secrets |= self._plugin.secrets(kind)
            if request.preview:
                planned = self._plugin.planned(kind, inputs, {})
                return messages.CreateResponse(properties=encode(planned, secrets))
            id, outputs = self._plugin.create(kind, inputs, self._speaker(request.urn))
            return messages.CreateResponse(id=id, properties=encode(outputs, secrets))

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        kind = _kind(request)
        (inputs, secret_inputs), (outputs, secrets) = decode(request.inputs), decode(request.properties)
        with _told(request, context):
            live = self._plugin.read(kind, request.id, inputs, outputs)
            if live is None:
                return messages.ReadResponse()
            return messages.ReadResponse(
                id=live.id,
                inputs=encode(live.inputs, secret_inputs),
                properties=encode(live.outputs, secrets | secret_inputs | self._plugin.secrets(kind)),
            )

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        kind, (inputs, secrets) = _kind(request), decode(request.news)
        old, outputs = decode(request.old_inputs)[0], decode(request.olds)[0]
        # The value of an ignored property stays as it was read.
        inputs |= {path: outputs[path] for path in request.ignoreChanges if path in outputs}
        with _told(request, context, inputs, secrets):
            secrets |= self._plugin.secrets(kind)
            if request.preview:
                outputs = self._plugin.planned(kind, inputs, outputs)
                return messages.UpdateResponse(properties=encode(outputs, secrets))
            outputs = self._plugin.update(kind, request.id, inputs, old, outputs, self._speaker(request.urn))
            return messages.UpdateResponse(properties=encode(outputs, secrets))

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        with _told(request, context):
            self._plugin.delete(_kind(request), request.id, decode(request.properties)[0])
            return Empty()

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            result = encode(self._plugin.invoke(request.tok, decode(request.args)[0]))
            return messages.InvokeResponse(**{"return": result})  # pyright: ignore[reportArgumentType] - a keyword
        except Refused as error:
            return messages.InvokeResponse(failures=[_failure(error)])
        except Exception as error:
            return messages.InvokeResponse(failures=[_failure(f"{request.tok}: {defect(error)}")])

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        return Empty()

    def _speaker(self, urn: str) -> Say:
        def say(text: str) -> None:
            request = engine_pb2.LogRequest(severity=engine_pb2.INFO, message=text, urn=urn, ephemeral=True)
            self._engine.Log(request)

        return say


def _kind(request: Any) -> str:
    return request.urn.split("::")[2].rpartition("$")[2]


def _failure(error: Any) -> Any:
    return messages.CheckFailure(property=getattr(error, "property", ""), reason=str(error))


@contextmanager
def _told(
    request: Any, context: grpc.ServicerContext, inputs: Values | None = None, secrets: Collection[str] = ()
) -> Iterator[None]:
    """Report errors to the engine with the name of the resource; `inputs` are sent with Unfinished."""
    subject = f"{_kind(request)} {request.urn.rpartition('::')[2]}"
    try:
        yield
    except Unfinished as error:
        _abort_unfinished(context, subject, error, inputs or {}, secrets)
    except Refused as error:
        context.abort(grpc.StatusCode.UNKNOWN, f"{subject}: {error}")
    except Exception as error:
        context.abort(grpc.StatusCode.UNKNOWN, f"{subject}: {defect(error)}")


def _abort_unfinished(
    context: Any, subject: str, error: Unfinished, inputs: Values, secrets: Collection[str]
) -> NoReturn:
    detail = messages.ErrorResourceInitFailed(
        id=error.id,
        properties=encode(error.outputs, secrets),
        reasons=[f"{subject}: {error}"],
        inputs=encode(inputs, secrets),
    )
    packed = AnyMessage()
    packed.Pack(detail)
    text = f"{subject}: {error}"
    status = Status(code=grpc.StatusCode.UNKNOWN.value[0], message=text, details=[packed])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, text)
    raise AssertionError("abort raises")


def serve(plugin: Callable[[], Plugin]) -> None:
    """Serve as a plugin: the argument is the engine's address; prints its port to standard output."""
    logging.getLogger("grpc").setLevel(logging.CRITICAL)
    server = grpc.server(ThreadPoolExecutor(32), options=[("grpc.max_receive_message_length", -1)])
    end_with_engine()
    add_ResourceProviderServicer_to_server(Servicer(plugin(), sys.argv[1]), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()
