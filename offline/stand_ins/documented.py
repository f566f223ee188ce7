"""Rules for values that AWS documents, but that no service model contains: a table, each row with its source.

It covers the names and descriptions in the program. "API" is the page of the row's operation in the service's API
reference.
"""

from typing import NamedTuple

# Character sets, each with a description.
_NAME = r"[A-Za-z0-9_-]"
_NAME_TEXT = "letters, digits, hyphens and underscores"
EC2 = r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}"
EC2_TEXT = "up to 255 of a-z, A-Z, 0-9, space and ._-:/()#,@[]+=&;{}!$*"
_RDS = r"[A-Za-z](-?[A-Za-z0-9])*"
_RDS_TEXT = "letters, digits and single hyphens, a letter first, no hyphen last"
_POSTGRESQL = r"[A-Za-z][A-Za-z0-9_]{0,62}"
_POSTGRESQL_TEXT = "1 to 63 letters, digits and underscores, a letter first"
_ELB = r"(?!-)[A-Za-z0-9-]{1,32}(?<!-)"
_ELB_TEXT = "up to 32 letters, digits and hyphens, no hyphen first or last"
_TAG = r"[\p{L}\p{Z}\p{N}_.:/=+\-@]"
_TAG_TEXT = "letters, digits, spaces and _.:/=+-@"
_ADDRESS = r"(?!\d+(\.\d+){3}$)"
_TIME = r"([01]\d|2[0-3]):[0-5]\d"
_DAY = r"(mon|tue|wed|thu|fri|sat|sun)"

_RULES_OF_GROUPS = "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress"
_MAKE_INSTANCE = "CreateDBInstance RestoreDBInstanceFromDBSnapshot"
_HEADERS = "CreateResponseHeadersPolicy UpdateResponseHeadersPolicy"


class Rule(NamedTuple):
    """The required form of a text at `path` in calls of `operations` (none: in every call of the service).

    A path omits the indexes of lists (`Rules[].Name`); `*` in it matches any single name. `pattern` matches the
    whole text; `text` describes the pattern.
    """

    service: str
    operations: str
    path: str
    pattern: str
    text: str
    source: str


RULES: list[Rule] = [
    Rule("ec2", "CreateSecurityGroup", "Description", EC2, EC2_TEXT, "API"),
    Rule("ec2", "CreateSecurityGroup", "GroupName", rf"(?!sg-){EC2}", f"{EC2_TEXT}; not sg- first", "API"),
    Rule("ec2", _RULES_OF_GROUPS, "IpPermissions[].*[].Description", EC2, EC2_TEXT, "API, type IpRange"),
    Rule(
        "ec2",
        "ModifySecurityGroupRules",
        "SecurityGroupRules[].SecurityGroupRule.Description",
        EC2,
        EC2_TEXT,
        "API, type IpRange",
    ),
    *(
        Rule("ec2", "", f"{tags}.{part}", pattern, text, "API, type Tag")
        for tags in ("Tags[]", "TagSpecifications[].Tags[]")
        for part, pattern, text in (
            ("Key", r"(?!aws:).{1,127}", "1 to 127 characters, not aws: first"),
            ("Value", r".{0,256}", "up to 256 characters"),
        )
    ),
    *(
        Rule("ecs", operation, path, rf"{_NAME}{{1,255}}", f"up to 255 {_NAME_TEXT}", "API")
        for operation, path in (
            ("RegisterTaskDefinition", "family"),
            ("RegisterTaskDefinition", "containerDefinitions[].name"),
            ("RegisterTaskDefinition", "volumes[].name"),
            ("CreateCluster", "clusterName"),
            ("CreateService", "serviceName"),
        )
    ),
    Rule(
        "elbv2", "CreateLoadBalancer", "Name", rf"(?!internal-){_ELB}", f"{_ELB_TEXT}; not internal- first", "API"
    ),
    Rule("elbv2", "CreateTargetGroup", "Name", _ELB, _ELB_TEXT, "API"),
    Rule("rds", _MAKE_INSTANCE, "DBInstanceIdentifier", rf"(?=.{{1,63}}$){_RDS}", f"up to 63 {_RDS_TEXT}", "API"),
    *(
        Rule("rds", operation, path, rf"(?=.{{1,255}}$){_RDS}", f"up to 255 {_RDS_TEXT}", "API")
        for operation, path in (
            ("DeleteDBInstance", "FinalDBSnapshotIdentifier"),
            ("CreateDBParameterGroup", "DBParameterGroupName"),
        )
    ),
    Rule(
        "rds",
        "CreateDBSubnetGroup",
        "DBSubnetGroupName",
        r"(?!default$)[A-Za-z][A-Za-z0-9._ -]{0,254}",
        "up to 255 letters, digits, spaces and ._-, a letter first; not default",
        "API",
    ),
    Rule("rds", _MAKE_INSTANCE, "DBName", _POSTGRESQL, _POSTGRESQL_TEXT, "API, RDS for PostgreSQL"),
    Rule("rds", "CreateDBInstance", "MasterUsername", _POSTGRESQL, _POSTGRESQL_TEXT, "API, RDS for PostgreSQL"),
    Rule(
        "rds",
        "CreateDBInstance ModifyDBInstance",
        "MasterUserPassword",
        r"[!#-.0-?A-~]{8,128}",
        '8 to 128 printable ASCII characters other than /, ", @ and space',
        "API, RDS for PostgreSQL",
    ),
    Rule(
        "rds",
        f"{_MAKE_INSTANCE} ModifyDBInstance",
        "PreferredBackupWindow",
        f"{_TIME}-{_TIME}",
        "hh24:mi-hh24:mi, in UTC",
        "API",
    ),
    Rule(
        "rds",
        "CreateDBInstance ModifyDBInstance",
        "PreferredMaintenanceWindow",
        f"{_DAY}:{_TIME}-{_DAY}:{_TIME}",
        "ddd:hh24:mi-ddd:hh24:mi, in UTC",
        "API",
    ),
    Rule(
        "rds", "", "Tags[].Key", rf"(?!aws:|rds:){_TAG}{{1,128}}", f"{_TAG_TEXT}; not aws: first", "API, type Tag"
    ),
    Rule("rds", "", "Tags[].Value", rf"{_TAG}{{0,256}}", f"up to 256 {_TAG_TEXT}", "API, type Tag"),
    *(
        Rule("cloudfront", operations, path, r"(?s:.{0,128})", "up to 128 characters", "API")
        for operations, path in (
            ("CreateDistribution UpdateDistribution", "DistributionConfig.Comment"),
            (_HEADERS, "ResponseHeadersPolicyConfig.Comment"),
        )
    ),
    *(
        Rule(
            "wafv2",
            "CreateWebACL UpdateWebACL",
            f"{path}VisibilityConfig.MetricName",
            # The pattern in the model allows more characters than the page and the provider's own check.
            rf"(?!(All|Default_Action)$){_NAME}{{1,128}}",
            f"up to 128 {_NAME_TEXT}; not All, not Default_Action",
            "API, type VisibilityConfig",
        )
        for path in ("", "Rules[].")
    ),
    Rule("sns", "CreateTopic", "Name", rf"{_NAME}{{1,256}}", f"up to 256 {_NAME_TEXT}", "API"),
    Rule(
        "sns",
        "CreateTopic",
        "Attributes['DisplayName']",
        r"[\w \t-]{0,100}",
        "up to 100 letters, digits, spaces, tabs, hyphens and underscores",
        "CloudFormation User Guide, AWS::SNS::Topic",
    ),
    Rule("sqs", "CreateQueue", "QueueName", rf"{_NAME}{{1,80}}", f"up to 80 {_NAME_TEXT}", "API"),
    Rule("cloudwatch", "PutDashboard", "DashboardName", rf"{_NAME}{{1,255}}", f"up to 255 {_NAME_TEXT}", "API"),
    Rule("cloudwatch", "PutMetricAlarm", "AlarmName", r"[^\x00-\x1f\x7f]+", "no ASCII control characters", "API"),
    Rule(
        "backup",
        "CreateBackupPlan UpdateBackupPlan",
        "BackupPlan.BackupPlanName",
        r"[A-Za-z0-9._-]{1,50}",
        "up to 50 letters, digits and ._-",
        "API, type BackupPlanInput",
    ),
    Rule(
        "cloudtrail",
        "CreateTrail",
        "Name",
        rf"(?=.{{3,128}}$){_ADDRESS}[A-Za-z0-9]+([._-][A-Za-z0-9]+)*",
        "3 to 128 letters, digits and single ._-, a letter or digit first and last; no IP address",
        "API",
    ),
    Rule(
        "s3",
        "CreateBucket",
        "Bucket",
        rf"(?=.{{3,63}}$){_ADDRESS}(?!xn--)[a-z0-9]([a-z0-9-]|\.(?!\.))*[a-z0-9]",
        "3 to 63 lower-case letters, digits, hyphens and single dots; no IP address",
        "S3 User Guide, General purpose bucket naming rules",
    ),
    Rule(
        "ssm",
        "PutParameter",
        "Name",
        r"(?=.{1,900}$)(?i:(?!/?(aws|ssm)))[A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]+){0,15}",
        "letters, digits and _.-/, up to 15 levels, 1011 characters with its ARN; not aws or ssm first",
        "API",
    ),
    Rule(
        "secretsmanager",
        "CreateSecret",
        "Name",
        r"[A-Za-z0-9/_+=.@-]{1,512}",
        "up to 512 letters, digits and /_+=.@-",
        "API",
    ),
    Rule("stepfunctions", "CreateStateMachine", "name", rf"{_NAME}{{1,80}}", f"up to 80 {_NAME_TEXT}", "API"),
]
