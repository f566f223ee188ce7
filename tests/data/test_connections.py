"""A task serves as many connections as load balancers hold open, and its own health check beside them."""

import asyncio
import ssl
from collections import Counter

import aiohttp
import pytest

from local.images import docker
from local.runner.http_headers import STICKY_COOKIE, cookie_of
from tests.data.archive import Archive

IDLE, AT_ONCE = 500, 400
SECONDS = 120  # more than this machine needs, less than a task that hangs


async def ask(session: aiohttp.ClientSession, url: str) -> int:
    async with session.get(url) as answer:
        await answer.read()
        return answer.status


async def idle_and_at_once(archive: Archive, task: str) -> tuple[Counter[int], str]:
    """Hold idle connections to the task, as another load balancer's node, and ask it through the edge.

    Answers how often each status came, and what the task's own health check says meanwhile.
    """
    sticky = {STICKY_COOKIE: cookie_of((archive.address(task), 8042))}
    auth = aiohttp.encode_basic_auth("admin", archive.passwords()["admin"])
    common = {"timeout": aiohttp.ClientTimeout(SECONDS), "headers": {"Authorization": auth}}
    context = ssl._create_unverified_context()  # noqa: S323 - nobody signs a task's certificate
    opened: list[asyncio.StreamWriter] = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), cookies=sticky, **common) as viewers:
        for _ in range(IDLE):
            reader, writer = await asyncio.open_connection(archive.address(task), 8042, ssl=context)
            # The first request opens the connection; then it is silent.
            writer.write(f"GET /system HTTP/1.1\r\nHost: orthanc\r\nAuthorization: {auth}\r\n\r\n".encode())
            assert (await reader.readline()).split()[1] == b"200", "an idle connection gets no answer"
            opened.append(writer)
        answers = await asyncio.gather(*(ask(viewers, f"{archive.url}/statistics") for _ in range(AT_ONCE)))
        # The edge's own connections are idle now, too.
        probe = await asyncio.to_thread(docker, "exec", task, "/probes/test-aliveness.py")
        for writer in opened:
            writer.close()
    return Counter(answers), probe


def test_idle_connections_leave_room_for_requests_and_for_the_health_check(on_s3: Archive):
    before = {task["name"] for task in on_s3.tasks()}
    try:
        answers, _ = asyncio.run(asyncio.wait_for(idle_and_at_once(on_s3, min(before)), SECONDS))
    except TimeoutError:
        pytest.fail("a task with idle connections answers nobody any more")
    assert answers == {200: AT_ONCE}, "a request found no thread, or waited for one that an idle connection has"
    assert {task["name"] for task in on_s3.tasks()} == before, "a task was replaced"
