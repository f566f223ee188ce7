"""The program on the real Pulumi engine and the emulated AWS: what each deployment does, and what it leaves.

The tests share one stack and run in the order of this file: each leaves the stack as it found it, the last but
two destroys it, and the last ones deploy it again: into a network that is brought, and from data that was kept.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import jmespath
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from components import policies
from tests.certificates import imported
from tests.embedded import PROJECT, Embedded, summary
from tools.exposure import exposure

LOGS_BUCKET = "access-logs-of-the-hospital"

ON_S3 = {
    "Bucket",
    "BucketLifecycleConfiguration",
    "BucketOwnershipControls",
    "BucketPolicy",
    "BucketPublicAccessBlock",
    "BucketServerSideEncryptionConfiguration",
    "BucketVersioning",
}
ON_EFS = {"AccessPoint", "BackupPolicy", "FileSystem", "FileSystemPolicy"}
FLOW_LOGS = {"FlowLog", "LogGroup", "Policy", "Role", "RolePolicyAttachment"}

LOG_DELIVERY = Counter({("create", f"LogDelivery{part}"): 1 for part in ("", "Source", "Destination")})

# Flag, its other value, and what turning it does beside replacing nothing that holds data.
FLAGS: dict[str, tuple[str, Counter[tuple[str, str]]]] = {
    "enableVpcFlowLogs": (
        "true",
        Counter({("create", type): 1 for type in FLOW_LOGS}),
    ),
    "enableRdsBackup": ("true", Counter({("update", "Instance"): 1})),
    "enableMultiAz": ("true", Counter({("update", "Instance"): 1, ("update", "Service"): 1})),
    "accessLogsBucketArn": (
        f"arn:aws:s3:::{LOGS_BUCKET}",
        Counter({("update", "LoadBalancer"): 1, ("create", "BucketLogging"): 1}) + LOG_DELIVERY,
    ),
}
# More tasks under load (few enough for each to keep its connections), some on spare capacity, all stopped first.
SCALING: dict[str, str | list[str]] = {
    "maxTasks": "2",
    "targetCpuPercent": "50",
    "fargateSpotPercent": "50",
    "deploymentMode": "stopFirst",
}
WITH_THE_LOAD = Counter({("create", "Target"): 1, ("create", "Policy"): 2}) + Counter(
    ("update", type) for type in ("Service", "TargetGroup")
)

OPPOSITE = {"create": "delete", "delete": "create", "update": "update"}

# All that the edge can be given, and what that does. The hosted zone of the domain is made first.
EDGE: dict[str, str | list[str]] = {
    "domainName": "archive.example.org",
    "enableWaf": "true",
    "allowedCidrs": ["203.0.113.0/24", "2001:db8::/32"],
    "allowedCountries": ["CH"],
    "corsAllowedOrigins": ["https://viewer.example.org"],
    "enableAccessLogs": "true",
}
ON_THE_EDGE = (
    Counter(("create", type) for type in ("WebAcl", "WebAclLoggingConfiguration", "LogGroup", "IpSet", "IpSet"))
    + Counter(("create", type) for type in ("Certificate", "CertificateValidation", "Record", "Record", "Record"))
    + Counter(("create", type) for type in {*ON_S3, "BucketLogging"})
    + LOG_DELIVERY
    + Counter((step, "VpcOrigin") for step in ("create-replacement", "replace", "delete-replaced"))
    + Counter(("update", type) for type in ("Distribution", "Function", "ResponseHeadersPolicy", "LoadBalancer"))
    + Counter(("update", type) for type in ("Listener", "SecurityGroupIngressRule"))
)

LET_IN = (
    Counter(("create", type) for type in ("LoadBalancer", "TargetGroup", "Listener", "SecurityGroup"))
    + Counter(("create", type) for type in ("SecurityGroupIngressRule", "SecurityGroupIngressRule"))
    + Counter(("create", type) for type in ("SecurityGroupEgressRule", "SecurityGroupEgressRule"))
    + Counter({("update", "Service"): 1})
    + Counter((step, "TaskDefinition") for step in ("create-replacement", "replace", "delete-replaced"))
)

# What the data is given and what that does; and what does not go with dataOnDestroy delete, or not back.
DATA: dict[str, str | list[str]] = {
    "storageClass": "GLACIER_IR",
    "replicaRegion": "eu-west-1",
    "enableBucketEvents": "true",
    "enableBackupPlan": "true",
    "enableBucketBackup": "true",
}
LOCKED = {
    "dataOnDestroy": "keep",
    "objectLockDays": "1",
    "backupVaultLockDays": "7",
    "enableAccessLogs": "true",
    "enableDataEvents": "true",
}
AROUND_THE_DATA = (
    Counter({("update", "BucketLifecycleConfiguration"): 1})
    + Counter(("create", type) for type in {*ON_S3, "BucketReplicationConfig", "BucketNotification"})
    + Counter(("create", type) for type in ("Key", "Role", "Policy", "RolePolicyAttachment") * 2)
    + Counter(("create", type) for type in ("Vault", "Plan", "Selection"))
)

# Keys, users, rotation and shells, all that can be turned on of them.
SECRETS: dict[str, str | list[Any]] = {
    "enableCustomerKeys": "true",
    "enableExec": "true",
    "orthancUsers": [{"name": "viewer"}, {"name": "chief", "role": "full"}],
    "databasePasswordRotation": "managed",
}

# All that is watched, and who is told.
WATCHED: dict[str, str | list[Any]] = {
    "enableAlarms": "true",
    "alarmEmails": ["team@example.org"],
    "enableDashboard": "true",
    "enableContainerInsights": "true",
    "monthlyBudgetUsd": "500",
}
TOLD = (
    Counter(("create", type) for type in ("Key", "Topic", "TopicPolicy", "TopicSubscription"))
    + Counter({("create", "MetricAlarm"): 9, ("create", "EventRule"): 2, ("create", "EventTarget"): 2})
    + Counter({("create", "Dashboard"): 1, ("create", "Budget"): 1})
    + Counter({("create", "LogGroup"): 1, ("update", "Cluster"): 1})
)

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
    ("cloudwatch", "describe_alarms", "MetricAlarms"),
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


@pytest.mark.parametrize("flag", FLAGS)
def test_a_flag_changes_what_it_should_and_back(embedded: Embedded, flag: str):
    value, expected = FLAGS[flag]
    s3, policy = embedded.client("s3"), policies.write_access_logs(f"arn:aws:s3:::{LOGS_BUCKET}", "123456789012")
    s3.create_bucket(Bucket=LOGS_BUCKET)
    s3.put_bucket_policy(Bucket=LOGS_BUCKET, Policy=policy)
    _turn_and_back(embedded, {flag: value}, expected)
    for log in s3.list_objects_v2(Bucket=LOGS_BUCKET).get("Contents", []):
        s3.delete_object(Bucket=LOGS_BUCKET, Key=log["Key"])
    s3.delete_bucket(Bucket=LOGS_BUCKET)


def test_the_edge_takes_on_what_it_is_given_and_lays_it_down(embedded: Embedded):
    route53 = embedded.client("route53")
    zone = route53.create_hosted_zone(Name="example.org", CallerReference="1")["HostedZone"]["Id"]
    _turn_and_back(embedded, EDGE | {"hostedZoneId": zone.rpartition("/")[2]}, ON_THE_EDGE)
    route53.delete_hosted_zone(Id=zone)  # which Route 53 refuses while a record of the stack's is in it


def test_dicom_is_let_in_from_near_then_from_far_and_shut_out(embedded: Embedded):
    acm = embedded.client("acm")
    certificate = imported(acm, "dicom.example.org")
    listed = {"aet": "CT1", "host": "10.20.0.5", "port": 104, "allow": ["store"]}
    internal = {
        "dicomIngress": "internal",
        "dicomAllowedCidrs": ["10.20.0.0/16"],
        "dicomModalities": [listed],
    }
    embedded.configure(**internal)
    assert summary(embedded.changes()) == LET_IN
    near = embedded.outputs()["dicomEndpoint"]
    embedded.pulumi("preview", "--policy-pack", "policy")
    # From two zones to the internet: another balancer, since AWS moves none.
    embedded.configure(dicomIngress="public", dicomCertificateArn=certificate)
    moved = summary(embedded.changes())
    assert moved == Counter(
        {(step, type): 1 for step in ("create", "delete") for type in ("LoadBalancer", "TargetGroup", "Listener")}
        | {("update", "Service"): 1}
    )
    assert embedded.outputs()["dicomEndpoint"] != near
    embedded.pulumi("preview", "--policy-pack", "policy")
    told = exposure(json.loads(embedded.pulumi("stack", "export").stdout))
    assert "| `orthanc-dicom-public` (load balancer) | 10.20.0.0/16 | TCP 11112 |" in told
    embedded.configure(**dict.fromkeys([*internal, "dicomCertificateArn"]))
    shut = Counter({(OPPOSITE.get(operation, operation), type): n for (operation, type), n in LET_IN.items()})
    assert summary(embedded.changes()) == shut
    acm.delete_certificate(CertificateArn=certificate)


def test_the_service_scales_on_spare_capacity_and_stops_first_and_back(embedded: Embedded):
    _turn_and_back(embedded, SCALING, WITH_THE_LOAD)
    assert not embedded.client("cloudwatch").describe_alarms()["MetricAlarms"], "somebody would still scale"


def test_the_data_is_copied_tiered_and_told_of_and_back(embedded: Embedded):
    _turn_and_back(embedded, DATA, AROUND_THE_DATA)


def test_it_is_watched_and_somebody_is_told_and_back(embedded: Embedded):
    embedded.configure(**WATCHED)
    assert summary(embedded.changes()) == TOLD
    assert summary(embedded.changes("refresh")) == Counter(), "what is watched is seen as changed"
    _what_is_watched_is_what_is_deployed(embedded)
    _what_happens_is_told(embedded)
    embedded.configure(**dict.fromkeys(WATCHED))
    back = Counter({(OPPOSITE[operation], type): n for (operation, type), n in TOLD.items()})
    assert summary(embedded.changes()) == back
    budgets = embedded.client("budgets").describe_budgets(AccountId="123456789012")["Budgets"]
    assert not budgets, "mails go on"


def _what_is_watched_is_what_is_deployed(embedded: Embedded) -> None:
    """A dimension that names nothing is an alarm that never tells."""
    ecs = embedded.client("ecs")
    [cluster_arn] = ecs.list_clusters()["clusterArns"]
    [cluster] = ecs.describe_clusters(clusters=[cluster_arn], include=["SETTINGS"])["clusters"]
    [service] = ecs.list_services(cluster=cluster_arn)["serviceArns"]
    [balancer] = embedded.client("elbv2").describe_load_balancers()["LoadBalancers"]
    [group] = embedded.client("elbv2").describe_target_groups()["TargetGroups"]
    [database] = embedded.client("rds").describe_db_instances()["DBInstances"]
    [distribution] = embedded.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    deployed = {
        "LoadBalancer": balancer["LoadBalancerArn"].partition(":loadbalancer/")[2],
        "TargetGroup": group["TargetGroupArn"].rpartition(":")[2],
        "ClusterName": cluster["clusterName"],
        "ServiceName": service.rpartition("/")[2],
        "DBInstanceIdentifier": database["DBInstanceIdentifier"],
        "DistributionId": distribution["Id"],
        "Region": "Global",
    }
    cloudwatch = embedded.client("cloudwatch")
    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    watched = {
        (dimension["Name"], dimension["Value"])
        for dimension in jmespath.search("[].[Dimensions, Metrics[].MetricStat.Metric.Dimensions[]][][]", alarms)
    }
    assert watched == set(deployed.items())
    [listed] = cloudwatch.list_dashboards()["DashboardEntries"]
    body = cloudwatch.get_dashboard(DashboardName=listed["DashboardName"])["DashboardBody"]
    shown = {*deployed.values(), *(alarm["AlarmArn"] for alarm in alarms)}
    assert not [name for name in shown if json.dumps(name) not in body], "a graph stays empty"
    assert cluster["settings"] == [{"name": "containerInsights", "value": "enhanced"}]
    insights = f"/aws/ecs/containerinsights/{cluster['clusterName']}/performance"
    logs = embedded.client("logs").describe_log_groups(logGroupNamePrefix=insights)["logGroups"]
    assert [group["retentionInDays"] for group in logs] == [90], "ECS makes it, to be kept for ever"


def _what_happens_is_told(embedded: Embedded) -> None:
    """To whoever listens to the topic: here a queue beside the mails, which nobody reads here."""
    sns, sqs, events = (embedded.client(service) for service in ("sns", "sqs", "events"))
    [topic] = embedded.outputs()["alarmTopicArns"].values()
    queue = sqs.create_queue(QueueName="told")["QueueUrl"]
    endpoint = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    heard = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=endpoint)["SubscriptionArn"]

    cloudwatch = embedded.client("cloudwatch")
    prefix = "orthanc-alarms-no-healthy-task-"
    [alarm] = cloudwatch.describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]
    cloudwatch.set_alarm_state(AlarmName=alarm["AlarmName"], StateValue="ALARM", StateReason="tests")
    ecs = embedded.client("ecs")
    [service] = ecs.list_services(cluster=ecs.list_clusters()["clusterArns"][0])["serviceArns"]
    [database] = embedded.client("rds").describe_db_instances()["DBInstances"]
    failed = {"eventName": "SERVICE_DEPLOYMENT_FAILED", "reason": "tasks failed to start."}
    full = {"EventID": "RDS-EVENT-0224", "Message": "The next growth would pass the maximum."}
    happened = [
        ("aws.ecs", "ECS Deployment State Change", service, failed),
        ("aws.ecs", "ECS Deployment State Change", service, {"eventName": "SERVICE_DEPLOYMENT_COMPLETED"}),
        ("aws.ecs", "ECS Deployment State Change", f"{service}-of-others", failed),
        ("aws.rds", "RDS DB Instance Event", database["DBInstanceArn"], full),
        ("aws.rds", "RDS DB Instance Event", database["DBInstanceArn"], full | {"EventID": "RDS-EVENT-0089"}),
    ]
    for source, kind, resource, detail in happened:
        events.put_events(
            Entries=[{"Source": source, "DetailType": kind, "Resources": [resource], "Detail": json.dumps(detail)}]
        )
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    told = [json.loads(message["Body"])["Message"] for message in messages]
    assert json.loads(told[0])["AlarmDescription"].endswith("What to do: docs/operations.md#no-healthy-task")
    assert told[1:] == [
        "Orthanc, stack local: a deployment failed and was rolled back. tasks failed to start."
        " What to do: docs/operations.md#deployment-failed",
        "Orthanc, stack local: of the database RDS says The next growth would pass the maximum. (RDS-EVENT-0224)."
        " What to do: docs/operations.md#database-event",
    ]
    sns.unsubscribe(SubscriptionArn=heard)
    sqs.delete_queue(QueueUrl=queue)


def _turn_and_back(
    embedded: Embedded, settings: Mapping[str, str | list[str]], expected: Counter[tuple[str, str]]
) -> None:
    embedded.configure(**settings)
    assert summary(embedded.changes()) == expected
    embedded.configure(**dict.fromkeys(settings))
    back = Counter({(OPPOSITE.get(operation, operation), type): n for (operation, type), n in expected.items()})
    assert summary(embedded.changes()) == back


def test_what_is_open_to_whom_is_documented_as_it_is(embedded: Embedded):
    told = exposure(json.loads(embedded.pulumi("stack", "export").stdout))
    document = (
        (PROJECT / "docs/network.md").read_text().partition("by the tests -->\n")[2].partition("<!-- end")[0]
    )
    # AWS's prefix lists have other ids in every region.
    assert document == re.sub(r"pl-[0-9a-f]+", "pl-…", told), "docs/network.md is stale; `make exposure` prints it"


def test_without_nat_nothing_pays_for_addresses_and_nothing_else_moves(embedded: Embedded):
    ec2 = embedded.client("ec2")
    before = {subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]}
    embedded.configure(natGateways="none")
    there = summary(embedded.changes())
    assert not ec2.describe_addresses()["Addresses"], "a public IPv4 address is paid for and not used"
    gateways = ec2.describe_nat_gateways()["NatGateways"]
    assert all(gateway["State"] == "deleted" for gateway in gateways), "a NAT gateway is paid for and not used"
    after = {subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]}
    assert after < before and len(before - after) == 2, "other subnets went than the two public ones"
    assert not _types(there) & {"Instance", "LoadBalancer", "Service", "SubnetGroup", "TaskDefinition"}
    told = exposure(json.loads(embedded.pulumi("stack", "export").stdout))
    assert "any IPv4 address" not in told and "internet gateway" not in told, "there is a way out"

    embedded.configure(natGateways=None)
    back = summary(embedded.changes())
    assert back == Counter({(OPPOSITE[done], type): count for (done, type), count in there.items()})


def test_storage_moves_to_efs_and_back(embedded: Embedded):
    embedded.configure(enableDicomS3Storage="false")
    there = summary(embedded.changes())
    assert _types(there, "create") >= ON_EFS | {"MountTarget"}
    assert _types(there, "delete") >= ON_S3, "what the chosen mode does not need stays behind"
    assert "Instance" not in _types(there), "the index is none of this flag's business"
    assert summary(embedded.changes()) == Counter()

    embedded.configure(enableDicomS3Storage=None)
    back = summary(embedded.changes())
    assert _types(back, "create") >= ON_S3 and _types(back, "delete") >= ON_EFS
    assert "Instance" not in _types(back)


def test_another_key_for_the_database_is_refused(embedded: Embedded):
    """It would be another database, an empty one."""
    embedded.configure(dataOnDestroy="refuse")
    embedded.changes()
    embedded.configure(enableCustomerKeys="true")
    failed = embedded.pulumi("preview", check=False)
    text = failed.stdout + failed.stderr
    assert failed.returncode and "orthanc-database" in text and "protect" in text, text
    embedded.configure(enableCustomerKeys=None, dataOnDestroy="delete")
    embedded.changes()


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
    before = _inventory(embedded.client)
    embedded.configure(taskMemoryMib="5000", enableVpcFlowLogs="true", vpcCidr="8.8.0.0/16")
    failed = embedded.pulumi("up", "--yes", "--skip-preview", check=False)
    text = failed.stdout + failed.stderr
    assert failed.returncode
    assert "the configuration has 2 problems; nothing was created" in text, text
    assert "Traceback" not in text
    assert _inventory(embedded.client) == before
    embedded.configure(taskMemoryMib=None, enableVpcFlowLogs=None, vpcCidr=None)


def test_another_stack_is_not_deployed_by_stand_ins(embedded: Embedded):
    before = _inventory(embedded.client)
    embedded.pulumi("stack", "init", stack="prod")
    failed = embedded.pulumi("up", "--yes", "--skip-preview", stack="prod", check=False)
    assert failed.returncode and "aws:endpoints" in failed.stdout + failed.stderr
    assert _inventory(embedded.client) == before
    embedded.pulumi("stack", "rm", "--yes", "--force", stack="prod")


def test_destroy_leaves_the_account_as_it_was(embedded: Embedded):
    embedded.pulumi("destroy", "--yes", "--skip-preview")
    with mock_aws():
        untouched = _inventory(lambda service: boto3.client(service, region_name="us-east-1"))
    assert _inventory(embedded.client) == untouched, "the stack left something behind"


def test_a_network_that_is_brought_stays_as_it_is(embedded: Embedded):
    ec2 = embedded.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]

    def subnet(number: int, zone: str) -> str:
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.7.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")
        return made["Subnet"]["SubnetId"]

    named = {
        "vpcId": vpc,
        "privateSubnetIds[0]": subnet(1, "a"),
        "privateSubnetIds[1]": subnet(2, "e"),
        "isolatedSubnetIds[0]": subnet(3, "a"),
        "isolatedSubnetIds[1]": subnet(4, "b"),
    }
    settings = (f"--plaintext={path}={value}" for path, value in named.items())
    embedded.pulumi("config", "set-all", "--path", *settings)
    failed = embedded.pulumi("up", "--yes", "--skip-preview", check=False)
    text = failed.stdout + failed.stderr
    assert "the configuration has 3 problems; nothing was created" in text, text
    assert all(problem in text for problem in ("no DNS host names", "no internet gateway", "no VPC origin")), text
    assert "Traceback" not in text

    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    embedded.pulumi("config", "set", "--path", "privateSubnetIds[1]", subnet(5, "b"))
    before = _inventory(embedded.client)
    embedded.configure(**SECRETS)
    made = summary(embedded.changes())
    assert (
        made["create", "Key"] == 4
        and made["create", "RandomPassword"] == 3
        and made["create", "StateMachine"] == 1
    )
    assert summary(embedded.changes()) == Counter(), "keys, users or rotation are seen as changed"
    network = {"Vpc", "Subnet", "RouteTable", "Route", "InternetGateway", "NatGateway", "Eip", "VpcEndpoint"}
    assert not _types(made) & (network | {"DefaultSecurityGroup", "FlowLog", "VpcEndpointPolicy"})
    assert made["create", "Service"] == made["create", "Distribution"] == made["create", "Instance"] == 1
    embedded.pulumi("destroy", "--yes", "--skip-preview")
    assert _inventory(embedded.client) == before, "what was there has changed, or something was left behind"


def test_what_is_kept_is_used_again_and_kept_again(embedded: Embedded):
    for key in ("vpcId", "privateSubnetIds", "isolatedSubnetIds"):
        embedded.configure(**{key: None})
    embedded.configure(**DATA, **LOCKED)
    made = summary(embedded.changes())
    assert made["create", "BucketObjectLockConfiguration"] == 2 and made["create", "Trail"] == 1
    assert summary(embedded.changes()) == Counter()
    kept = {"dbSnapshotIdentifier": "", **_objects_are_locked_and_copied(embedded)}
    taken: set[str] = set()
    for stack in ("first", "second"):
        if stack == "second":
            embedded.configure(**dict.fromkeys([*DATA, *(LOCKED.keys() - {"dataOnDestroy"})]), **kept)
            assert not _types(summary(embedded.changes()), "create") & ON_S3
            assert summary(embedded.changes()) == Counter(), "an update would restore again"
        embedded.pulumi("destroy", "--yes", "--skip-preview")
        snapshots = embedded.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
        [kept["dbSnapshotIdentifier"]] = {each["DBSnapshotIdentifier"] for each in snapshots} - taken
        assert kept["dbSnapshotIdentifier"].startswith("orthanc-database-final-"), "nobody finds it"
        taken.add(kept["dbSnapshotIdentifier"])
    assert len(embedded.client("backup").list_backup_vaults()["BackupVaultList"]) == 1, "the backups have gone"
    answer = embedded.client("s3").get_object(Bucket=kept["existingBucketName"], Key="study")
    assert answer["Body"].read() == b"image"


def _objects_are_locked_and_copied(embedded: Embedded) -> dict[str, str]:
    """Stores an object in the stack's bucket; answers the settings that bring that."""
    s3 = embedded.client("s3")
    listed = [each["Name"] for each in s3.list_buckets()["Buckets"]]
    [replica] = [name for name in listed if name.startswith("orthanc-dicom-replica-")]
    [bucket] = [name for name in listed if name.startswith("orthanc-dicom-") and name != replica]
    version = s3.put_object(Bucket=bucket, Key="study", Body=b"image")["VersionId"]
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=bucket, Key="study", VersionId=version)
    here, there = (s3.get_object(Bucket=name, Key="study") for name in (bucket, replica))
    assert there["Body"].read() == b"image", "the replica's role may not do what replication does"
    assert ":eu-west-1:" in there["SSEKMSKeyId"] and ":us-east-1:" in here["SSEKMSKeyId"]
    return {"existingBucketName": bucket, "existingBucketKeyArn": here["SSEKMSKeyId"]}


def _inventory(client: Callable[[str], Any]) -> dict[str, int]:
    """How many of each kind the account holds."""
    return {
        f"{service} {key}": len(
            jmespath.search(key, getattr(client(service), call)(**OF_SERVICES.get(service, {}))) or []
        )
        for service, call, key in INVENTORY
    }


def _types(steps: Counter[tuple[str, str]], operation: str = "") -> set[str]:
    return {type for done, type in steps if operation in ("", done)}
