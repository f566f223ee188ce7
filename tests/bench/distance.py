"""What lies between a task and what it calls on AWS: S3 in its region, a database in another zone."""

from pathlib import Path

from local.images import docker, ensure_stand_in
from local.runner import containers
from local.workspace import Workspace
from tests.embedded import Embedded

S3_MILLISECONDS = 30
"""Until an object's first byte. Low: the Amazon S3 User Guide, "Performance guidelines", has 100 to 200."""
DATABASE_MILLISECONDS = 1

_DELAY = Path(__file__).with_name("delay.py")
_PROXY_OFFSET = 10000  # from the port that is called to the proxy's


def move_away_s3(embedded: Embedded) -> None:
    """Let every call of a task to AWS take that much more, until `down`."""
    _delay(embedded.workspace, f"{embedded.workspace.slug}-relay", containers.AWS_PORT, S3_MILLISECONDS)


def move_away_database(embedded: Embedded) -> None:
    """Let every answer of the database take that much more, until `down`."""
    [database] = embedded.containers("database")
    [instance] = embedded.client("rds").describe_db_instances()["DBInstances"]
    _delay(embedded.workspace, database["name"], instance["Endpoint"]["Port"], DATABASE_MILLISECONDS)


def _delay(workspace: Workspace, container: str, port: int, milliseconds: int) -> None:
    """Lead those who call `port` of the container through a proxy in its network."""
    inside, proxy = f"--network=container:{container}", port + _PROXY_OFFSET
    program = ("--entrypoint=python3", f"--volume={_DELAY}:/delay.py:ro", ensure_stand_in(lambda line: None))
    label = f"--label=orthanc.runner={workspace.slug}"
    docker("run", "--detach", label, inside, *program, "/delay.py", str(proxy), str(port), str(milliseconds))
    chain = f"type nat hook prerouting priority dstnat; tcp dport {port} redirect to :{proxy}"
    rule = f"table inet distance {{ chain arriving {{ {chain}; }}; }}"
    docker("run", "--rm", "--cap-add=NET_ADMIN", inside, containers.services_image(), "nft", rule)
