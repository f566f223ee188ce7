"""EC2: Elastic IP addresses and NAT gateways, VPC endpoints, and security groups and their rules."""

import json
import re
from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule
from moto.ec2.models.vpcs import VPCBackend, VPCEndPoint
from moto.ec2.responses import EC2Response

from local.emulator.overlay import AwsError, Parameters, operation, replaces
from offline.stand_ins.documented import EC2, EC2_TEXT

_LONGEST_POLICY = 20480  # characters

PEERS = {
    "CidrIpv4": ("ip_range", "CidrIp"),
    "CidrIpv6": ("ip_range", "CidrIpv6"),
    "ReferencedGroupId": ("source_group", "GroupId"),
}


@replaces(EC2Backend)
def create_nat_gateway(
    original: Any, self: Any, subnet_id: str, allocation_id: str | None = None, *more: Any, **others: Any
) -> NatGateway:
    """moto creates the network interface before it rejects an address in use, and leaves it in the subnet."""
    if any(held.allocation_id == allocation_id and held.association_id for held in self.addresses):
        message = f"Elastic IP address [{allocation_id}] is already associated"
        raise AwsError("Resource.AlreadyAssociated", message)
    return original(self, subnet_id, allocation_id, *more, **others)


@replaces(EC2Backend)
def delete_nat_gateway(original: Any, self: Any, nat_gateway_id: str) -> NatGateway:
    """moto leaves its address associated and its interface in the subnet, so that neither can be deleted."""
    gateway = original(self, nat_gateway_id)
    for address in self.addresses:
        if address.eni is gateway._eni:
            self.disassociate_address(association_id=address.association_id)
    self.enis.pop(gateway._eni.id, None)
    return gateway


@replaces(EC2Backend)
def release_address(
    original: Any, self: Any, address: str | None = None, allocation_id: str | None = None
) -> None:
    """moto releases addresses that a NAT gateway uses."""
    for held in self.addresses:
        if held.allocation_id == allocation_id and held.association_id:
            raise AwsError("InvalidIPAddress.InUse", f"Address {held.public_ip} is in use.")
    original(self, address, allocation_id)


@replaces(VPCBackend)
def delete_vpc_endpoints(original: Any, self: Any, vpce_ids: list[str] | None = None) -> None:
    """moto returns deleted endpoints forever."""
    original(self, vpce_ids)
    for id in vpce_ids or []:
        self.vpc_end_points.pop(id, None)


@replaces(VPCEndPoint)
def get_filter_value(original: Any, self: Any, filter_name: str, method_name: str | None = None) -> Any:
    """moto cannot filter endpoints by service name."""
    return self.service_name if filter_name == "service-name" else original(self, filter_name, method_name)


@replaces(VPCBackend)
def create_vpc_endpoint(original: Any, self: Any, **given: Any) -> VPCEndPoint:
    """moto accepts any policy, and returns no type if none was given; the default is Gateway (API reference)."""
    _check_policy(given.get("policy_document"))
    given["endpoint_type"] = given["endpoint_type"] or "Gateway"
    return original(self, **given)


@replaces(VPCEndPoint)
def modify(original: Any, self: Any, policy: str | None, *changes: Any) -> None:
    """moto adds no routes to a gateway endpoint for route tables added later; deleting the endpoint then fails."""
    _check_policy(policy)
    before = set(self.route_table_ids)
    original(self, policy, *changes)
    if not (prefix_list := self.destination_prefix_list_id):
        return
    for table in before - set(self.route_table_ids):
        self.ec2_backend.delete_route(table, prefix_list)
    for table in set(self.route_table_ids) - before:
        self.ec2_backend.create_route(table, None, gateway_id=self.id, destination_prefix_list_id=prefix_list)


@replaces(EC2Response)
def modify_vpc_endpoint(original: Any, self: Any) -> Any:
    """moto does not restore the default policy."""
    if self._get_bool_param("ResetPolicy"):
        [endpoint] = self.ec2_backend.describe_vpc_endpoints([self._get_param("VpcEndpointId")])
        endpoint.policy_document = json.dumps(VPCEndPoint.DEFAULT_POLICY)
    return original(self)


@replaces(SecurityGroupBackend)
def create_security_group(original: Any, self: Any, name: str, description: str, *more: Any, **others: Any) -> Any:
    """moto accepts any description."""
    _check_description(description)
    return original(self, name, description, *more, **others)


@replaces(SecurityGroupRule, "__init__")
def keep_description(
    original: Any,
    self: Any,
    backend: Any,
    protocol: str,
    group_id: str,
    from_port: Any,
    to_port: Any,
    *peers: Any,
    **more: Any,
) -> None:
    """moto keeps the description of a rule for an address range, but not for a security group or prefix list."""
    original(self, backend, protocol, group_id, from_port, to_port, *peers, **more)
    self.note = next((peer["Description"] for peer in peers if peer and peer.get("Description")), None)
    _check_description(self.note)


setattr(SecurityGroupRule, "description", property(lambda rule: rule.note))  # noqa: B010 - moto's is typed


def _check_policy(text: str | None) -> None:
    """Check a policy (AWS PrivateLink Guide, "Control access to VPC endpoints using endpoint policies")."""
    if text is None:
        return
    statements = json.loads(text).get("Statement", [])
    nameless = [one for one in statements if not {"Principal", "NotPrincipal"} & set(one)]
    if nameless or len(text) > _LONGEST_POLICY:
        reason = "a statement without Principal" if nameless else f"{len(text)} characters, not {_LONGEST_POLICY}"
        raise AwsError("InvalidPolicyDocument", f"Policy document is invalid: {reason}")


def _check_description(text: str | None) -> None:
    if not re.fullmatch(EC2, text or ""):
        raise AwsError("InvalidParameterValue", f"Invalid description '{text}'. Valid: {EC2_TEXT}.")


def _modify_security_group_rules(request: Any, given: Parameters) -> Parameters:
    """moto does not change the security group or prefix list of a rule, and rejects rules for all protocols."""
    group = request.ec2_backend.get_security_group_from_id(given["GroupId"])
    for update in given["SecurityGroupRules"]:
        id, new = update["SecurityGroupRuleId"], update["SecurityGroupRule"]
        rule = group.get_rule(id) if group else None
        _check_description(new.get("Description"))
        if rule is None:
            raise AwsError("InvalidSecurityGroupRuleId.NotFound", f"The rule '{id}' does not exist")
        for parameter, (attribute, key) in PEERS.items():
            if parameter in new:
                peer = getattr(rule, attribute)
                if key not in peer:
                    raise AwsError("InvalidParameterValue", f"The kind of peer of '{id}' cannot be changed.")
                peer[key] = new[parameter]
        rule.prefix_list_id = new.get("PrefixListId")
        rule.ip_protocol, rule.note = new["IpProtocol"], new.get("Description")
        rule.from_port, rule.to_port = new.get("FromPort"), new.get("ToPort")
    return {"Return": True}


operation(EC2Response, "ModifySecurityGroupRules", _modify_security_group_rules)
