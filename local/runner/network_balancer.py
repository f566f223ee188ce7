"""The network load balancer: emulates the deployed listener for modalities on a loopback port."""

import asyncio
import contextlib
import itertools
import logging
import ssl
import threading
from collections import Counter
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from local.emulator.overlay import changes
from local.runner import certificates, containers
from local.runner.aws import client
from local.runner.documents import Document, attributes
from local.runner.security_groups import Peer, admits
from local.workspace import Workspace

_LOOK_SECONDS = 1.0
_CONNECT_SECONDS = 10
_CHUNK_BYTES = 1 << 18

log = logging.getLogger("network balancer")


class Listener(NamedTuple):
    """A listener of a network load balancer, and its targets."""

    port: int
    groups: frozenset[str]  # security groups of the load balancer; without any, it admits all clients
    rules: Collection[Document]  # of these groups
    tls: ssl.SSLContext | None
    keeps_address: bool  # whether targets see the address of the client
    targets: tuple[tuple[str, int], ...]

    def admits(self, address: str) -> bool:
        """Whether a client with this address may connect."""
        there = Peer(frozenset(), (IPv4Network(address),))
        return not self.groups or admits(self.rules, Peer(self.groups), there, self.port, egress=False)


def read(workspace: Workspace) -> Listener | None:
    """The account's first listener of a network load balancer, as deployed now; None if there is none."""
    balancing = client(workspace, "elbv2")
    for balancer in balancing.describe_load_balancers()["LoadBalancers"]:
        arn = balancer["LoadBalancerArn"]
        listeners = (
            balancer["Type"] == "network" and balancing.describe_listeners(LoadBalancerArn=arn)["Listeners"]
        )
        if listeners:
            return _listener(workspace, balancer, listeners[0])
    return None


def _listener(workspace: Workspace, balancer: Document, listener: Document) -> Listener:
    balancing, groups = client(workspace, "elbv2"), balancer.get("SecurityGroups", [])
    arn = listener["DefaultActions"][0]["TargetGroupArn"]
    of_group = attributes(balancing.describe_target_group_attributes(TargetGroupArn=arn))
    targets = balancing.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    of_these = [{"Name": "group-id", "Values": groups}]
    rules = client(workspace, "ec2").describe_security_group_rules(Filters=of_these) if groups else {}
    return Listener(
        port=listener["Port"],
        groups=frozenset(groups),
        rules=rules.get("SecurityGroupRules", []),
        tls=_context(workspace, listener["Certificates"][0]) if listener["Protocol"] == "TLS" else None,
        keeps_address=of_group.get("preserve_client_ip.enabled") == "true",
        targets=tuple((each["Target"]["Id"], each["Target"]["Port"]) for each in targets),
    )


def _context(workspace: Workspace, certificate: Document) -> ssl.SSLContext:
    """TLS with a certificate for the name in the ACM certificate, signed by the workspace's own authority."""
    arn = certificate["CertificateArn"]
    name = client(workspace, "acm").describe_certificate(CertificateArn=arn)["Certificate"]["DomainName"]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(*certificates.certificate(workspace, name))
    return context


class NetworkBalancer:
    """Serves in its own thread until the process ends; listens while a listener is deployed."""

    def __init__(self, workspace: Workspace):
        """Checks for a listener at once, and again after each change, at most once a second."""
        self._workspace, self._machine = workspace, containers.gateway(workspace)
        self._under_way: Counter[str] = Counter()
        self._turns = itertools.count()
        self._listener: Listener | None = None
        self._changed, loop = asyncio.Event(), asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, name="network balancer", daemon=True).start()
        asyncio.run_coroutine_threadsafe(self._follow(), loop)

        def note() -> None:
            loop.call_soon_threadsafe(self._changed.set)

        changes.tell(note)

    def busy(self, address: str) -> bool:
        """Whether a connection to the task at `address` is open."""
        return self._under_way[address] > 0

    async def _follow(self) -> None:
        server, port = None, self._workspace.port("nlb")
        while True:
            self._changed.clear()
            try:
                self._listener = await asyncio.to_thread(read, self._workspace)
                if self._listener and not server:
                    server = await asyncio.start_server(self._handle, "127.0.0.1", port)
                    log.info("a listener of port %d is deployed: it is 127.0.0.1:%d", self._listener.port, port)
            except (BotoCoreError, ClientError, LookupError, OSError):
                log.exception("something is deployed or deleted at this moment, or wrong")
                self._changed.set()
            if server and not self._listener:
                server.close()  # open connections stay open, as on AWS
                server = None
            await asyncio.sleep(_LOOK_SECONDS)
            await self._changed.wait()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handle one connection. A client on loopback gets this machine's address in the network of the tasks."""
        address: str = writer.get_extra_info("peername")[0]
        if IPv4Address(address).is_loopback:
            address = self._machine
        try:
            if not (listener := self._listener) or not listener.admits(address):
                log.warning("the security groups do not let %s connect", address)
                return
            if not listener.targets:
                log.warning("the target group has no healthy target for %s", address)
                return
            if listener.tls:
                await writer.start_tls(listener.tls)
            await self._forward(listener, address, reader, writer)
        except (OSError, TimeoutError) as error:
            log.warning("the connection of %s ends: %r", address, error)
        finally:
            writer.transport.abort()

    async def _forward(
        self, listener: Listener, address: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        host, port = listener.targets[next(self._turns) % len(listener.targets)]
        source = (address, 0) if listener.keeps_address else None
        self._under_way[host] += 1
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                from_task, to_task = await asyncio.open_connection(host, port, local_addr=source)
            with contextlib.closing(to_task):
                ways = [_copy(reader, to_task), _copy(from_task, writer)]
                both = [asyncio.ensure_future(way) for way in ways]
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                for way in both:
                    way.cancel()
                await asyncio.gather(*both, return_exceptions=True)
            # The client still receives the last data of the task, such as the reason for a rejected association.
            writer.close()
            async with asyncio.timeout(_CONNECT_SECONDS):
                await writer.wait_closed()
        finally:
            self._under_way[host] -= 1


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK_BYTES):
        writer.write(chunk)
        await writer.drain()
