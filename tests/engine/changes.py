"""What a deployment changes, and what an account holds afterwards."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import jmespath

from tests.cloudformation import Checked
from tests.embedded import Embedded, summary

OPPOSITE = {"create": "delete", "delete": "create", "update": "update"}

# What the data is given.
DATA: dict[str, str | list[str]] = {
    "storageClass": "GLACIER_IR",
    "replicaRegion": "eu-west-1",
    "enableBucketEvents": "true",
    "enableBackupPlan": "true",
    "enableBucketBackup": "true",
}

ON_S3 = {
    "Bucket",
    "BucketLifecycleConfiguration",
    "BucketOwnershipControls",
    "BucketPolicy",
    "BucketPublicAccessBlock",
    "BucketServerSideEncryptionConfiguration",
    "BucketVersioning",
}

# What the calls that list something want to know beside.
OF_SERVICES = {"application-autoscaling": {"ServiceNamespace": "ecs"}}

# What a stack may leave in an account: (service, call that lists it, key of the list in the answer).
INVENTORY = [
    ("cloudfront", "list_distributions", "DistributionList.Items"),
    ("ec2", "describe_addresses", "Addresses"),
    ("ec2", "describe_flow_logs", "FlowLogs"),
    ("ec2", "describe_internet_gateways", "InternetGateways"),
    ("ec2", "describe_network_interfaces", "NetworkInterfaces"),
    ("ec2", "describe_route_tables", "RouteTables[].Routes[]"),
    ("ec2", "describe_security_group_rules", "SecurityGroupRules"),
    ("ec2", "describe_security_groups", "SecurityGroups"),
    ("ec2", "describe_subnets", "Subnets"),
    ("ec2", "describe_vpc_endpoints", "VpcEndpoints"),
    ("ec2", "describe_vpcs", "Vpcs"),
    ("ecr", "describe_repositories", "repositories"),
    ("ecs", "list_clusters", "clusterArns"),
    ("ecs", "list_task_definitions", "taskDefinitionArns"),
    ("efs", "describe_file_systems", "FileSystems"),
    ("elbv2", "describe_load_balancers", "LoadBalancers"),
    ("elbv2", "describe_target_groups", "TargetGroups"),
    ("acm", "list_certificates", "CertificateSummaryList"),
    ("backup", "list_backup_vaults", "BackupVaultList"),
    ("backup", "list_backup_plans", "BackupPlansList"),
    ("cloudtrail", "describe_trails", "trailList"),
    ("iam", "list_roles", "Roles"),
    ("application-autoscaling", "describe_scalable_targets", "ScalableTargets"),
    ("cloudwatch", "describe_alarms", "MetricAlarms"),
    ("ssm", "describe_parameters", "Parameters"),
    ("logs", "describe_deliveries", "deliveries"),
    ("logs", "describe_log_groups", "logGroups"),
    ("cloudwatch", "list_dashboards", "DashboardEntries"),
    ("events", "list_rules", "Rules"),
    ("sns", "list_subscriptions", "Subscriptions"),
    ("sns", "list_topics", "Topics"),
    ("stepfunctions", "list_state_machines", "stateMachines"),
    ("rds", "describe_db_instances", "DBInstances"),
    ("rds", "describe_db_snapshots", "DBSnapshots"),
    ("rds", "describe_db_parameter_groups", "DBParameterGroups"),
    ("rds", "describe_db_subnet_groups", "DBSubnetGroups"),
    ("s3", "list_buckets", "Buckets"),
    ("route53", "list_hosted_zones", "HostedZones"),
    ("secretsmanager", "list_secrets", "SecretList"),
]


def turn_and_back(
    embedded: Embedded, settings: Mapping[str, str | list[str]], expected: Counter[tuple[str, str]]
) -> None:
    """Set, deploy, and see what is expected; then remove the settings, and see that undone."""
    embedded.configure(**settings)
    assert summary(embedded.changes()) == expected
    embedded.configure(**dict.fromkeys(settings))
    assert summary(embedded.changes()) == back(expected)


def back(steps: Counter[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """What undoes these steps."""
    return Counter({(OPPOSITE.get(operation, operation), type): n for (operation, type), n in steps.items()})


def inventory(client: Callable[[str], Any]) -> dict[str, int]:
    """How many of each kind the account holds."""
    return {
        f"{service} {key}": len(
            jmespath.search(key, getattr(client(service), call)(**OF_SERVICES.get(service, {}))) or []
        )
        for service, call, key in INVENTORY
    }


def check_values(exported: Mapping[str, Any]) -> None:
    """See that CloudFormation's schemas take every value of a stack (`pulumi stack export`), names included."""
    schemas = Checked()
    for resource in exported["deployment"]["resources"]:
        schemas.check(resource["type"], resource["urn"].rpartition("::")[2], resource.get("inputs", {}))
    assert not schemas.problems, "\n".join(schemas.problems)
    assert len(schemas.types) > 25 and schemas.rules > 100, "nothing was compared"


def backed_up(client: Callable[[str], Any]) -> set[str]:
    """Back up what the plan selects, as its role; the services whose data was copied."""
    backup = client("backup")
    [plan] = backup.list_backup_plans()["BackupPlansList"]
    rules = backup.get_backup_plan(BackupPlanId=plan["BackupPlanId"])["BackupPlan"]["Rules"]
    [vault] = {rule["TargetBackupVaultName"] for rule in rules}
    [listed] = backup.list_backup_selections(BackupPlanId=plan["BackupPlanId"])["BackupSelectionsList"]
    named = {"BackupPlanId": plan["BackupPlanId"], "SelectionId": listed["SelectionId"]}
    selection = backup.get_backup_selection(**named)["BackupSelection"]
    for resource in selection["Resources"]:
        job = {"BackupVaultName": vault, "ResourceArn": resource, "IamRoleArn": selection["IamRoleArn"]}
        ended = backup.describe_backup_job(BackupJobId=backup.start_backup_job(**job)["BackupJobId"])
        assert ended["State"] == "COMPLETED", ended
    return {resource.split(":")[2] for resource in selection["Resources"]}


def types(steps: Counter[tuple[str, str]], operation: str = "") -> set[str]:
    """The types that an operation met, or any."""
    return {type for done, type in steps if operation in ("", done)}
