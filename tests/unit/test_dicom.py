"""The way in for modalities: its balancer, and what Orthanc lets each of them do."""

import json
from typing import Any

import pytest

from tests.unit.program import CERTIFICATE, INTERNAL, PACS, PUBLIC, SCANNER, Program, deployed

BOTH = pytest.mark.parametrize("mode", [INTERNAL, PUBLIC], ids=["internal", "public"])


def network_balancer(program: Program, mode: dict[str, str]) -> tuple[dict[str, Any], ...]:
    """Balancer, target group and listener."""
    name = f"orthanc-dicom-{mode['dicomIngress']}"
    return tuple(program.one(kind, name).inputs for kind in ("LoadBalancer", "TargetGroup", "Listener"))


def test_without_ingress_nothing_leads_to_the_dicom_port():
    program = deployed()
    assert [group.inputs["port"] for group in program.all("TargetGroup")] == [8042]
    assert [each["containerPort"] for each in program.one("Service").inputs["loadBalancers"]] == [8042]
    ports = {rule.inputs["toPort"] for rule in program.all("SecurityGroupIngressRule")}
    assert 4242 not in ports and 11112 not in ports
    assert "dicomEndpoint" not in program.outputs
    assert "DicomModalities" not in program.orthanc()


@pytest.mark.parametrize(
    ("mode", "internal", "subnets"), [(INTERNAL, True, "private"), (PUBLIC, False, "public")], ids=str
)
def test_the_balancer_stands_where_modalities_reach_it(mode: dict[str, str], internal: bool, subnets: str):
    program = deployed(**mode)
    balancer, group, listener = network_balancer(program, mode)
    assert balancer["internal"] is internal and balancer["loadBalancerType"] == "network"
    assert balancer["subnets"] == [f"subnet-{subnets}-1", f"subnet-{subnets}-2"]
    assert balancer["securityGroups"] == ["orthanc-network-sg-dicom-balancer-id"], "it can never get a first one"
    assert balancer["enableCrossZoneLoadBalancing"], "one of its two addresses leads to no task"
    assert group["preserveClientIp"] == "true", "Orthanc sees the balancer in place of the modality"
    assert (group["targetType"], group["protocol"], group["port"]) == ("ip", "TCP", 4242)
    assert listener["defaultActions"] == [{"type": "forward", "targetGroupArn": group_arn(mode)}]
    endpoint = f"orthanc-dicom-{mode['dicomIngress']}-dnsName:{listener['port']}"
    assert program.outputs["dicomEndpoint"] == endpoint, "modalities call a port where nobody listens"


def group_arn(mode: dict[str, str]) -> str:
    return f"arn:aws:lb:us-east-1:123456789012:orthanc-dicom-{mode['dicomIngress']}"


def test_tls_ends_at_the_balancer_where_there_is_a_certificate():
    plain, encrypted = (network_balancer(deployed(**mode), mode)[2] for mode in (INTERNAL, PUBLIC))
    assert (encrypted["protocol"], encrypted["port"], encrypted["certificateArn"]) == ("TLS", 2762, CERTIFICATE)
    assert encrypted["sslPolicy"].startswith("ELBSecurityPolicy-TLS13-1-2-"), "older TLS is spoken"
    assert "tcpIdleTimeoutSeconds" not in encrypted, "AWS refuses it beside TLS"
    assert (plain["protocol"], plain["port"]) == ("TCP", 11112)
    assert plain["tcpIdleTimeoutSeconds"] > 350 and "certificateArn" not in plain


@BOTH
def test_the_service_is_reached_both_ways_and_waits_for_both(mode: dict[str, str]):
    program = deployed(**mode)
    attached = {each["containerPort"]: each for each in program.one("Service").inputs["loadBalancers"]}
    assert set(attached) == {8042, 4242} <= {port["containerPort"] for port in program.container()["portMappings"]}
    assert attached[4242]["targetGroupArn"] == group_arn(mode)
    for way in (program.one("ListenerRule"), *(each for each in program.all("Listener") if "dicom" in each.name)):
        assert program.one("Service").waits_for(way), "ECS refuses a target group to which nothing leads"


def test_a_balancer_of_another_kind_has_its_own_target_group():
    internal, public = ({r.urn for r in deployed(**mode).all("TargetGroup")} for mode in (INTERNAL, PUBLIC))
    assert len(internal & public) == 1, "AWS refuses a target group for two balancers, the old and the new"


def test_names_leave_room_for_pulumis_random_digits():
    for mode in (INTERNAL, PUBLIC):
        for kind in ("LoadBalancer", "TargetGroup"):
            for resource in deployed(**mode).all(kind):
                assert len(resource.name) + 1 + 7 <= 32, f"the plugin refuses to name {resource.name}"


def test_two_titles_at_one_address_are_one_rule():
    twin = json.dumps([SCANNER, SCANNER | {"aet": "CT2"}])
    rules = deployed(**INTERNAL | {"dicomModalities": twin}).all("SecurityGroupEgressRule")
    to_scanner = [rule for rule in rules if rule.inputs.get("cidrIpv4") == "10.20.0.5/32"]
    assert len(to_scanner) == 1, "AWS refuses the same rule twice"


@pytest.mark.parametrize("modality", [SCANNER, PACS], ids=lambda modality: modality["aet"])
def test_a_modality_may_do_what_it_lists_and_nothing_else(modality: dict[str, Any]):
    [made] = [
        each
        for each in deployed(**INTERNAL).orthanc()["DicomModalities"].values()
        if each["AET"] == modality["aet"]
    ]
    assert (made["Host"], made["Port"]) == (modality["host"], modality["port"])
    assert made["Manufacturer"] == modality.get("manufacturer", "Generic")
    allowed = {key for key, value in made.items() if key.startswith("Allow") and value}
    assert allowed == {f"Allow{right[0].upper()}{right[1:]}" for right in modality["allow"]}
    # Each that Orthanc has (RemoteModalityParameters): what is not said is allowed.
    commands = ("Echo", "Find", "FindWorklist", "Get", "Move", "Store", "StorageCommitment")
    assert {f"Allow{command}" for command in commands} <= set(made)
