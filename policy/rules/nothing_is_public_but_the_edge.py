"""Nothing in the VPC has a public address or admits the whole internet. Viewers connect through CloudFront.

Optionally, a network load balancer has public addresses for DICOM, behind security groups that list networks.
"""

from collections.abc import Iterator

from . import Properties

_EVERYBODY = {"0.0.0.0/0", "::/0"}


def check(kind: str, properties: Properties) -> Iterator[str]:
    """Checks databases, services, load balancers and security group rules."""
    if kind == "aws:rds/instance:Instance" and properties.get("publiclyAccessible") is True:
        yield "the database has a public address: set publiclyAccessible to false"
    if kind == "aws:ecs/service:Service" and (properties.get("networkConfiguration") or {}).get("assignPublicIp"):
        yield "tasks get public addresses: set assignPublicIp to false"
    if kind == "aws:lb/loadBalancer:LoadBalancer" and properties.get("internal") is not True:
        if properties.get("loadBalancerType") != "network":
            yield "the load balancer faces the internet: set internal to true"
        elif not properties.get("securityGroups"):
            yield "the load balancer admits everybody: give it a security group when it is made"
    if kind == "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":
        for name in ("cidrIpv4", "cidrIpv6"):
            if properties.get(name) in _EVERYBODY:
                yield f"{name} {properties[name]} admits everybody: name a security group or a narrower range"
    if kind == "aws:ec2/securityGroup:SecurityGroup" and properties.get("ingress"):
        yield "rules in the group itself are not looked at: make each a SecurityGroupIngressRule"
