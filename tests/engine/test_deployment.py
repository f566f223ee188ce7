"""A deployment with the defaults, on the real Pulumi engine and the emulated AWS, and what is refused there."""

import json
import re
from collections import Counter

from tests.embedded import PROJECT, Embedded, summary
from tests.engine.changes import check_values, inventory
from tools.exposure import exposure


def test_the_outputs_are_what_a_user_needs(embedded: Embedded):
    assert re.fullmatch(r"https://\S+\.cloudfront\.net\n", embedded.pulumi("stack", "output", "orthancUrl").stdout)
    outputs = embedded.outputs()
    assert set(outputs) == {"orthancUrl", "orthancCredentialsSecretName", "orthancAdminPassword"}
    secret = embedded.client("secretsmanager").get_secret_value(SecretId=outputs["orthancCredentialsSecretName"])
    assert json.loads(secret["SecretString"]) == {"admin": outputs["orthancAdminPassword"]}
    masked = embedded.pulumi("stack", "output", "orthancAdminPassword").stdout
    assert masked.strip() == "[secret]", "the password is printed without --show-secrets"


def test_no_secret_is_in_the_state_or_in_the_task_definition(embedded: Embedded):
    secrets = [
        embedded.client("secretsmanager").get_secret_value(SecretId=listed["ARN"])["SecretString"]
        for listed in embedded.client("secretsmanager").list_secrets()["SecretList"]
    ]
    passwords = {
        value for text in secrets for key, value in json.loads(text).items() if key in ("admin", "password")
    }
    assert len(passwords) == 2
    ecs = embedded.client("ecs")
    [arn] = ecs.list_task_definitions(status="ACTIVE")["taskDefinitionArns"]
    definition = ecs.describe_task_definition(taskDefinition=arn)
    places = {
        "the state": embedded.pulumi("stack", "export").stdout,
        "the task": json.dumps(definition, default=str),
    }
    for password in passwords:
        # Pulumi keeps the drawn part, the program puts a letter before it.
        exposed = [where for where, text in places.items() if password[1:] in text]
        assert not exposed, f"a password is readable in {exposed}"


def test_a_second_up_changes_nothing(embedded: Embedded):
    assert summary(embedded.changes()) == Counter()


def test_every_rule_holds_and_what_breaks_one_is_refused(embedded: Embedded):
    embedded.pulumi("preview", "--policy-pack", "policy")
    tags = embedded.pulumi("config", "get", "aws:defaultTags").stdout
    embedded.pulumi("config", "rm", "aws:defaultTags")
    refused = embedded.pulumi("preview", "--policy-pack", "policy", check=False)
    assert refused.returncode and "[mandatory]  everything-is-tagged" in refused.stdout
    for name, value in json.loads(tags)["tags"].items():
        embedded.pulumi("config", "set", "--path", f"aws:defaultTags.tags.{name}", value)


def test_cloudformation_takes_what_is_deployed(embedded: Embedded):
    check_values(json.loads(embedded.pulumi("stack", "export").stdout))


def test_what_is_open_to_whom_is_documented_as_it_is(embedded: Embedded):
    told = exposure(json.loads(embedded.pulumi("stack", "export").stdout))
    shown = (PROJECT / "docs/reference/network.md").read_text()
    document = shown.partition("by the tests -->\n")[2].partition("<!-- end")[0]
    # AWS's prefix lists have other ids in every region.
    stale = "docs/reference/network.md is stale; `make exposure` prints it"
    assert document == re.sub(r"pl-[0-9a-f]+", "pl-…", told), stale


def test_drift_is_seen_and_mended(embedded: Embedded):
    ec2, s3 = embedded.client("ec2"), embedded.client("s3")
    [bucket] = [listed["Name"] for listed in s3.list_buckets()["Buckets"]]
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": False,
            "IgnorePublicAcls": False,
            "BlockPublicPolicy": False,
            "RestrictPublicBuckets": False,
        },
    )
    [rule] = [
        rule
        for rule in ec2.describe_security_group_rules()["SecurityGroupRules"]
        if rule.get("Description") == "From task" and rule["FromPort"] == 5432
    ]
    ec2.revoke_security_group_ingress(GroupId=rule["GroupId"], SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])

    assert summary(embedded.changes("refresh")) == Counter(
        {("update", "BucketPublicAccessBlock"): 1, ("delete", "SecurityGroupIngressRule"): 1}
    )
    assert summary(embedded.changes()) == Counter(
        {("update", "BucketPublicAccessBlock"): 1, ("create", "SecurityGroupIngressRule"): 1}
    )
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())


def test_a_configuration_error_creates_nothing(embedded: Embedded):
    before = inventory(embedded.client)
    embedded.configure(taskMemoryMib="5000", enableVpcFlowLogs="true", vpcCidr="8.8.0.0/16")
    failed = embedded.pulumi("up", "--yes", "--skip-preview", check=False)
    text = failed.stdout + failed.stderr
    assert failed.returncode
    assert "the configuration has 2 problems; nothing was created" in text, text
    assert "Traceback" not in text
    assert inventory(embedded.client) == before
    embedded.configure(taskMemoryMib=None, enableVpcFlowLogs=None, vpcCidr=None)


def test_another_stack_is_not_deployed_by_stand_ins(embedded: Embedded):
    before = inventory(embedded.client)
    embedded.pulumi("stack", "init", stack="prod")
    failed = embedded.pulumi("up", "--yes", "--skip-preview", stack="prod", check=False)
    assert failed.returncode and "aws:endpoints" in failed.stdout + failed.stderr
    assert inventory(embedded.client) == before
    embedded.pulumi("stack", "rm", "--yes", "--force", stack="prod")
