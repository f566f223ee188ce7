"""The embedded load balancer keeps its connections to a task, as an application load balancer does."""

import http.server
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from local.runner import edge, firewall
from local.runner.listener_rules import Group, ListenerRule
from local.runner.routes import Route
from local.workspace import Workspace

NODES, IDLE_SECONDS, REQUESTS = 2, 4, 40


class Counting(http.server.ThreadingHTTPServer):
    """Stands for a task. `opened`: connections so far; `open`: those that are open now."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.opened = self.open = 0


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # a connection stays open

    def handle(self) -> None:
        assert isinstance(self.server, Counting)
        self.server.opened += 1
        self.server.open += 1
        super().handle()
        self.server.open -= 1

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def task() -> Iterator[Counting]:
    server = Counting()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.fixture
def url(task: Counting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an edge that leads to the task."""
    route = Route(
        names={"d1.cloudfront.net": ""},
        origin_host="",
        web_acl=firewall.read(Workspace(tmp_path), ""),
        methods=frozenset({"GET"}),
        function=None,
        headers_policy={},
        protocol="http",
        port=80,
        read_timeout=IDLE_SECONDS,
        nodes=NODES,
        idle_seconds=IDLE_SECONDS,
        rules=(ListenerRule((), Group("http", (("127.0.0.1", task.server_port),), None)),),
        distribution="E1",
    )
    monkeypatch.setattr(edge, "read", lambda _: route)
    edge.Front(Workspace(tmp_path))
    return f"http://127.0.0.1:{Workspace(tmp_path).port('edge')}/"


def test_each_node_keeps_its_connection_for_the_idle_timeout(task: Counting, url: str):
    for _ in range(REQUESTS):
        assert requests.get(url, timeout=30).status_code == 200
    assert task.opened >= NODES, "the nodes of a load balancer share their connections"
    # Where the machine stalls, a connection may have been idle for too long.
    assert task.opened < REQUESTS, "a connection is not used again"
    deadline = time.monotonic() + 30
    while task.open:
        assert time.monotonic() < deadline, "an idle connection stays open for longer than the idle timeout"
        time.sleep(0.1)
