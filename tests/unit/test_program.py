"""The whole program, for each stack and each combination of the original's flags, in previews and deployments."""

import itertools
import json
from collections import Counter
from functools import cache

import pytest
from pulumi.runtime.rpc import UNKNOWN

from offline.stand_ins.sdk import schema
from policy import rules
from policy.rules import Resource
from tests.unit.program import (
    BROUGHT,
    EFS,
    INTERNAL,
    KEPT,
    OWN_ZONE,
    PASSWORD,
    PUBLIC,
    TOKEN,
    Monitor,
    Program,
    configured,
    refused,
    run,
    stack_file,
)

FLAGS = {
    "enableDicomS3Storage": ("true", "false"),
    "accessLogsBucketArn": ("", "arn:aws:s3:::access-logs"),
    "enableMultiAz": ("false", "true"),
    "enableRdsBackup": ("false", "true"),
    "enableVpcFlowLogs": ("false", "true"),
}


def combinations() -> dict[str, dict[str, str]]:
    """Each combination of the flags' values, named after those that are not the default."""
    found = {}
    for values in itertools.product(*FLAGS.values()):
        turned = {key: value for key, value in zip(FLAGS, values, strict=True) if value != FLAGS[key][0]}
        found["+".join(turned) or "defaults"] = configured(turned)
    return found


# Users, and passwords that RDS draws.
SECRETS = {
    "orthancUsers": '[{"name": "viewer"}, {"name": "chief", "role": "full"}]',
    "databasePasswordRotation": "managed",
    "enableExec": "true",
}
# All that is watched, in two regions beside CloudFront's.
WATCHED = {
    "enableAlarms": "true",
    "alarmEmails": '["team@example.org", "chief@example.org"]',
    "enableDashboard": "true",
    "enableContainerInsights": "true",
    "monthlyBudgetUsd": "500",
    "enableBackupPlan": "true",
    "replicaRegion": "eu-west-1",
    "databasePasswordRotation": "managed",
} | INTERNAL
# All that the edge can be given at once.
EDGE = OWN_ZONE | {
    "enableWaf": "true",
    "allowedCidrs": '["203.0.113.0/24", "2001:db8::/32"]',
    "allowedCountries": '["CH"]',
    "corsAllowedOrigins": '["https://viewer.example.org"]',
    "enableAccessLogs": "true",
}
# All that the data can be given at once, in each mode of storage.
DATA = {
    "enableBackupPlan": "true",
    "backupVaultLockDays": "7",
    "enableAccessLogs": "true",
    "dataOnDestroy": "keep",
}
S3_DATA = DATA | {
    "storageClass": "GLACIER_IR",
    "objectLockDays": "30",
    "replicaRegion": "eu-west-1",
    "enableBucketEvents": "true",
    "enableDataEvents": "true",
    "enableBucketBackup": "true",
}
# Resources whose custom timeouts the provider follows (its own source: schema.ResourceTimeout).
WAIT_AS_TOLD = {"aws:ecs/service:Service"}
# Other networks than the default, DICOM that is let in, and what data is given.
OTHERS = {
    "no way out": configured({"natGateways": "none"}),
    "brought": configured(BROUGHT),
    "internal": configured(INTERNAL),
    "public": configured(PUBLIC),
    "restored": configured(KEPT),
    "kept": configured(S3_DATA),
    "watched": configured(WATCHED),
    "kept-efs": configured(DATA | EFS),
}
NAMED = {"dev": stack_file("dev"), "prod": stack_file("prod")}
NAMED["prod-edge"] = NAMED["prod"] | configured(EDGE)
NAMED["prod-secrets"] = NAMED["prod"] | configured(SECRETS)
STACKS = NAMED | OTHERS | combinations()
RUNS = list(itertools.product(STACKS, [False, True]))
IDS = [f"{stack}-{'preview' if preview else 'up'}" for stack, preview in RUNS]


@cache
def ran(stack: str, *, preview: bool) -> Program:
    return run(STACKS[stack], Monitor(preview=preview), stack=stack if stack in NAMED else "test")


@pytest.fixture(scope="module", params=RUNS, ids=IDS)
def program(request: pytest.FixtureRequest) -> Program:
    stack, preview = request.param
    return ran(stack, preview=preview)


@pytest.fixture
def preview(program: Program, request: pytest.FixtureRequest) -> bool:
    return request.node.callspec.params["program"][1]


def test_no_urn_twice(program: Program):
    twice = [urn for urn, count in Counter(resource.urn for resource in program.resources).items() if count > 1]
    assert not twice, "the engine refuses the program"


def test_every_child_has_its_parent(program: Program):
    parents = {resource.urn: resource for resource in program.resources}
    for child in program.resources:
        parent = parents.get(child.request.parent)
        if parent is None:
            assert child.kind.startswith("orthanc:"), f"{child.urn} stands outside of the components"
            assert "pulumi:pulumi:Stack" in child.request.parent
        else:
            assert parent.kind.startswith("orthanc:")
            assert child.name.startswith(parent.name), f"{child.urn} is not named after its parent"


def test_every_component_is_completed(program: Program):
    components = {resource.urn for resource in program.resources if resource.kind.startswith("orthanc:")}
    assert components <= program.completed, "a component's outputs are never told"


def test_no_secret_can_be_read(program: Program):
    for resource in program.resources:
        text = json.dumps(resource.readable)
        assert PASSWORD not in text and TOKEN not in text, f"{resource.urn} has a secret in clear"
    drawn = {resource.name for resource in program.all("RandomPassword")}
    users = {name for name in drawn if name.startswith("orthanc-users")}
    by_rds = any(database.inputs.get("manageMasterUserPassword") for database in program.all("Instance"))
    assert drawn - users == (set() if by_rds else {"orthanc-database"}) and "orthanc-users" in users


def test_no_key_is_misspelt(program: Program):
    for resource in program.resources:
        if resource.kind.startswith("aws:"):
            assert not schema(resource.kind).misspelt(resource.inputs), f"{resource.urn} would ignore it"


def test_custom_timeouts_stand_where_they_do_something(program: Program):
    """Pulumi's bridge passes them on to resources of Terraform's older SDK only.

    One of the Plugin Framework that waits has an input `timeouts` of its own, which the older SDK cannot have.
    """
    assert "timeouts" in schema("aws:cloudfront/vpcOrigin:VpcOrigin").inputs, "nothing tells them apart any more"
    for resource in program.resources:
        given = resource.request.customTimeouts
        if resource.kind.startswith("aws:") and (given.create or given.update or given.delete):
            assert "timeouts" not in schema(resource.kind).inputs, f"{resource.urn}: give timeouts as an argument"
            assert resource.kind in WAIT_AS_TOLD, f"{resource.urn}: does the provider's resource have timeouts?"


def test_all_is_known_in_the_end(program: Program, preview: bool):
    for resource in program.resources:
        text = json.dumps(resource.inputs)
        assert "Output[T]" not in text, f"{resource.urn} has the text of an Output in it"
        assert preview or UNKNOWN not in text, f"{resource.urn} has what never becomes known"


def test_outputs_are_there(program: Program, preview: bool, request: pytest.FixtureRequest):
    names = {"orthancUrl", "orthancCredentialsSecretName", "orthancAdminPassword"}
    stack = request.node.callspec.params["program"][0]
    if stack in ("internal", "public", "watched"):
        names |= {"dicomEndpoint"}
    if stack == "watched" or stack.startswith("prod"):
        names |= {"alarmTopicArns"}
    assert set(program.outputs) == names
    if not preview:
        assert program.secret_outputs == {"orthancAdminPassword"}, "the password is shown, or the rest is not"
        assert program.outputs["orthancUrl"].startswith("https://")
        assert program.outputs["orthancCredentialsSecretName"] == "orthanc-users-name"
        assert PASSWORD in program.outputs["orthancAdminPassword"]


def broken_rules(program: Program, stack: str) -> dict[str, list[tuple[str, str]]]:
    """What each rule finds, except the rule on tags: the provider adds tags, so the engine's tests check it."""
    resources = [Resource(r.kind, r.urn, r.outputs, r.request.protect) for r in program.resources]
    asked = [rule for rule in rules.ALL if rules.name(rule) != "everything-is-tagged"]
    return {rules.name(rule): found for rule in asked if (found := list(rules.judge(rule, resources, stack)))}


@pytest.mark.parametrize("stack", STACKS)
def test_every_rule_holds(stack: str):
    assert not broken_rules(ran(stack, preview=False), stack)


def test_prod_survives_the_loss_of_a_zone():
    """No policy rule covers the network."""
    vpc = ran("prod", preview=False).one("Vpc").inputs
    assert vpc["natGateways"] == {"strategy": "OnePerAz"}, "the loss of one zone cuts off both"


@pytest.mark.parametrize("preview", [False, True])
def test_a_configuration_error_registers_nothing(preview: bool):
    assert refused({"taskCpu": "2"}, Monitor(preview=preview))
