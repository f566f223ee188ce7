"""Values that AWS refuses and botocore sends: by the service's model, and by what is documented beyond it."""

from typing import Any

import pytest
from botocore.exceptions import ParamValidationError
from botocore.model import OperationModel
from botocore.session import get_session

from offline.stand_ins import fields
from offline.stand_ins.aws import Aws, load
from offline.stand_ins.documented import RULES, Rule
from offline.stand_ins.table import ROWS

load()
SERVICES = sorted({row.service for row in ROWS.values()})

# Refused by every rule: nothing that is named or described is so long or has such a character.
NOWHERE = "\0" * 3000


def operation(service: str, name: str) -> OperationModel:
    return get_session().get_service_model(service).operation_model(name)


def group(**more: str) -> dict[str, str]:
    return {"GroupName": "tasks", "Description": "Orthanc tasks", **more}


def family(name: str) -> dict[str, Any]:
    return {"family": name, "containerDefinitions": [{"name": "orthanc", "image": "orthanc"}]}


def acl(metric: str, description: str = "Who comes in") -> dict[str, Any]:
    visible = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": metric}
    return {"Name": "acl", "Scope": "CLOUDFRONT", "VisibilityConfig": visible, "Description": description}


@pytest.mark.parametrize(
    ("service", "name", "parameters", "said"),
    [
        # Documented.
        ("ec2", "CreateSecurityGroup", group(Description="a" * 255), ""),
        ("ec2", "CreateSecurityGroup", group(Description="Orthanc's tasks"), "Description = "),
        ("ec2", "CreateSecurityGroup", group(Description="a" * 256), "up to 255 of a-z"),
        ("ec2", "CreateSecurityGroup", group(GroupName="sg-tasks"), "not sg- first"),
        (
            "ec2",
            "AuthorizeSecurityGroupIngress",
            {"IpPermissions": [{"UserIdGroupPairs": [{"GroupId": "sg-1"}, {"Description": "it's"}]}]},
            "IpPermissions[0].UserIdGroupPairs[1].Description",
        ),
        ("ecs", "RegisterTaskDefinition", family("orthanc-prod"), ""),
        ("ecs", "RegisterTaskDefinition", family("orthanc-prod.eu"), "letters, digits, hyphens and underscores"),
        ("wafv2", "CreateWebACL", acl("orthanc-prod"), ""),
        ("wafv2", "CreateWebACL", acl("orthanc-prod.eu"), "VisibilityConfig.MetricName = "),
        ("sns", "CreateTopic", {"Name": "t", "Attributes": {"DisplayName": "a" * 101}}, "up to 100"),
        ("sns", "CreateTopic", {"Name": "t", "Attributes": {"DisplayName": "Orthanc prod.eu"}}, "up to 100"),
        (
            "rds",
            "ModifyDBInstance",
            {"DBInstanceIdentifier": "a", "PreferredBackupWindow": "3:00-4:00"},
            "hh24:mi",
        ),
        # The model's pattern, enumeration, bounds.
        ("wafv2", "CreateWebACL", acl("orthanc", "The hospital's archive"), "what matches"),
        ("elbv2", "CreateListener", {"LoadBalancerArn": "arn", "Protocol": "FTP"}, "one of HTTP, HTTPS, TCP"),
        ("elbv2", "CreateListener", {"LoadBalancerArn": "arn", "Port": 0}, "Port = 0: must be at least 1"),
        ("kms", "ScheduleKeyDeletion", {"KeyId": "key", "PendingWindowInDays": 400}, "at most 365"),
        ("logs", "CreateLogGroup", {"logGroupName": "a" * 513}, "at most 512 long"),
        (
            "wafv2",
            "UpdateIPSet",
            {"Name": "set", "Addresses": ["203.0.113.0/24"], "LockToken": "f41be1"},
            "LockToken",
        ),
    ],
)
def test_what_aws_refuses(service: str, name: str, parameters: dict[str, Any], said: str):
    problems = "; ".join(map(str, fields.refused(operation(service, name), parameters)))
    assert said in problems and bool(said) == bool(problems), problems


def test_a_secret_is_not_shown():
    given = {"DBInstanceIdentifier": "a", "MasterUserPassword": "with a space"}
    [problem] = fields.refused(operation("rds", "ModifyDBInstance"), given)
    assert str(problem).startswith("MasterUserPassword = …: must be 8 to 128")


def test_every_client_of_the_stand_in_checks(aws: Aws):
    with pytest.raises(ParamValidationError, match=r"Description = .*: must be up to 255"):
        aws.client("ec2").create_security_group(**group(Description="it's"))


def test_every_pattern_of_the_models_can_be_read():
    checked = 0
    for service in SERVICES:
        model = get_session().get_service_model(service)
        for name in model.shape_names:  # type: ignore[attr-defined]
            if pattern := model.shape_for(name).metadata.get("pattern"):
                fields._compiled(pattern)
                checked += 1
    assert checked > 500, "the models have no patterns any more: nothing is checked"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.service}-{rule.path}")
def test_a_documented_rule_is_about_something(rule: Rule):
    """A path with a typing error would check nothing, without a word."""
    model = get_session().get_service_model(rule.service)
    given = _given(rule.path.replace("*", "IpRanges").split("."))
    named = rule.operations.split()
    met = [
        name
        for name in named or model.operation_names  # type: ignore[operator]
        if rule.text in [broken.rule for broken in fields.refused(model.operation_model(name), given)]
    ]
    assert met and met == (named or met), f"of {named or rule.service} only {met} have {rule.path}"
    assert rule.source, "a rule without its source cannot be checked"


def _given(path: list[str]) -> Any:
    """The parameters of a call with NOWHERE at the path."""
    if not path:
        return NOWHERE
    name, _, key = path[0].partition("['")
    if key:
        return {name: {key.removesuffix("']"): NOWHERE}}
    value = _given(path[1:])
    return {name.removesuffix("[]"): [value] if name.endswith("[]") else value}
