"""The smaller mends, service by service."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.iam import policies
from local.emulator.overlay import rds as overlay
from local.workspace import Workspace


def test_a_second_daemon_says_that_the_first_one_runs(workspace: Workspace) -> None:
    again = subprocess.run(
        [sys.executable, "-m", "local.serve", "--no-tasks"],
        env={**os.environ, "ORTHANC_LOCAL_ROOT": str(workspace.root)},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=20,
    )
    pid = (workspace.home / "emulator.pid").read_text().strip()
    assert again.returncode == 1
    assert f"already running (pid {pid})" in again.stdout


def test_containers_reach_the_emulated_aws_by_a_socket(workspace: Workspace) -> None:
    answer = subprocess.run(
        ["curl", "-sf", "--unix-socket", "aws.sock", "http://aws/moto-api/"],
        cwd=workspace.home / "run",
        capture_output=True,
        timeout=20,
    )
    assert answer.returncode == 0
    assert b"<html" in answer.stdout


def test_ecr_pushes_to_the_places_own_registry(client: Any, workspace: Workspace) -> None:
    registry = f"127.0.0.1:{workspace.port('registry')}"
    made = client("ecr").create_repository(repositoryName="orthanc")["repository"]
    assert made["repositoryUri"] == f"{registry}/orthanc"
    token = client("ecr").get_authorization_token()["authorizationData"][0]
    assert token["proxyEndpoint"] == f"http://{registry}"


def test_a_deleted_nat_gateway_releases_its_address_and_subnet(client: Any, network: Any, refused: Any) -> None:
    ec2 = client("ec2")
    subnet = ec2.create_subnet(VpcId=network["vpc"], CidrBlock="10.0.9.0/24")["Subnet"]["SubnetId"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    assert refused(ec2.release_address, AllocationId=address) == "InvalidIPAddress.InUse"
    again = refused(ec2.create_nat_gateway, SubnetId=subnet, AllocationId=address)
    assert again == "Resource.AlreadyAssociated", "and the subnet could not be deleted"
    ec2.delete_nat_gateway(NatGatewayId=made)
    ec2.release_address(AllocationId=address)
    ec2.delete_subnet(SubnetId=subnet)


def test_security_group_rules_keep_descriptions_and_change_in_place(
    client: Any, network: Any, refused: Any
) -> None:
    ec2, group = client("ec2"), network["group"]
    other = ec2.create_security_group(GroupName="other", Description="x", VpcId=network["vpc"])["GroupId"]
    lists = ec2.describe_managed_prefix_lists(
        Filters=[
            {"Name": "prefix-list-name", "Values": ["com.amazonaws.global.cloudfront.origin-facing"]},
        ]
    )["PrefixLists"]
    peers = (
        {"UserIdGroupPairs": [{"GroupId": other, "Description": "peer"}]},
        {"PrefixListIds": [{"PrefixListId": lists[0]["PrefixListId"], "Description": "edge"}]},
    )
    rules = [
        ec2.authorize_security_group_ingress(
            GroupId=group, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, **peer}]
        )["SecurityGroupRules"][0]
        for peer in peers
    ]
    assert [rule["Description"] for rule in rules] == ["peer", "edge"]
    id = rules[0]["SecurityGroupRuleId"]

    def change(**rule: Any) -> dict[str, Any]:
        return {
            "GroupId": group,
            "SecurityGroupRules": [{"SecurityGroupRuleId": id, "SecurityGroupRule": rule}],
        }

    ec2.modify_security_group_rules(**change(IpProtocol="-1", ReferencedGroupId=group, Description="self"))
    found = ec2.describe_security_group_rules(SecurityGroupRuleIds=[id])["SecurityGroupRules"][0]
    assert found["ReferencedGroupInfo"]["GroupId"] == group
    assert (found["IpProtocol"], found["Description"]) == ("-1", "self")
    kind = change(IpProtocol="-1", CidrIpv4="10.0.0.0/8")
    assert refused(ec2.modify_security_group_rules, **kind) == "InvalidParameterValue"
    ids = [rule["SecurityGroupRuleId"] for rule in rules]
    ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=ids)


def test_efs_backup_policy_and_update(client: Any, refused: Any) -> None:
    efs = client("efs")
    id = efs.create_file_system(CreationToken="token", Encrypted=True, ThroughputMode="elastic")["FileSystemId"]
    assert refused(efs.describe_backup_policy, FileSystemId=id) == "PolicyNotFound"
    for status in ("ENABLED", "DISABLED"):
        efs.put_backup_policy(FileSystemId=id, BackupPolicy={"Status": status})
        assert efs.describe_backup_policy(FileSystemId=id)["BackupPolicy"] == {"Status": status}
    assert efs.update_file_system(FileSystemId=id, ThroughputMode="bursting")["ThroughputMode"] == "bursting"
    assert refused(efs.update_file_system, FileSystemId=id, ThroughputMode="provisioned") == "BadRequest"
    efs.put_file_system_policy(FileSystemId=id, Policy='{"Statement": []}')
    efs.delete_file_system_policy(FileSystemId=id)
    assert refused(efs.describe_file_system_policy, FileSystemId=id) == "PolicyNotFound"
    assert refused(efs.put_backup_policy, FileSystemId="fs-0", BackupPolicy={"Status": "ENABLED"}) == (
        "FileSystemNotFound"
    )


def test_a_network_balancer_takes_what_aws_takes(client: Any, network: Any, refused: Any) -> None:
    elb = client("elbv2")

    def balancer(name: str, **more: Any) -> str:
        made = elb.create_load_balancer(Name=name, Type="network", Subnets=network["subnets"][:1], **more)
        return made["LoadBalancers"][0]["LoadBalancerArn"]

    def targets(name: str, protocol: str) -> list[dict[str, str]]:
        made = elb.create_target_group(Name=name, Protocol=protocol, Port=4242, VpcId=network["vpc"])
        return [{"Type": "forward", "TargetGroupArn": made["TargetGroups"][0]["TargetGroupArn"]}]

    guarded, open = balancer("guarded", SecurityGroups=[network["group"]]), balancer("open")
    invalid = "InvalidConfigurationRequest"
    assert refused(elb.set_security_groups, LoadBalancerArn=open, SecurityGroups=[network["group"]]) == invalid
    assert refused(elb.set_security_groups, LoadBalancerArn=guarded, SecurityGroups=[]) == invalid

    tcp = targets("tcp", "TCP")
    listen = {"LoadBalancerArn": guarded, "Protocol": "TCP", "Port": 104}
    elb.create_listener(**listen, DefaultActions=tcp)
    for protocol, kind in (("TCP", "HTTP"), ("UDP", "TCP"), ("TLS", "UDP")):
        wrong = {**listen, "Protocol": protocol, "DefaultActions": targets(f"{protocol}-{kind}", kind)}
        assert refused(elb.create_listener, **wrong) == invalid, f"{protocol} leads to {kind}"
    other = {**listen, "LoadBalancerArn": open, "DefaultActions": tcp}
    assert refused(elb.create_listener, **other) == "TargetGroupAssociationLimit"


def test_a_protected_load_balancer_stays(client: Any, network: Any, refused: Any) -> None:
    elb = client("elbv2")
    made = elb.create_load_balancer(Name="protected", Subnets=network["subnets"], Scheme="internal")
    arn = made["LoadBalancers"][0]["LoadBalancerArn"]
    for value in ("true", "false"):
        attribute = {"Key": "deletion_protection.enabled", "Value": value}
        elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[attribute])
        if value == "true":
            assert refused(elb.delete_load_balancer, LoadBalancerArn=arn) == "OperationNotPermitted"
    elb.delete_load_balancer(LoadBalancerArn=arn)


def test_a_target_group_belongs_to_the_balancer_whose_listener_names_it(client: Any, network: Any) -> None:
    elb = client("elbv2")
    balancer = elb.create_load_balancer(Name="moving", Subnets=network["subnets"], Scheme="internal")
    arn, vpc = balancer["LoadBalancers"][0]["LoadBalancerArn"], balancer["LoadBalancers"][0]["VpcId"]
    old, new = (
        elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0][
            "TargetGroupArn"
        ]
        for name in ("old", "new")
    )
    to_old, to_new = ([{"Type": "forward", "TargetGroupArn": group}] for group in (old, new))
    made = elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=to_old)
    elb.modify_listener(ListenerArn=made["Listeners"][0]["ListenerArn"], DefaultActions=to_new)
    described = elb.describe_target_groups(TargetGroupArns=[old, new])["TargetGroups"]
    assert {each["TargetGroupArn"]: each["LoadBalancerArns"] for each in described} == {old: [], new: [arn]}
    elb.delete_target_group(TargetGroupArn=old)


@pytest.fixture(scope="module")
def log_bucket(client: Any) -> str:
    """A bucket that lets nobody write."""
    client("s3").create_bucket(Bucket="logs")
    return "logs"


def let_logs_in(client: Any, bucket: str, account: str = "123456789012") -> None:
    policy = policies.write_access_logs(f"arn:aws:s3:::{bucket}", account)
    client("s3").put_bucket_policy(Bucket=bucket, Policy=policy)


def test_a_log_delivery_finds_its_bucket_and_is_updated(client: Any, refused: Any, log_bucket: str) -> None:
    logs = client("logs")
    distribution = "arn:aws:cloudfront::123456789012:distribution/E1"
    logs.put_delivery_source(name="edge", resourceArn=distribution, logType="ACCESS_LOGS")
    destination = logs.put_delivery_destination(
        name="bucket",
        deliveryDestinationConfiguration={"destinationResourceArn": f"arn:aws:s3:::{log_bucket}/cloudfront"},
    )["deliveryDestination"]["arn"]
    ends = {"deliverySourceName": "edge", "deliveryDestinationArn": destination}
    denies = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{log_bucket}/*"}
    client("s3").put_bucket_policy(Bucket=log_bucket, Policy=json.dumps({"Statement": [denies]}))
    assert refused(logs.create_delivery, **ends) == "AccessDeniedException"
    let_logs_in(client, log_bucket)
    id = logs.create_delivery(**ends)["delivery"]["id"]
    logs.update_delivery_configuration(id=id, recordFields=["date", "time"])
    assert logs.get_delivery(id=id)["delivery"]["recordFields"] == ["date", "time"]
    assert refused(logs.update_delivery_configuration, id="none") == "ResourceNotFoundException"
    assert refused(logs.delete_delivery_source, name="edge") == "ConflictException"
    assert refused(logs.delete_delivery_destination, name="bucket") == "ConflictException"
    logs.delete_delivery(id=id)
    logs.delete_delivery_source(name="edge")
    logs.delete_delivery_destination(name="bucket")


SOURCE = "arn:aws:logs:us-east-1:123456789012:delivery-source:cdn"
ADMITTED = {"aws:SourceAccount": "123456789012", "s3:x-amz-acl": "bucket-owner-full-control"}


@pytest.mark.parametrize(
    ("prefix", "admitted", "added"),
    [
        ("", "AWSLogs/123456789012/CloudFront", ""),
        ("", "cloudfront", "AWSLogs/123456789012/CloudFront"),
        ("/cloudfront", "cloudfront", ""),
        ("/cloudfront", "cloudfront/AWSLogs/123456789012/CloudFront", "cloudfront"),
        ("/cloudfront/a", "cloudfront", ""),
        ("/cloudfront/a/", "none", "cloudfront/a"),
    ],
)
def test_aws_lets_its_own_logs_in_where_the_policy_does_not(
    client: Any, prefix: str, admitted: str, added: str
) -> None:
    """By a statement of its own; a prefix in the destination takes the place of the whole path."""
    logs, s3, bucket = client("logs"), client("s3"), str(uuid.uuid4())
    s3.create_bucket(Bucket=bucket)
    arn = f"arn:aws:s3:::{bucket}"
    ours = {
        "Sid": "AWSLogDeliveryWrite1",
        "Effect": "Allow",
        "Principal": {"Service": "delivery.logs.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"{arn}/{admitted}/*",
        "Condition": {"StringEquals": ADMITTED, "ArnLike": {"aws:SourceArn": SOURCE}},
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [ours]}))
    logs.put_delivery_source(
        name="cdn", resourceArn="arn:aws:cloudfront::123456789012:distribution/E2", logType="ACCESS_LOGS"
    )
    configuration = {"destinationResourceArn": f"{arn}{prefix}"}
    made = logs.put_delivery_destination(name=bucket, deliveryDestinationConfiguration=configuration)
    ends = {"deliverySourceName": "cdn", "deliveryDestinationArn": made["deliveryDestination"]["arn"]}
    id = logs.create_delivery(**ends)["delivery"]["id"]
    theirs = {**ours, "Sid": "AWSLogDeliveryWrite2", "Resource": f"{arn}/{added}/*"}
    found = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    assert found == [ours, *([theirs] if added else [])]
    logs.delete_delivery(id=id)
    for delete, name in ((logs.delete_delivery_source, "cdn"), (logs.delete_delivery_destination, bucket)):
        delete(name=name)


def test_a_load_balancer_tries_the_bucket_for_its_access_logs(client: Any, network: Any, refused: Any) -> None:
    elb, s3, bucket = client("elbv2"), client("s3"), "balancers-logs"
    made = elb.create_load_balancer(Name="logged", Subnets=network["subnets"], Scheme="internal")
    wanted = {"enabled": "true", "bucket": bucket, "prefix": "load-balancer"}
    attributes = [{"Key": f"access_logs.s3.{key}", "Value": value} for key, value in wanted.items()]
    call = {"LoadBalancerArn": made["LoadBalancers"][0]["LoadBalancerArn"], "Attributes": attributes}
    modify = elb.modify_load_balancer_attributes
    assert refused(modify, **call) == "InvalidConfigurationRequest", "there is no such bucket"
    s3.create_bucket(Bucket=bucket)
    assert refused(modify, **call) == "InvalidConfigurationRequest", "nothing lets it write"
    let_logs_in(client, bucket)
    for algorithm in ("aws:kms", "AES256"):
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
        if algorithm == "aws:kms":
            assert refused(modify, **call) == "InvalidConfigurationRequest", "it cannot use a key of KMS"
    modify(**call)


def test_lifecycle_rules_come_back_as_they_went(client: Any) -> None:
    s3, name = client("s3"), f"rules-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name)
    rule = {
        "ID": "tier",
        "Status": "Enabled",
        "Filter": {"ObjectSizeGreaterThan": 0},
        "Transitions": [{"Days": 30, "StorageClass": "INTELLIGENT_TIERING"}],
    }
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [rule]})
    assert s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"] == [rule]


@pytest.fixture
def database(client: Any, network: Any) -> dict[str, Any]:
    rds = client("rds")
    rds.create_db_subnet_group(
        DBSubnetGroupName="isolated", DBSubnetGroupDescription="d", SubnetIds=network["subnets"]
    )
    rds.create_db_parameter_group(
        DBParameterGroupName="postgres", DBParameterGroupFamily="postgres17", Description="d"
    )
    return rds.create_db_instance(
        DBInstanceIdentifier="orthanc",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        EngineVersion="17",
        MasterUsername="orthanc",
        MasterUserPassword="first-password",
        AllocatedStorage=20,
        MaxAllocatedStorage=100,
        StorageType="gp3",
        DBSubnetGroupName="isolated",
        DBParameterGroupName="postgres",
        DeletionProtection=True,
        EnablePerformanceInsights=True,
        PerformanceInsightsRetentionPeriod=7,
        EnableCloudwatchLogsExports=["postgresql", "upgrade"],
        EngineLifecycleSupport="open-source-rds-extended-support-disabled",
    )["DBInstance"]


def test_a_database_keeps_its_settings_and_is_hard_to_lose(
    client: Any, database: Any, network: Any, refused: Any
) -> None:
    rds, id = client("rds"), {"DBInstanceIdentifier": "orthanc"}
    expected = {
        "CACertificateIdentifier": "rds-ca-rsa2048-g1",
        "EngineLifecycleSupport": "open-source-rds-extended-support-disabled",
        "PerformanceInsightsEnabled": True,
        "PerformanceInsightsRetentionPeriod": 7,
        "MaxAllocatedStorage": 100,
        "Iops": 3000,
        "StorageThroughput": 125,
    }
    assert {key: database[key] for key in expected} == expected
    exports = {"DisableLogTypes": ["upgrade"]}
    changed = rds.modify_db_instance(
        **id, CloudwatchLogsExportConfiguration=exports, EnablePerformanceInsights=False
    )["DBInstance"]
    assert changed["EnabledCloudwatchLogsExports"] == ["postgresql"]
    assert changed["PerformanceInsightsEnabled"] is False
    assert refused(rds.delete_db_instance, **id, SkipFinalSnapshot=True) == "InvalidParameterCombination"
    rds.modify_db_instance(**id, DeletionProtection=False)
    assert refused(rds.delete_db_instance, **id) == "InvalidParameterCombination", "no last snapshot"

    group = {"DBSubnetGroupName": "isolated"}
    rds.modify_db_subnet_group(**group, SubnetIds=network["subnets"], DBSubnetGroupDescription="changed")
    found = rds.describe_db_subnet_groups(**group)["DBSubnetGroups"][0]
    assert found["DBSubnetGroupDescription"] == "changed"
    assert refused(rds.delete_db_subnet_group, **group) == "InvalidDBSubnetGroupStateFault"

    parameters = {"DBParameterGroupName": "postgres"}
    force = {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "immediate"}
    slow = {"ParameterName": "log_min_duration_statement", "ParameterValue": "1000", "ApplyMethod": "immediate"}
    rds.modify_db_parameter_group(**parameters, Parameters=[force, slow])
    found = rds.describe_db_parameters(**parameters)["Parameters"]
    assert [(each["ParameterName"], each["Source"], each["ApplyMethod"]) for each in found] == [
        ("log_min_duration_statement", "user", "immediate"),
        ("rds.force_ssl", "system", "pending-reboot"),  # a default stays one, and is applied as one
    ]
    rds.reset_db_parameter_group(**parameters, Parameters=[slow])
    assert rds.describe_db_parameters(**parameters, Source="user")["Parameters"] == []
    rds.delete_db_instance(**id, SkipFinalSnapshot=True)
    rds.delete_db_subnet_group(**group)


def test_there_is_no_password_of_a_database_that_is_not_there() -> None:
    with pytest.raises(KeyError):
        overlay.master_password("none")


@pytest.fixture(scope="module")
def balanced(client: Any, network: Any) -> dict[str, str]:
    """A load balancer whose listener answers itself, and a target group."""
    elb = client("elbv2")
    balancer = elb.create_load_balancer(Name="ruled", Subnets=network["subnets"], Scheme="internal")
    group = elb.create_target_group(
        Name="ruled", Protocol="HTTPS", Port=8042, VpcId=network["vpc"], TargetType="ip"
    )
    refuse = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "403"}}]
    arn = balancer["LoadBalancers"][0]["LoadBalancerArn"]
    made = elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=refuse)
    target_group = group["TargetGroups"][0]["TargetGroupArn"]
    return {"balancer": arn, "listener": made["Listeners"][0]["ListenerArn"], "group": target_group}


def query(*pairs: dict[str, str]) -> dict[str, Any]:
    return {"Field": "query-string", "QueryStringConfig": {"Values": list(pairs)}}


def of_header(name: str, *values: str) -> dict[str, Any]:
    return {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": name, "Values": list(values)}}


@pytest.mark.parametrize(
    "conditions",
    [
        [query({"Key": "*%*", "Value": "*"})],
        [query({"Value": "é"})],
        [query({"Value": "x" * 129})],
        [query(*({"Value": str(number)} for number in range(4)))],
        [of_header("x", "1", "2", "3"), query({"Value": "4"}, {"Value": "5"}, {"Value": "6"})],
        [query({"Key": "?*?", "Value": "*"}, {"Value": "**"})],
        [of_header("x" * 41, "1")],
    ],
)
def test_a_rule_whose_conditions_elb_does_not_accept_is_refused(
    client: Any, refused: Any, balanced: dict[str, str], conditions: Any
) -> None:
    forward = [{"Type": "forward", "TargetGroupArn": balanced["group"]}]
    rule = {"ListenerArn": balanced["listener"], "Priority": 9, "Conditions": conditions, "Actions": forward}
    code = refused(client("elbv2").create_rule, **rule)
    assert code in ("ValidationError", "InvalidConditionValue")


def test_a_rule_leads_to_its_target_group_until_it_is_deleted(client: Any, balanced: dict[str, str]) -> None:
    elb = client("elbv2")

    def leads() -> list[str]:
        return elb.describe_target_groups(TargetGroupArns=[balanced["group"]])["TargetGroups"][0][
            "LoadBalancerArns"
        ]

    forward = [{"Type": "forward", "TargetGroupArn": balanced["group"]}]
    conditions = [of_header("x-mark", r"pass\*"), query({"Key": "a.b-c_d", "Value": "*"}, {"Value": r"\?\*"})]
    made = elb.create_rule(ListenerArn=balanced["listener"], Priority=1, Conditions=conditions, Actions=forward)
    assert leads() == [balanced["balancer"]], "ECS refuses a service on it"
    elb.modify_listener(
        ListenerArn=balanced["listener"],
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )
    assert leads() == [balanced["balancer"]]
    elb.delete_rule(RuleArn=made["Rules"][0]["RuleArn"])
    assert leads() == []


@pytest.mark.parametrize("call", ["create_security_group", "authorize_security_group_ingress"])
def test_a_description_that_ec2_does_not_take_is_refused(
    client: Any, network: dict[str, Any], refused: Callable[..., str], call: str
) -> None:
    peer = {"CidrIp": "10.0.0.0/8", "Description": "the hospital's network"}
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [peer]}
    arguments = {
        "create_security_group": {"GroupName": "x", "Description": "Orthanc's", "VpcId": network["vpc"]},
        "authorize_security_group_ingress": {"GroupId": network["group"], "IpPermissions": [permission]},
    }
    assert refused(getattr(client("ec2"), call), **arguments[call]) == "InvalidParameterValue"


def test_an_endpoint_is_a_gateway_unless_its_type_is_given(client: Any) -> None:
    ec2 = client("ec2")
    vpc = {"VpcId": ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]}
    made = ec2.create_vpc_endpoint(**vpc, ServiceName="com.amazonaws.us-east-1.s3")["VpcEndpoint"]
    gateways = [
        {"Name": "vpc-endpoint-type", "Values": ["Gateway"]},
        {"Name": "vpc-id", "Values": [*vpc.values()]},
    ]
    [found] = ec2.describe_vpc_endpoints(Filters=gateways)["VpcEndpoints"]
    assert found["VpcEndpointId"] == made["VpcEndpointId"]
    ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])
    ec2.delete_vpc(**vpc)
