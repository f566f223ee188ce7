"""The resources that CloudFront creates in a VPC for a VPC origin, and deletes later than the origin.

CloudFront creates a security group with a fixed name for the first origin in a VPC, and for each origin a network
interface in every subnet of its load balancer (CloudFront Developer Guide, "Restrict access with VPC origins").
Only CloudFront can delete the interfaces. The subnets, security group and VPC cannot be deleted before them.

The interfaces are deleted together with the origin, unless the workspace has a file
`.local/cloudfront-leaves-seconds` with the number of seconds for which they remain.
"""

import time
from pathlib import Path
from typing import Any

from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.responses import EC2Response

from local.emulator.overlay import AwsError, replaces
from local.workspace import Workspace

GROUP = "CloudFront-VPCOrigins-Service-SG"

_delay: Path | None = None  # the path of the file; None until a workspace is configured
_State = dict[str, Any]


def configure(workspace: Workspace, *, tasks: bool) -> None:
    """Set the path of the file with the delay."""
    global _delay
    _delay = workspace.home / "cloudfront-leaves-seconds"


def arrive(account: str, region: str, origin: str, balancer: Any) -> None:
    """Create the security group and the network interfaces of an origin."""
    backend: Any = ec2_backends[account][region]
    group = backend.get_security_group_from_name(GROUP, balancer.vpc_id)
    if group is None:
        group = backend.create_security_group(GROUP, "Managed by CloudFront", vpc_id=balancer.vpc_id)
    description = f"CloudFront VPC origin {origin}"
    made = [
        backend.create_network_interface(subnet, None, group_ids=[group.id], description=description)
        for subnet in balancer.subnets
    ]
    for interface in made:
        interface.requester_managed = True
    _origins(backend)[origin] = {"group": group, "interfaces": [each.id for each in made], "left": None}


def leave(account: str, region: str, origin: str) -> None:
    """Record that an origin was deleted; its resources remain for the configured time."""
    backend = ec2_backends[account][region]
    if state := _origins(backend).get(origin):
        state["left"] = time.monotonic()
    _tidy(backend)


@replaces(EC2Response, "call_action")
def _call_action(original: Any, self: EC2Response) -> Any:
    """Delete the expired resources of CloudFront before each request."""
    _tidy(self.ec2_backend)
    return original(self)


@replaces(EC2Backend)
def delete_subnet(original: Any, self: Any, subnet_id: str) -> Any:
    """moto deletes subnets that contain network interfaces."""
    if any(interface.subnet.id == subnet_id for interface in self.enis.values()):
        raise AwsError("DependencyViolation", f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")
    return original(self, subnet_id)


@replaces(EC2Backend)
def delete_security_group(original: Any, self: Any, name: str | None = None, group_id: str | None = None) -> Any:
    """moto deletes security groups that network interfaces use."""
    if any(group.id == group_id for interface in self.enis.values() for group in interface.group_set):
        raise AwsError("DependencyViolation", f"resource {group_id} has a dependent object")
    return original(self, name, group_id)


@replaces(EC2Backend)
def delete_vpc(original: Any, self: Any, vpc_id: str) -> Any:
    """moto deletes VPCs that contain security groups other than the default one."""
    if any(group.name != "default" for group in self.groups.get(vpc_id, {}).values()):
        raise AwsError("DependencyViolation", f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
    return original(self, vpc_id)


@replaces(NetworkInterface)
def get_filter_value(original: Any, self: Any, filter_name: str, method_name: str | None = None) -> Any:
    """moto cannot filter network interfaces by the name of their security group."""
    if filter_name == "group-name":
        return [group.name for group in self.group_set]
    return original(self, filter_name, method_name)


@replaces(EC2Backend)
def delete_network_interface(original: Any, self: Any, eni_id: str) -> None:
    """moto lets any caller delete interfaces that a service manages."""
    interface = self.enis.get(eni_id)
    if interface and interface.requester_managed:
        message = f"You do not have permission to access the specified resource: {eni_id}"
        raise AwsError("AuthFailure", message)
    original(self, eni_id)


def _tidy(backend: EC2Backend) -> None:
    stays = float(_delay.read_text()) if _delay and _delay.exists() else 0
    origins = _origins(backend)
    for id, state in list(origins.items()):
        if state["left"] is None or time.monotonic() < state["left"] + stays:
            continue
        del origins[id]
        for interface in state["interfaces"]:
            backend.enis.pop(interface, None)
        group = state["group"]
        if not any(other["group"] is group for other in origins.values()):
            backend.delete_security_group(group_id=group.id)


def _origins(backend: EC2Backend) -> dict[str, _State]:
    """The resources of each origin, stored on the backend so that moto's reset removes them."""
    return vars(backend).setdefault("vpc_origins", {})
