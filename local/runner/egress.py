"""The outbound rules of a task's security groups: a packet filter in the network of its container."""

from collections.abc import Iterable

from local.images import ImageError, docker
from local.runner import containers
from local.runner.aws import client
from local.runner.documents import Document
from local.workspace import Workspace


def restrict(workspace: Workspace, name: str, groups: list[str]) -> None:
    """Let the container `name` open only TCP connections that the current rules of `groups` allow.

    Raises ImageError if that fails, except for a container that has stopped by itself.
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
    """The rules as a table for nft. A security group or prefix list as the destination allows any address.

    Connections within the container and to the emulated AWS, which may have any address, are always allowed. So is
    all traffic other than TCP (DNS uses UDP).
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
