"""The database goes away without a word, or starts again: requests go on by themselves, and tasks stay.

After a failover to a standby nobody answers on the connections that were open; new ones succeed.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
import requests

from local.images import docker, ensure_services_image
from tests.data.archive import Archive
from tests.data.load import Load

# What the program's timeouts need is some 25 s, and this machine needs the rest. Without them Linux gives a
# connection up after a quarter of an hour.
PATIENCE_SECONDS = 90
# More requests than all tasks together have connections.
IN_A_ROW = 80


def database(archive: Archive) -> str:
    """The name of the container."""
    [found] = archive.embedded.containers("database")
    return found["name"]


@contextmanager
def failover(archive: Archive) -> Iterator[None]:
    """Drop every packet of the connections that the database has now."""
    name = database(archive)
    clients = (
        "SELECT host(client_addr) || ' . ' || client_port FROM pg_stat_activity WHERE client_addr IS NOT NULL"
    )
    psql = ("psql", "--host=/tmp", "--username=rdsadmin", "--no-align", "--tuples-only", "postgres")
    open_now = docker("exec", name, *psql, "--command", clients).splitlines()
    inside = ("run", "--rm", f"--network=container:{name}", "--cap-add=NET_ADMIN", ensure_services_image(print))
    dead = f"set dead {{ type ipv4_addr . inet_service; elements = {{ {', '.join(open_now)} }}; }}"
    chains = (
        "chain in { type filter hook input priority filter; ip saddr . tcp sport @dead drop; }",
        "chain out { type filter hook output priority filter; ip daddr . tcp dport @dead drop; }",
    )
    docker(*inside, "nft", f"table ip gone {{ {'; '.join((dead, *chains))}; }}")
    yield
    docker(*inside, "nft", "delete table ip gone")


@contextmanager
def restart(archive: Archive) -> Iterator[None]:
    """Stop the database, which ends its connections, and start it again."""
    docker("restart", database(archive))
    yield


def seconds_until_served(archive: Archive) -> float:
    """How long until requests succeed, and go on succeeding."""
    began, in_a_row = time.monotonic(), 0
    while in_a_row < IN_A_ROW:
        try:
            served = archive.session.get(f"{archive.url}/statistics", timeout=PATIENCE_SECONDS).ok
        except requests.RequestException:
            served = False
        in_a_row = in_a_row + 1 if served else 0
        assert time.monotonic() - began < PATIENCE_SECONDS, "requests still hang or fail"
    return time.monotonic() - began


@pytest.mark.parametrize("interrupted", [failover, restart])
def test_viewers_are_served_again_by_the_same_tasks(
    on_s3: Archive, interrupted: Callable[[Archive], AbstractContextManager[None]]
):
    before = {task["name"] for task in on_s3.tasks()}
    with Load(on_s3) as load, interrupted(on_s3):
        seconds = seconds_until_served(on_s3)
    figures = f"{load.sent} requests, {len(load.failed)} failed, the longest {load.longest_seconds:.0f} s"
    print(f"{interrupted.__name__}: {figures}; served again after {seconds:.0f} s")
    assert load.failed, "the database was not interrupted"
    assert {task["name"] for task in on_s3.tasks()} == before, "a task was replaced for the database's fault"
