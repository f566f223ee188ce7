"""What every resource type of the aws stand-in does, from its creation to its end."""

import json
import re
from typing import Any

import pytest

from offline.stand_ins import calls, semantics
from offline.stand_ins.aws import Aws, load
from offline.stand_ins.mapping import agrees
from offline.stand_ins.sdk import schema
from offline.stand_ins.servicer import Refused, Unfinished
from offline.stand_ins.table import ROWS
from offline.stand_ins.tags import in_creation
from tests.offline.stand_ins.samples import SAMPLES, Sample, World, policy
from tests.offline.stand_ins.tagged import tags

load()

# What an import reads otherwise than it was given: nobody says then which part of a version counts.
UNLIKE = {("aws:rds/instance:Instance", "engineVersion")}

# AWS itself creates the first, and S3 tags only a bucket that exists.
TAGGED_LATER = {"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "aws:s3/bucket:Bucket"}

# What AWS itself made, or has no call to remove: it stays when the resource that manages it goes.
NEVER_GONE = {
    "aws:acm/certificateValidation:CertificateValidation",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "aws:efs/backupPolicy:BackupPolicy",
    "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy",
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:secretsmanager/secretRotation:SecretRotation",
    "aws:secretsmanager/secretVersion:SecretVersion",
    "aws:sns/topicPolicy:TopicPolicy",
}


def test_every_row_has_a_sample(aws: Aws):
    assert set(ROWS) == {sample.kind for sample in SAMPLES.values()}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_resource_lives_as_the_engine_expects(aws: Aws, world: World, name: str):
    sample = SAMPLES[name]
    kind, id, inputs, outputs = world.make(name, **_apart(name, world))

    live = aws.read(kind, id, inputs, outputs)
    assert live and live.inputs == inputs, "a refresh shows drift where there is none"
    assert not aws.diff(kind, inputs, dict(inputs), outputs).changed
    assert set(inputs) - {"tagsAll", "__defaults"} <= set(outputs) | {"region"}, "the state forgets inputs"

    if sample.change:
        wanted = aws.check(kind, {**inputs, **sample.change}, inputs, name, b"")
        difference = aws.diff(kind, inputs, wanted, outputs)
        assert set(difference.changed) >= set(sample.change) and not difference.replacing
        changed = aws.update(kind, id, wanted, inputs, outputs, print)
        settled = aws.read(kind, id, wanted, changed)
        assert settled and settled.inputs == wanted, "an update does not do what it says"
        drifted = aws.read(kind, id, inputs, outputs)
        assert drifted
        for key in (set(sample.change) & set(inputs)) - set(ROWS[kind].unread) - {"tags"}:
            assert agrees(wanted[key], drifted.inputs[key]), (
                f"what is done to {key} behind Pulumi's back is not seen"
            )
        inputs, outputs = wanted, changed

    if tags := inputs.get("tagsAll"):
        untagged = inputs | {"tagsAll": {}}
        bare = aws.update(kind, id, untagged, inputs, outputs, print)
        outputs = aws.update(kind, id, inputs, untagged, bare, print)
        assert outputs["tagsAll"] == tags

    _can_be_imported(aws, sample, id, inputs)
    aws.delete(kind, id, outputs)
    if kind not in NEVER_GONE:
        assert aws.read(kind, id, inputs, outputs) is None, "a deleted resource is still there"
    aws.delete(kind, id, outputs)


def _apart(name: str, world: World) -> dict[str, Any]:
    """Where two cannot be: a second one of these goes to another place than the shared one."""
    if name == "gateway":
        return {"vpcId": world.make("vpc").id}
    if name == "providers":
        return {"clusterName": world.make("cluster").inputs["name"]}
    if name == "scalable":
        service = world.make("service").inputs["name"]
        return {"resourceId": f"service/{world['cluster'].inputs['name']}/{service}"}
    if name in ("association", "mount-target"):
        return {"subnetId": world["subnet-b"].id}
    if name == "route":
        return {"destinationCidrBlock": "192.0.2.0/24"}
    if name == "record":
        return {"name": "other.example.org", "records": ["elsewhere.example.com"]}
    if name == "delivery":
        return {"deliverySourceName": world.make("delivery-source").id}
    return {}


def _can_be_imported(aws: Aws, sample: Sample, id: str, inputs: dict[str, Any]) -> None:
    imported = aws.read(sample.kind, id, {}, {})
    assert imported, f"{id} cannot be imported"
    wrong = {
        key: (value, imported.inputs.get(key))
        for key, value in inputs.items()
        if key in imported.inputs and not agrees(value, imported.inputs[key]) and (sample.kind, key) not in UNLIKE
    }
    assert not wrong, "an import reads other values than those that were given"


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_left_out_and_aws_has_a_value_for_is_kept(aws: Aws, world: World, name: str):
    """Optional and computed: no difference, and nothing else is sent in its place."""
    made = world[name]
    for key in schema(made.kind).computed & set(SAMPLES[name].inputs(world)):
        left_out = {other: value for other, value in made.inputs.items() if other != key}
        assert not aws.diff(made.kind, made.inputs, left_out, made.outputs).changed, f"{key} would be taken away"
        assert semantics.kept(made.kind, left_out, made.outputs)[key] == made.outputs[key]


@pytest.mark.parametrize(
    ("name", "key", "gone"),
    [
        ("distribution", "webAclId", True),
        ("headers", "corsConfig", True),
        ("log-group", "kmsKeyId", True),
        ("role", "permissionsBoundary", True),
        # The provider passes over a block that is left out.
        ("logged-balancer", "accessLogs", False),
        ("repository", "encryptionConfigurations", False),
    ],
)
def test_what_is_left_out_goes_where_the_provider_takes_it_away(
    aws: Aws, world: World, name: str, key: str, gone: bool
):
    made = world.make(name)
    left_out = {other: value for other, value in made.inputs.items() if other != key}
    assert aws.diff(made.kind, made.inputs, left_out, made.outputs).changed == [key] * gone
    outputs = aws.update(made.kind, made.id, left_out, made.inputs, made.outputs, print)
    assert semantics.empty(outputs.get(key)) == gone
    assert not aws.diff(made.kind, left_out, left_out, outputs).changed


@pytest.mark.parametrize(
    ("name", "wanted", "text"),
    [
        # The provider sends nothing in its place, so it stays, and every update finds it again.
        ("shells", {"configuration": None}, "configuration, which is no longer given, stays"),
        ("secret", {"kmsKeyId": None}, "kmsKeyId, which is no longer given, stays"),
        # The provider sends the policy that it has read.
        (
            "https-listener",
            {"protocol": "HTTP", "port": 80, "certificateArn": None, "sslPolicy": None},
            "An SSL policy cannot be specified for HTTP listeners",
        ),
        (
            "tls-listener",
            {"protocol": "TCP", "certificateArn": None, "sslPolicy": None},
            "An SSL policy cannot be specified for TCP listeners",
        ),
        ("database", {"allocatedStorage": 400, "maxAllocatedStorage": 500}, "Iops 3000: gp3 of 400 GiB has 12000"),
    ],
)
def test_what_cannot_be_taken_away_is_an_error(
    aws: Aws, world: World, name: str, wanted: dict[str, Any], text: str
):
    made = world.make(name)
    given = {key: value for key, value in {**made.inputs, **wanted}.items() if value is not None}
    with pytest.raises(Unfinished, match=text):
        aws.update(made.kind, made.id, given, made.inputs, made.outputs, print)


def test_what_aws_stores_otherwise_than_given_is_an_error(aws: Aws, world: World):
    """RDS has this value by default, to be applied after a reboot, and keeps it so."""
    at_once = {"name": "rds.force_ssl", "value": "1", "applyMethod": "immediate"}
    with pytest.raises(Unfinished, match=r"'applyMethod': 'immediate'}\] is read back as .*pending-reboot"):
        world.make("parameter-group", parameters=[at_once])


def test_a_database_that_is_restored_is_as_given(aws: Aws, world: World):
    rds = aws.client("rds")
    rds.create_db_snapshot(DBInstanceIdentifier=world.make("database").id, DBSnapshotIdentifier="restored-here")
    made = world.make("database", snapshotIdentifier="restored-here", dbName=None, username=None)
    live = aws.read(made.kind, made.id, made.inputs, made.outputs)
    assert live and live.inputs == made.inputs
    assert not aws.diff(made.kind, made.inputs, made.inputs, live.outputs).changed


def test_storage_that_rds_has_enlarged_stays(aws: Aws, world: World):
    """Over 400 GiB, too, where another baseline begins that RDS refuses below."""
    made = world.make("database", maxAllocatedStorage=1000)
    rds = aws.client("rds")
    rds.modify_db_instance(DBInstanceIdentifier=made.id, AllocatedStorage=420, Iops=12000)
    grown = aws.read(made.kind, made.id, made.inputs, made.outputs)
    assert grown and (grown.outputs["allocatedStorage"], grown.outputs["iops"]) == (420, 12000)
    assert not aws.diff(made.kind, made.inputs, made.inputs, grown.outputs).changed
    wanted = {**made.inputs, "backupRetentionPeriod": 7}
    assert aws.diff(made.kind, made.inputs, wanted, grown.outputs).changed == ["backupRetentionPeriod"]
    for before in (made.outputs, grown.outputs):  # without a refresh in between, and with one
        outputs = aws.update(made.kind, made.id, wanted, made.inputs, before, print)
        assert (outputs["allocatedStorage"], outputs["backupRetentionPeriod"]) == (420, 7)


@pytest.mark.parametrize("name", [name for name, each in SAMPLES.items() if "tagsAll" in schema(each.kind).types])
def test_what_is_made_carries_its_tags_from_the_first_moment(aws: Aws, world: World, name: str):
    """A resource that was created but not recorded can be found by them."""
    made = world[name]
    assert tags(aws, made).items() >= made.inputs["tagsAll"].items() >= {("Project", "tests")}
    row = ROWS[made.kind]
    client, [create, *_] = aws.client(row.service), calls.made_with(row, made.inputs)
    operation = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[create.operation])
    with_it = bool(in_creation(create.operation, operation.input_shape, made.inputs["tagsAll"]))
    assert with_it != (made.kind in TAGGED_LATER), "tagged after it was made"


@pytest.mark.parametrize("kind", sorted(ROWS))
def test_what_wants_a_new_resource_is_a_property(kind: str):
    fixed = set(ROWS[kind].fixed.split()) - {"*"}
    assert fixed <= schema(kind).inputs


@pytest.mark.parametrize(
    ("name", "change", "delete_first"),
    [
        ("vpc", {"cidrBlock": "10.1.0.0/16"}, True),
        ("group", {"description": "other"}, False),
        ("group", {"description": "other", "__defaults": []}, True),  # its name is the user's
        ("database", {"dbName": "other"}, False),
        ("database", {"snapshotIdentifier": "kept"}, False),
        ("target-group", {"protocol": "HTTPS"}, False),
        ("secret-version", {"secretString": "{}"}, True),
        ("task-definition", {"cpu": "4096"}, True),
        ("service", {"launchType": "FARGATE"}, False),
        ("parameter", {"name": "/orthanc/other"}, False),
    ],
)
def test_a_change_that_wants_a_new_resource(
    aws: Aws, world: World, name: str, change: dict[str, Any], delete_first: bool
):
    made = world[name]
    difference = aws.diff(made.kind, made.inputs, {**made.inputs, **change}, made.outputs)
    assert difference.replacing == sorted(change.keys() - {"__defaults"})
    assert difference.delete_first == delete_first


@pytest.mark.parametrize(
    ("kind", "old", "new", "replacing"),
    [
        ("network", {"securityGroups": []}, {"securityGroups": ["sg-1"]}, ["securityGroups"]),
        ("network", {"securityGroups": ["sg-1"]}, {"securityGroups": []}, ["securityGroups"]),
        ("network", {"securityGroups": ["sg-1"]}, {"securityGroups": ["sg-2"]}, []),
        ("network", {"subnets": ["a", "b"]}, {"subnets": ["b"]}, ["subnets"]),
        ("network", {"subnets": ["a"]}, {"subnets": ["a", "b"]}, []),
        ("application", {"subnets": ["a", "b"]}, {"subnets": ["b", "c"]}, []),
    ],
)
def test_what_a_network_balancer_is_made_with(
    aws: Aws, kind: str, old: dict[str, Any], new: dict[str, Any], replacing: list[str]
):
    type = {"loadBalancerType": kind}
    assert aws.diff("aws:lb/loadBalancer:LoadBalancer", type | old, type | new, type | old).replacing == replacing


@pytest.mark.parametrize(
    ("name", "wrong", "text"),
    [
        ("tcp-listener", {"tcpIdleTimeoutSeconds": 59}, "range (60 - 6000)"),
        ("balancer", {"namePrefix": "a-name-of-26-characters---"}, "longer than maximum length 32"),
        ("database", {"manageMasterUserPassword": True}, "not both"),
        ("endpoint-policy", {"policy": "everything"}, "invalid JSON"),
        ("ingress", {"cidrIpv4": "10.0.0.0/8"}, "exactly one peer"),
        ("bucket", {"forceDestory": True}, "forceDestory is no property"),
        ("distribution", {"origins": [{"originID": "x"}]}, "origins.originID is no property"),
    ],
)
def test_what_the_provider_refuses_is_refused_in_a_preview(
    aws: Aws, world: World, name: str, wrong: dict[str, Any], text: str
):
    sample = SAMPLES[name]
    with pytest.raises(ExceptionGroup) as refused:
        aws.check(sample.kind, sample.inputs(world) | wrong, {}, name, b"")
    assert text in " ".join(map(str, refused.value.exceptions))


@pytest.mark.parametrize(
    ("name", "wrong", "text"),
    [
        ("task-definition", {"memory": "5000"}, "no task of cpu 2048 with memory 5000"),
        ("task-definition", {"networkMode": "bridge"}, "awsvpc"),
        ("task-definition", {"family": "orthanc-prod.eu"}, "hyphens and underscores"),
        ("group", {"description": "Orthanc's tasks"}, "up to 255 of a-z"),
        ("listener", {"protocol": "HTTPS"}, "needs a certificate"),
        ("https-listener", {"protocol": "HTTP"}, "SSL policy cannot be specified for HTTP listeners"),
        ("tls-listener", {"certificateArn": None}, "needs a certificate"),
        (
            "tcp-listener",
            {"sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"},
            "SSL policy cannot be specified for TCP listeners",
        ),
        ("web-acl", {"region": "eu-central-1"}, "SCOPE_VALUE"),
        ("ip-set", {"region": "eu-central-1"}, "SCOPE_VALUE"),
        ("waf-logging", {"logDestinationConfigs": ["arn:aws:logs:us-east-1:1:log-group:waf"]}, "LOG_DESTINATION"),
        ("database", {"engineVersion": "13"}, "Cannot find version 13"),
        ("database", {"username": None}, "MasterUsername must be provided"),
        ("database", {"username": "admin"}, "reserved word"),
        ("database", {"password": "short"}, "8 to 128"),
        ("database", {"password": None}, "must be provided"),
        ("database", {"password": "with space"}, "@ and space"),
        ("database", {"allocatedStorage": 10}, "storage type gp3: 10"),
        ("database", {"iops": 3000}, "less than 400"),
        ("database", {"allocatedStorage": 400, "maxAllocatedStorage": 500, "iops": 3000}, "12000 to 64000"),
        ("database", {"maxAllocatedStorage": 21}, "at least 10%"),
        ("database", {"monitoringRoleArn": None}, "MonitoringRoleARN"),
        ("database", {"dbName": "postgres"}, "reserved word"),
        ("database", {"backupWindow": "03:00-03:20"}, "at least 30 minutes"),
        (
            "database",
            {"backupWindow": "03:00-04:00", "maintenanceWindow": "sun:03:30-sun:04:30"},
            "overlap|conflict",
        ),
        ("endpoint-policy", {"policy": policy("Allow", "*", "*")}, "without Principal"),
        ("endpoint-policy", {"policy": policy("Allow", "*", "*" * 20480, Principal="*")}, "not 20480"),
        ("plan", {"rules": [{"startWindow": 30}]}, "60 minutes at least"),
        ("plan", {"rules": [{"startWindow": 120, "completionWindow": 150}]}, "60 more to complete"),
        ("service", {"launchType": "FARGATE"}, "not both"),
        (
            "service",
            {"capacityProviderStrategies": [{"capacityProvider": "other", "weight": 1}]},
            "not associated",
        ),
        ("scalable", {"minCapacity": 3}, "cannot be less than minimum"),
        ("scaling", {"resourceId": "service/cluster/other"}, "No scalable target"),
    ],
)
def test_what_aws_refuses_is_refused_when_it_is_made(
    aws: Aws, world: World, name: str, wrong: dict[str, Any], text: str
):
    if "rules" in wrong:
        wrong = {"rules": [_merged(SAMPLES[name].inputs(world)["rules"][0], wrong["rules"][0])]}
    with pytest.raises((Refused, Unfinished)) as refused:
        world.make(name, **wrong)
    assert re.search(text, str(refused.value)), refused.value


def _merged(rule: dict[str, Any], wrong: dict[str, Any]) -> dict[str, Any]:
    return {**rule, **wrong}


def test_requests_are_counted_where_a_balancer_leads_only(aws: Aws, world: World):
    scaling = world["scaling"]
    configuration = scaling.inputs["targetTrackingScalingPolicyConfiguration"]
    metric = configuration["predefinedMetricSpecification"]
    elsewhere = {**metric, "resourceLabel": metric["resourceLabel"].replace("targetgroup/", "targetgroup/other-")}
    with pytest.raises(Refused, match="resource label"):
        world.make(
            "scaling",
            targetTrackingScalingPolicyConfiguration={**configuration, "predefinedMetricSpecification": elsewhere},
        )


def test_an_update_leaves_the_number_of_tasks_to_whoever_scales(aws: Aws, world: World):
    made = world.make("service")
    service = {"cluster": made.inputs["cluster"], "service": made.id}
    aws.client("ecs").update_service(**service, desiredCount=3)
    wanted = {**made.inputs, "healthCheckGracePeriodSeconds": 90}
    aws.update(made.kind, made.id, wanted, made.inputs, made.outputs, print)
    found = aws.client("ecs").describe_services(cluster=service["cluster"], services=[made.id])["services"][0]
    assert (found["desiredCount"], found["healthCheckGracePeriodSeconds"]) == (3, 90)


def test_a_subnet_group_in_one_zone_is_refused(aws: Aws, world: World):
    with pytest.raises(Exception, match="at least two zones"):
        world.make("subnet-group", subnetIds=[world["subnet-a"].id])


@pytest.mark.parametrize(
    ("name", "protection"), [("database", "deletionProtection"), ("balancer", "enableDeletionProtection")]
)
def test_what_is_protected_is_not_deleted(aws: Aws, world: World, name: str, protection: str):
    made = world.make(name, **{protection: True})
    with pytest.raises(Refused, match="deletion protection"):
        aws.delete(made.kind, made.id, made.outputs)
    assert aws.read(made.kind, made.id, made.inputs, made.outputs)


def test_an_endpoint_without_its_policy_admits_everything_again(aws: Aws, world: World):
    made = world.make("endpoint-policy", vpcEndpointId=world.make("endpoint").id)
    aws.delete(made.kind, made.id, made.outputs)
    [endpoint] = aws.client("ec2").describe_vpc_endpoints(VpcEndpointIds=[made.id])["VpcEndpoints"]
    [statement] = json.loads(endpoint["PolicyDocument"])["Statement"]
    assert statement["Action"] == statement["Resource"] == "*"


def test_an_endpoint_that_moves_keeps_the_policy_of_another_resource(aws: Aws, world: World):
    endpoint = world.make("endpoint")
    restricted = world.make("endpoint-policy", vpcEndpointId=endpoint.id)
    moved = {**endpoint.inputs, "subnetIds": [world["subnet-a"].id]}
    aws.update(endpoint.kind, endpoint.id, moved, endpoint.inputs, endpoint.outputs, print)
    live = aws.read(restricted.kind, restricted.id, restricted.inputs, restricted.outputs)
    assert live and live.inputs == restricted.inputs, "an update of the endpoint opens it"


def test_a_gateway_endpoint_is_a_route_in_each_of_its_tables(aws: Aws, world: World):
    endpoint, other = world.make("s3-endpoint"), world.make("table").id
    moved = {**endpoint.inputs, "routeTableIds": [other]}
    aws.update(endpoint.kind, endpoint.id, moved, endpoint.inputs, endpoint.outputs, print)
    ec2 = aws.client("ec2")

    def gateways(table: str) -> list[str]:
        [found] = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
        return [route["GatewayId"] for route in found["Routes"]]

    assert endpoint.id in gateways(other) and endpoint.id not in gateways(world["table"].id)
    aws.delete(endpoint.kind, endpoint.id, moved)
    assert aws.read(endpoint.kind, endpoint.id, moved, moved) is None
    assert endpoint.id not in gateways(other)


def test_a_log_group_is_put_under_a_key_and_taken_from_it(aws: Aws, world: World):
    made = world.make("log-group")
    bare = {key: value for key, value in made.inputs.items() if key != "kmsKeyId"}
    outputs = made.outputs
    for old, new in ((made.inputs, bare), (bare, made.inputs)):
        outputs = aws.update(made.kind, made.id, new, old, outputs, print)
        [group] = aws.client("logs").describe_log_groups(logGroupNamePrefix=made.id)["logGroups"]
        assert group.get("kmsKeyId") == new.get("kmsKeyId")


@pytest.mark.parametrize(
    ("name", "key", "text"),
    [
        ("log-group", "key", "could not be used"),
        ("database", "logs-key", "RDS may not use"),
        ("database", "", "no such key"),
    ],
)
def test_a_key_that_does_not_let_the_service_in_is_refused(aws: Aws, world: World, name: str, key: str, text: str):
    arn = world[key].outputs["arn"] if key else "arn:aws:kms:us-east-1:123456789012:key/none"
    with pytest.raises(Exception, match=text):
        world.make(name, kmsKeyId=arn)


def test_a_bucket_with_objects_goes_only_by_force(aws: Aws, world: World):
    kept, forced = world.make("bucket", forceDestroy=False), world.make("bucket")
    for bucket in (kept, forced):
        aws.client("s3").put_object(Bucket=bucket.id, Key="study", Body=b"image")
    with pytest.raises(Refused, match="holds 1 objects"):
        aws.delete(kept.kind, kept.id, kept.outputs)
    aws.delete(forced.kind, forced.id, forced.outputs)
    assert aws.read(forced.kind, forced.id, forced.inputs, forced.outputs) is None


def test_default_tags_are_merged(aws: Aws, world: World):
    made = world.make("secret", tags={"Stack": "prod"})
    expected = {"Project": "tests", "Stack": "prod"}
    assert made.inputs["tagsAll"] == expected
    tags = aws.client("secretsmanager").describe_secret(SecretId=made.id)["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == expected


@pytest.mark.parametrize(
    "endpoints",
    [
        None,
        "[]",
        '[{"s3": "https://s3.amazonaws.com"}]',
        '[{"s3": "http://127.0.0.1:1", "ec2": "http://10.0.0.1"}]',
    ],
)
def test_it_serves_loopback_only(endpoints: str | None):
    with pytest.raises(Refused, match=r"aws:endpoints = .*open a new shell"):
        Aws().configure({"endpoints": endpoints, "region": "us-east-1"})


def test_a_service_without_an_endpoint_is_refused():
    plugin = Aws()
    plugin.configure({"endpoints": [{"s3": "http://127.0.0.1:1"}], "region": "us-east-1"})
    plugin.client("s3")
    with pytest.raises(Refused, match=r"aws:endpoints has no servicequotas: the real plugin calls AWS itself"):
        plugin.client("service-quotas")
