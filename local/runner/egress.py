"""Security groups towards what a task calls: a packet filter in its container's own network."""

from collections.abc import Iterable

from local.images import ImageError, docker
from local.runner import containers
from local.runner.aws import client
from local.runner.documents import Document
from local.workspace import Workspace


def restrict(workspace: Workspace, name: str, groups: list[str]) -> None:
    """Let the container `name` open only those TCP connections that the rules of `groups` allow now.

    Raises ImageError where that cannot be done, but for a container that has ended by itself.
    """
    of_these = [{"Name": "group-id", "Values": groups}]
    rules = client(workspace, "ec2").describe_security_group_rules(Filters=of_these)["SecurityGroupRules"]
    inside = (f"--network=container:{name}", "--cap-add=NET_ADMIN", containers.services_image())
    try:
        docker("run", "--rm", *inside, "nft", packet_filter(rules))
    except ImageError:
        if containers.inspect(name, "{{.State.Running}}") == "true":
            raise


def packet_filter(rules: Iterable[Document]) -> str:
    """The rules as a table for nft. Whom a security group or prefix list stands for is not asked: any address.

    Connections within the container and to the emulated AWS, whose place any address may have, are always let out;
    what is not TCP is (names are asked for over UDP).
    """
    allowed = [
        'oifname "lo" accept',
        "ct state established,related accept",
        f"tcp dport {containers.AWS_PORT} accept",
        *(_accept(rule) for rule in rules if rule["IsEgress"] and rule["IpProtocol"] in ("tcp", "-1")),
        "meta l4proto tcp reject with tcp reset",
    ]
    chain = "; ".join(["type filter hook output priority filter", "policy accept", *allowed])
    return f"table inet security_groups {{ chain output {{ {chain}; }}; }}"


def _accept(rule: Document) -> str:
    peer = f"ip daddr {rule['CidrIpv4']} " if rule.get("CidrIpv4") else ""
    port = f"tcp dport {rule['FromPort']}-{rule['ToPort']} " if rule["IpProtocol"] == "tcp" else ""
    return f"{peer}{port}accept"
