"""What one part of the program promises, another grants: over every combination of settings that matters."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.emulator.overlay.policies import decide
from tests.unit.program import BROUGHT, EFS, INTERNAL, KEPT, KEY, S3, Program, Resource, deployed
from tests.unit.test_program import STACKS, ran

# What tasks call over the network with their roles. A mount of EFS goes to its mount target, not to an endpoint.
_MOUNTS = "elasticfilesystem"

# The settings that decide what a role may do, in a network without a way out.
_KEYS: list[dict[str, str]] = [{}, {"enableCustomerKeys": "true"}, {"kmsKeyArn": KEY}]
_SHELLS: list[dict[str, str]] = [{}, {"enableExec": "true"}]
_PASSWORDS: list[dict[str, str]] = [{}, {"databasePasswordRotation": "managed"}]
WITHOUT_A_WAY_OUT = [
    {"natGateways": "none"} | storage | keys | shells | passwords
    for storage, keys, shells, passwords in itertools.product([S3, EFS], _KEYS, _SHELLS, _PASSWORDS)
    if keys or not shells  # shells are recorded under a key
]
WITHOUT_A_WAY_OUT += [
    {"natGateways": "none"} | KEPT,
    {"natGateways": "none", "replicaRegion": "eu-west-1"},
    {"natGateways": "none"} | INTERNAL,
]


def requests(document: str) -> Iterator[tuple[str, str, str]]:
    """What the documents of a role allow: service, action, and a resource that the statement means.

    What another service does with a key for the role does not pass the VPC.
    """
    for statement in json.loads(document)["Statement"]:
        condition = statement.get("Condition", {}).get("StringEquals", {})
        for action, resource in itertools.product(statement["Action"], statement["Resource"]):
            service = action.partition(":")[0]
            if service != _MOUNTS and "kms:ViaService" not in condition:
                yield service, action, resource if resource == "*" else resource.replace("*", "x")


def endpoints(program: Program) -> dict[str, list[str]]:
    """The policies of the VPC's endpoints by the service as actions name it; ECR has two endpoints."""
    named = {each.name: each.inputs["serviceName"].split(".")[3] for each in program.all("VpcEndpoint")}
    found: dict[str, list[str]] = {}
    for policy in program.all("VpcEndpointPolicy"):
        service = named[policy.inputs["vpcEndpointId"].removesuffix("-id")]
        found.setdefault(service, []).append(policy.inputs["policy"])
    return found


def asked_of_aws(program: Program) -> list[tuple[str, str, str]]:
    """The requests that the roles of a task allow."""
    roles = (program.one("Policy", f"orthanc-{role}").inputs["policy"] for role in ("execution", "task"))
    return [request for document in roles for request in requests(document)]


# Image layers, which tasks download with presigned URLs from ECR, whatever their roles allow.
LAYERS = ("s3", "s3:GetObject", "arn:aws:s3:::prod-us-east-1-starport-layer-bucket/x")


@pytest.mark.parametrize("settings", WITHOUT_A_WAY_OUT, ids=lambda settings: "+".join(settings))
def test_what_a_role_may_do_an_endpoint_admits(settings: dict[str, str]):
    program = deployed(**settings)
    ways, asked = endpoints(program), [*asked_of_aws(program), LAYERS]
    assert {service for service, _, _ in asked} >= {"ecr", "logs", "secretsmanager", "s3"}
    for service, action, resource in asked:
        assert service in ways, f"{action} has no way out of the VPC: the task waits until it is killed"
        for policy in ways[service]:
            admitted = decide([policy], action, resource, {}, names=frozenset({"*"}))
            assert admitted, f"the endpoint of {service} refuses {action} on {resource}"
    assert ways.keys() == {service for service, _, _ in asked}, "an endpoint is paid for that nobody uses"


@pytest.mark.parametrize("settings", [S3, EFS, *WITHOUT_A_WAY_OUT], ids=lambda settings: "+".join(settings))
def test_an_endpoint_allows_nothing_else(settings: dict[str, str]):
    program = deployed(**settings)
    asked = [*asked_of_aws(program), LAYERS]
    for service, policies in endpoints(program).items():
        used = {request for request in asked if request[0] == service}
        for policy in policies:
            assert {*requests(policy)} <= used, f"an intruder in a task can reach more of {service} than it uses"
    restricting = {each.inputs["vpcEndpointId"] for each in program.all("VpcEndpointPolicy")}
    assert restricting == {f"{each.name}-id" for each in program.all("VpcEndpoint")}, "an endpoint is open to all"
    for policy in program.all("VpcEndpointPolicy"):
        assert program.one("Service").waits_for(policy), "tasks start while the endpoint is still open to all"


# --- what a kept resource names is kept

KEEPING: list[dict[str, str]] = [
    {"dataOnDestroy": "keep"} | storage | keys | more
    for storage, keys, more in itertools.product(
        [S3, EFS],
        _KEYS,
        [
            {},
            {"enableBackupPlan": "true", "backupVaultLockDays": "7"},
            {"enableAccessLogs": "true", "enableVpcFlowLogs": "true", "enableExec": "true"},
            {"enableAlarms": "true", "enableDashboard": "true", "databasePasswordRotation": "managed"},
        ],
    )
    if keys or "enableExec" not in more
]
KEEPING += [
    {"dataOnDestroy": "keep"} | more
    for more in (
        {"replicaRegion": "eu-west-1", "objectLockDays": "30"},
        {"replicaRegion": "eu-west-1", "enableBackupPlan": "true", "enableBucketBackup": "true"},
        {"enableDataEvents": "true", "enableAccessLogs": "true"},
        {
            "replicaRegion": "eu-west-1",
            "enableAlarms": "true",
            "enableDataEvents": "true",
            "enableAccessLogs": "true",
        },
        BROUGHT | EFS,
        KEPT,
    )
]

# Kinds whose data stays in AWS although the resource goes: what they name is needed afterwards, too.
LEAVE_DATA = {"Instance": ("kmsKeyId",)}
# What is kept and names something that goes, and why that is right.
NAMES_WHAT_GOES = {
    (
        "Policy",
        "orthanc-backup",
    ): "the instance, of which no copy is made any more; the copies are named by a pattern",
    (
        "SecretRotation",
        "orthanc-rotation-1",
    ): "RDS's secret, which goes with the instance, and its rotation with it",
}
# Roles that are used after the stack is gone, by the component that makes them.
USED_AFTERWARDS = {"orthanc-backup": "Vault", "orthanc-dicom-replica": "BucketReplicationConfig"}


def kept(program: Program) -> list[Resource]:
    return [resource for resource in program.resources if resource.request.retainOnDelete]


def named_by(program: Program, resource: Resource, properties: tuple[str, ...] = ()) -> set[str]:
    """The URNs of what a resource's properties come from, all of them or these."""
    by_property = resource.request.propertyDependencies
    wanted = properties or tuple(by_property)
    return {urn for name in wanted if name in by_property for urn in by_property[name].urns}


@pytest.mark.parametrize("settings", KEEPING, ids=lambda settings: "+".join(settings))
def test_what_is_kept_names_only_what_is_kept(settings: dict[str, str]):
    program = deployed(**settings)
    staying = {resource.urn for resource in kept(program)}
    by_urn = {resource.urn: resource for resource in program.resources}
    for resource in kept(program):
        lost = {by_urn[urn].name for urn in named_by(program, resource) - staying}
        known = (resource.type, resource.name) in NAMES_WHAT_GOES
        assert not lost or known, (
            f"{resource.type} {resource.name} stays in the account and names {lost}, which goes"
        )
    for kind, properties in LEAVE_DATA.items():
        for resource in program.all(kind):
            lost = {by_urn[urn].name for urn in named_by(program, resource, properties) - staying}
            assert not lost, f"nobody can read the final snapshot of {resource.name} without {lost}"


def test_what_is_allowed_to_name_what_goes_still_does():
    program = deployed(dataOnDestroy="keep", enableBackupPlan="true", databasePasswordRotation="managed")
    staying = {resource.urn for resource in kept(program)}
    naming = {(each.type, each.name) for each in kept(program) if named_by(program, each) - staying}
    assert naming == set(NAMES_WHAT_GOES)


@pytest.mark.parametrize("settings", KEEPING, ids=lambda settings: "+".join(settings))
def test_a_role_that_is_used_afterwards_is_kept_with_all_that_it_may_do(settings: dict[str, str]):
    program = deployed(**settings)
    for name, kind in USED_AFTERWARDS.items():
        if any(resource.name == name for resource in program.all(kind)):
            for part in ("Role", "Policy", "RolePolicyAttachment"):
                assert program.one(part, name).request.retainOnDelete, (
                    f"{kind} {name} stays and its {part} goes: recovery points never expire, nothing is replicated"
                )


@pytest.mark.parametrize("stack", STACKS)
def test_each_role_of_a_service_that_keeps_data_is_judged(stack: str):
    """Of each role that a service assumes it is known whether it is used after the stack is gone."""
    over_with_the_stack = {
        "ecs-tasks.amazonaws.com": "the tasks go",
        "monitoring.rds.amazonaws.com": "the instance goes",
        "vpc-flow-logs.amazonaws.com": "the VPC goes, or its flow log",
        "states.amazonaws.com": "the state machine goes",
        "events.amazonaws.com": "the rule goes",
    }
    for role in ran(stack, preview=False).all("Role"):
        [statement] = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
        service: Any = statement["Principal"]["Service"]
        assert (service in over_with_the_stack) is not (role.name in USED_AFTERWARDS), (
            f"say of {role.name} whether {service} uses it after the stack is gone"
        )
