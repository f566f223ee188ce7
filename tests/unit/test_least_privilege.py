"""Every policy document of every stack: what a public linter finds, who trusts whom, and what bounds the roles."""

import json
from collections.abc import Iterator
from typing import Any

import parliament
import pytest

from tests.unit.program import BOUNDARY, NAME, Program, Resource, run
from tests.unit.test_program import STACKS, ran

# Kind and name of the resource, and the document.
Document = tuple[str, str, str]

# What parliament finds and we mean, by finding and what its text contains: why it stays.
ACCEPTED = {
    ("CREDENTIALS_EXPOSURE", "getauthorizationtoken"): "ECS logs in to ECR with it; the action knows no resource",
    ("MISMATCHED_TYPE", "s3:TlsVersion"): "1.2 is numeric; parliament takes integers for numbers",
    ("MISMATCHED_TYPE_BUT_USABLE", "Equals requires a value of type String but given Arn"): (
        "EFS's own documentation compares its access point's ARN as text, without wildcards"
    ),
    ("MISMATCHED_TYPE", "ArnLike requires a value of type Arn but given String"): (
        "CloudWatch Logs' own documentation compares the context so"
    ),
    (
        "PERMISSIONS_MANAGEMENT_ACTIONS",
        "kms:creategrant",
    ): "AWS Backup keeps using keys by grants to AWS's resources",
    ("RESOURCE_MISMATCH", "events:ListRules"): "rules of one account; parliament knows * only",
    ("RESOURCE_MISMATCH", "logs:DescribeLogGroups"): "log groups of one account; parliament knows * only",
    ("UNKNOWN_CONDITION_FOR_ACTION", "kms:EncryptionContext:"): (
        "CloudWatch Logs' and CloudTrail's own documentation have it so; parliament knows the prefix only"
    ),
    ("UNKNOWN_CONDITION_FOR_ACTION", "s3:TlsVersion"): (
        "of a denial of s3:*, which includes actions that nobody calls over the network"
    ),
}

# Of a key's own policy: there * is the key itself, and who administers it manages permissions.
OF_KEYS = {"RESOURCE_STAR", "PERMISSIONS_MANAGEMENT_ACTIONS"}

# A statement of these has no Resource: what is meant is the role that carries it.
_TRUST = "assumeRolePolicy"


def documents(value: Any, resource: Resource) -> Iterator[Document]:
    """The policy documents in a resource's inputs, wherever they are; trust policies apart."""
    match value:
        case dict():
            for key, part in value.items():
                if key != _TRUST:
                    yield from documents(part, resource)
        case list():
            for part in value:
                yield from documents(part, resource)
        case str() if '"Statement"' in value:
            yield resource.type, resource.name, value


def everything() -> list[Program]:
    return [ran(stack, preview=False) for stack in STACKS]


@pytest.fixture(scope="module")
def found() -> set[Document]:
    return {
        document
        for program in everything()
        for resource in program.resources
        for document in documents(resource.inputs, resource)
    }


def lint(document: str) -> set[tuple[str, str]]:
    """What parliament finds, its community's checks included: the finding's kind, and its text."""
    policy = parliament.analyze_policy_string(document, include_community_auditors=True)
    return {
        (finding.issue, f"{finding.detail} {finding.location.get('actions', '')}") for finding in policy.findings
    }


def unaccepted(findings: set[tuple[str, str]]) -> set[tuple[str, str]]:
    return {
        (issue, text)
        for issue, text in findings
        if not any(issue == accepted and part in text for accepted, part in ACCEPTED)
    }


def test_the_linter_finds_nothing_that_is_not_meant(found: set[Document]):
    assert {kind for kind, _, _ in found} >= {"Policy", "BucketPolicy", "FileSystemPolicy", "VpcEndpointPolicy"}
    wrong = {(kind, name): left for kind, name, text in found if (left := unaccepted(lint(text)))}
    left = {issue for (kind, _), findings in wrong.items() for issue, _ in findings if kind == "Key"}
    assert left <= OF_KEYS, wrong
    assert {kind for kind, _ in wrong} <= {"Key"}, wrong


def test_what_is_accepted_is_still_found(found: set[Document]):
    texts = [finding for _, _, document in found for finding in lint(document)]
    stale = {key for key in ACCEPTED if not any(key[0] == issue and key[1] in text for issue, text in texts)}
    assert not stale, "nothing needs this exception any more"


def test_documents_fit_where_aws_puts_them(found: set[Document]):
    """IAM User Guide, "IAM and AWS STS quotas": whitespace does not count."""
    for kind, name, text in found:
        if kind == "Policy":
            assert len(json.dumps(json.loads(text), separators=(",", ":"))) <= 6144, f"IAM refuses {name}"


def test_services_assume_roles_on_behalf_of_this_account_only():
    trusts = {role.inputs[_TRUST] for program in everything() for role in program.all("Role")}
    for trust in trusts:
        [statement] = json.loads(trust)["Statement"]
        if (service := statement["Principal"]["Service"]) in (
            "ecs-tasks.amazonaws.com",
            "monitoring.rds.amazonaws.com",
            "vpc-flow-logs.amazonaws.com",
        ):
            own = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
            assert statement["Condition"] == own, f"{service} can be led to use it for another account"


def test_no_role_is_without_the_boundary():
    """The stacks with all that makes roles are run with it; no combination has a role that those lack."""
    bounded = [
        run(STACKS[stack] | {f"{NAME}:permissionsBoundaryArn": BOUNDARY})
        for stack in ("prod-edge", "prod-secrets", "kept", "kept-efs")
    ]
    seen = {role.name for program in bounded for role in program.all("Role")}
    assert seen >= {role.name for program in everything() for role in program.all("Role")}
    unbound = {
        role.name
        for program in bounded
        for role in program.all("Role")
        if role.inputs.get("permissionsBoundary") != BOUNDARY
    }
    assert not unbound, "an account that demands the boundary refuses the role"
    assert not any("permissionsBoundary" in role.inputs for role in ran("prod", preview=False).all("Role"))
