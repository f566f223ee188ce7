"""The way to the tasks under an own name: a wrong certificate, record or port is met as on AWS."""

import copy
import re
from collections.abc import Iterator
from typing import Any

import pytest

from local.runner.listener_rules import Answer, Group
from local.runner.routes import Route, RouteError, read
from local.workspace import Workspace
from tests.emulated import emulated
from tests.local.runner.deployment import PREFIX_LIST, Deployment

NAME = "archive.example.org"
CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"


class OwnName(Deployment):
    """The small deployment under a name of its own: certificate, records, HTTPS to the load balancer."""

    def __init__(self, workspace: Workspace):
        super().__init__(workspace)
        route53, elb, ec2 = self.client("route53"), self.client("elbv2"), self.client("ec2")
        self.zone = route53.create_hosted_zone(Name="example.org", CallerReference="1")["HostedZone"]["Id"]
        self.certificate, self.other = self.issued(NAME), self.issued("*.other.example.org")
        [listener] = elb.describe_listeners(LoadBalancerArn=self.balancer["LoadBalancerArn"])["Listeners"]
        self.listener = listener["ListenerArn"]
        self.listen(Protocol="HTTPS", Port=443, Certificates=[{"CertificateArn": self.certificate}])
        [prefix_list] = ec2.describe_managed_prefix_lists(
            Filters=[{"Name": "prefix-list-name", "Values": [PREFIX_LIST]}]
        )["PrefixLists"]
        rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
        self.admitted = [{**rule, "PrefixListIds": [{"PrefixListId": prefix_list["PrefixListId"]}]}]
        ec2.authorize_security_group_ingress(GroupId=self.balancer_group, IpPermissions=self.admitted)
        self._use_own_name()
        for kind in ("A", "AAAA"):
            self.record("CREATE", kind)

    def issued(self, name: str) -> str:
        """The ARN of a new certificate that DNS validates."""
        acm = self.client("acm")
        arn = acm.request_certificate(DomainName=name, ValidationMethod="DNS")["CertificateArn"]
        asked = acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"][0]
        record = asked["ResourceRecord"]
        values = {"TTL": 60, "ResourceRecords": [{"Value": record.pop("Value")}]}
        self.change("CREATE", {**record, **values})
        return arn

    def listen(self, **changed: Any) -> None:
        """Change the listener."""
        forward = [{"Type": "forward", "TargetGroupArn": self.target_group}]
        self.client("elbv2").modify_listener(ListenerArn=self.listener, DefaultActions=forward, **changed)

    def record(self, action: str, kind: str) -> None:
        """Make or delete one of the records that lead to the distribution."""
        alias = {"DNSName": self.distribution["DomainName"], "HostedZoneId": CLOUDFRONT_ZONE}
        target = {"AliasTarget": {**alias, "EvaluateTargetHealth": False}}
        self.change(action, {"Name": NAME, "Type": kind, **target})

    def change(self, action: str, record: dict[str, Any]) -> None:
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
        self.client("route53").change_resource_record_sets(HostedZoneId=self.zone, ChangeBatch=batch)

    def _use_own_name(self) -> None:
        cloudfront = self.client("cloudfront")
        [old] = cloudfront.list_vpc_origins()["VpcOriginList"]["Items"]
        endpoint = cloudfront.get_vpc_origin(Id=old["Id"])["VpcOrigin"]["VpcOriginEndpointConfig"]
        new = {**endpoint, "Name": "https", "OriginProtocolPolicy": "https-only"}
        origin = cloudfront.create_vpc_origin(VpcOriginEndpointConfig=new)["VpcOrigin"]["Id"]
        found = cloudfront.get_distribution_config(Id=self.distribution["Id"])
        config = copy.deepcopy(found["DistributionConfig"])
        config["Origins"]["Items"][0]["VpcOriginConfig"]["VpcOriginId"] = origin
        config["Aliases"] = {"Quantity": 1, "Items": [NAME]}
        config["ViewerCertificate"] = {"ACMCertificateArn": self.certificate, "SSLSupportMethod": "sni-only"}
        change = {"Id": self.distribution["Id"], "IfMatch": found["ETag"]}
        cloudfront.update_distribution(DistributionConfig=config, **change)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnName]:
    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    with emulated(workspace, "--no-tasks"):
        yield OwnName(workspace)


@pytest.fixture(autouse=True)
def _as_it_was(own: OwnName) -> Iterator[None]:
    yield
    assert route(own).names[NAME] == "", "the test left something behind"


def route(own: OwnName) -> Route:
    return read(own.workspace)


def test_the_own_name_leads_over_https_to_the_tasks(own: OwnName):
    found = route(own)
    assert (found.protocol, found.port) == ("https", 443)
    assert list(found.names) == [NAME, own.distribution["DomainName"]]
    assert f"covers {NAME} only" in found.names[own.distribution["DomainName"]], (
        "the load balancer's certificate does not cover the distribution's own name: CloudFront answers 502"
    )


@pytest.mark.parametrize("kind", ["A", "AAAA"])
def test_without_its_record_the_name_leads_nowhere(own: OwnName, kind: str):
    own.record("DELETE", kind)
    assert route(own).names[NAME].endswith(f": no alias record {kind}")
    own.record("CREATE", kind)


def test_a_certificate_of_another_name_is_not_trusted(own: OwnName):
    own.listen(Certificates=[{"CertificateArn": own.other}])
    assert "covers *.other.example.org only" in route(own).names[NAME]
    own.listen(Certificates=[{"CertificateArn": own.certificate}])


@pytest.mark.parametrize(
    ("status", "text", "changed"),
    [
        (502, "CloudFront speaks https-only to HTTP", {"Protocol": "HTTP"}),
        (502, "KeyError(443)", {"Port": 8443}),
    ],
)
def test_a_listener_that_cloudfront_does_not_ask_for(own: OwnName, status: int, text: str, changed: Any):
    own.listen(**changed)
    with pytest.raises(RouteError, match=re.escape(text)) as refused:
        route(own)
    assert refused.value.status == status
    own.listen(Protocol="HTTPS", Port=443, Certificates=[{"CertificateArn": own.certificate}])


def test_a_port_that_is_shut(own: OwnName):
    rule = {"GroupId": own.balancer_group, "IpPermissions": own.admitted}
    own.client("ec2").revoke_security_group_ingress(**rule)
    with pytest.raises(RouteError, match="do not let CloudFront in on 443") as refused:
        route(own)
    assert refused.value.status == 504
    own.client("ec2").authorize_security_group_ingress(**rule)


def test_the_listeners_rules_are_read_in_their_order(own: OwnName):
    elb = own.client("elbv2")
    forward = [{"Type": "forward", "TargetGroupArn": own.target_group}]
    fixed = {"StatusCode": "403", "ContentType": "text/plain", "MessageBody": "no"}
    refuse = [{"Type": "fixed-response", "FixedResponseConfig": fixed}]
    conditions = {
        number: [{"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "n", "Value": str(number)}]}}]
        for number in (20, 3)
    }
    for number, actions in ((20, forward), (3, refuse)):
        elb.create_rule(ListenerArn=own.listener, Priority=number, Conditions=conditions[number], Actions=actions)
    elb.modify_listener(ListenerArn=own.listener, DefaultActions=refuse)
    first, second, default = route(own).rules
    assert isinstance(first.action, Answer) and first.action.text == "no"
    assert isinstance(second.action, Group) and second.conditions[0]["Field"] == "query-string"
    assert default.conditions == () and default.action == first.action
    rules = elb.describe_rules(ListenerArn=own.listener)["Rules"]
    for rule in rules:
        if not rule["IsDefault"]:
            elb.delete_rule(RuleArn=rule["RuleArn"])
    elb.modify_listener(ListenerArn=own.listener, DefaultActions=forward)
