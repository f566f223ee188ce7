"""The task runner: emulates ECS, RDS, the edge and the network load balancer."""

import logging
import threading
from collections.abc import Callable

from local.emulator.overlay import changes
from local.runner import containers
from local.runner.databases import Databases
from local.runner.edge import Front
from local.runner.network_balancer import NetworkBalancer
from local.runner.services import Services
from local.runner.tasks import Links
from local.workspace import Workspace

# Seconds between checks of the deployed resources: until everything is as deployed, and after a change.
_BUSY, _AT_REST = 0.3, 1.0

log = logging.getLogger("runner")


def start(workspace: Workspace) -> Callable[[], None]:
    """Run the deployed resources in threads; returns a function that stops them and removes all containers."""
    containers.open_network(workspace)
    front, network_balancer = Front(workspace), NetworkBalancer(workspace)
    changed, stopped = threading.Event(), threading.Event()
    changes.tell(changed.set)
    databases = Databases(workspace, changed.set)

    def busy(address: str) -> bool:
        return front.busy(address) or network_balancer.busy(address)

    services = Services(workspace, Links(busy, front.cut, changed.set))

    def follow() -> None:
        steady = False
        while not stopped.wait(_AT_REST if steady else _BUSY):
            if steady:
                changed.wait()
            changed.clear()
            try:
                steady = services.follow(may_start=databases.follow())
            except Exception:
                steady = False
                log.exception(
                    "something is deployed or deleted at this moment, or wrong"
                )  # the next check shows it

    def stop() -> None:
        stopped.set()
        changed.set()
        thread.join()
        containers.remove_all(workspace)

    thread = threading.Thread(target=follow, name="runner", daemon=True)
    thread.start()
    log.info("the edge answers at http://127.0.0.1:%s", workspace.port("edge"))
    return stop
