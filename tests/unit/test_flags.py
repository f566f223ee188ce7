"""Each setting changes what it names."""

import pytest

from tests.unit.program import BOUNDARY, INTERNAL, OWN_DOMAIN, OWN_ZONE, deployed

# What CloudFront and load balancer do once a certificate covers the latter: HTTPS, in place of HTTP.
HTTPS = {
    *("Listener.port", "Listener.protocol", "Listener.certificateArn", "Listener.sslPolicy"),
    *(
        "SecurityGroupIngressRule.fromPort",
        "SecurityGroupIngressRule.toPort",
        "SecurityGroupIngressRule.description",
    ),
    "VpcOrigin.vpcOriginEndpointConfig",
}
SCALING = {"TaskScaling", "Target", "Policy"}
LOG_DELIVERY = {"LogDeliverySource", "LogDeliveryDestination", "LogDelivery"}
LOG_BUCKET = {
    *("Bucket", "BucketOwnershipControls", "BucketPublicAccessBlock", "BucketPolicy", "BucketVersioning"),
    *("BucketServerSideEncryptionConfiguration", "BucketLifecycleConfiguration"),
}

ALARMS = {"Alarms", "MetricAlarm", "EventRule", "EventTarget", "AlarmTopic", "Topic", "TopicPolicy", "Key"}

FLAGS: list[tuple[dict[str, str], set[str], set[str]]] = [
    ({"enableRdsBackup": "true"}, set(), {"Instance.backupRetentionPeriod"}),
    (
        {"enableMultiAz": "true"},
        set(),
        {"Instance.multiAz", "Service.desiredCount", "Service.availabilityZoneRebalancing"},
    ),
    ({"permissionsBoundaryArn": BOUNDARY}, set(), {"Role.permissionsBoundary"}),
    ({"enableVpcFlowLogs": "true"}, {"FlowLog", "LogGroup", "Role", "Policy", "RolePolicyAttachment"}, set()),
    (
        {"accessLogsBucketArn": "arn:aws:s3:::logs"},
        LOG_DELIVERY | {"AccessLogs", "BucketLogging"},
        {"LoadBalancer.accessLogs"},
    ),
    (
        {"enableAccessLogs": "true"},
        LOG_DELIVERY | LOG_BUCKET | {"AccessLogs", "BucketLogging"},
        {"LoadBalancer.accessLogs"},
    ),
    (
        {"enableDataEvents": "true", "enableAccessLogs": "true"},
        LOG_DELIVERY | LOG_BUCKET | {"AccessLogs", "BucketLogging", "ObjectTrail", "Key", "Trail"},
        {"LoadBalancer.accessLogs"},
    ),
    ({"storageClass": "GLACIER_IR"}, set(), {"BucketLifecycleConfiguration.rules"}),
    ({"objectLockDays": "30"}, {"BucketObjectLockConfiguration"}, set()),
    ({"enableBucketEvents": "true"}, {"BucketNotification"}, set()),
    (
        {"replicaRegion": "eu-west-1"},
        LOG_BUCKET | {"Replica", "Key", "Role", "Policy", "RolePolicyAttachment", "BucketReplicationConfig"},
        set(),
    ),
    (
        {"enableBackupPlan": "true", "backupVaultLockDays": "7"},
        {
            "Backup",
            "Key",
            "Vault",
            "VaultLockConfiguration",
            "Plan",
            "Selection",
            "Role",
            "Policy",
            "RolePolicyAttachment",
        },
        set(),
    ),
    (
        {"corsAllowedOrigins": '["https://a.example"]'},
        set(),
        {"Function.code", "ResponseHeadersPolicy.corsConfig"},
    ),
    ({"frameAncestors": '["https://a.example"]'}, set(), {"ResponseHeadersPolicy.securityHeadersConfig"}),
    (OWN_DOMAIN, set(), {"Distribution.aliases", "Distribution.viewerCertificate"} | HTTPS),
    (
        OWN_ZONE,
        {"Certificate", "CertificateValidation", "Record"},
        {"Distribution.aliases", "Distribution.viewerCertificate"} | HTTPS,
    ),
    (
        {"enableWaf": "true"},
        {"Firewall", "WebAcl", "WebAclLoggingConfiguration", "LogGroup"},
        {"Distribution.webAclId"},
    ),
    (
        {"enableWaf": "true", "allowedCidrs": '["203.0.113.0/24"]'},
        {"Firewall", "WebAcl", "WebAclLoggingConfiguration", "LogGroup", "IpSet"},
        {"Distribution.webAclId", "Distribution.isIpv6Enabled"},
    ),
    ({"allowedCountries": '["CH"]'}, set(), {"Distribution.restrictions"}),
    (
        {"largestStudyMib": "256"},
        set(),
        {"TargetGroup.deregistrationDelay", "TaskDefinition.containerDefinitions"},
    ),
    (
        INTERNAL,
        {"DicomIngress", "Listener", "LoadBalancer", "SecurityGroup", "TargetGroup"}
        | {"SecurityGroupEgressRule", "SecurityGroupIngressRule"},
        {"Service.loadBalancers", "TaskDefinition.containerDefinitions"},
    ),
    ({"dicomDefaultEncoding": "Latin1"}, set(), {"TaskDefinition.containerDefinitions"}),
    (
        {"orthancConfiguration": '{"UnknownSopClassAccepted": true}'},
        set(),
        {"TaskDefinition.containerDefinitions"},
    ),
    (
        {"enableCustomerKeys": "true"},
        {"Key", "Parameter"},
        {
            *("Instance.kmsKeyId", "Secret.kmsKeyId", "LogGroup.kmsKeyId", "Policy.policy"),
            "Repository.encryptionConfigurations",
        },
    ),
    ({"orthancUsers": '[{"name": "chief", "role": "full"}]'}, {"RandomPassword"}, {"SecretVersion.secretString"}),
    (
        {"orthancUsers": '[{"name": "viewer"}]'},
        {"RandomPassword"},
        {"SecretVersion.secretString", "TaskDefinition.containerDefinitions"},
    ),
    (
        {"credentialsVersion": "2"},
        set(),
        {"RandomPassword.keepers", "TaskDefinition.containerDefinitions"},
    ),
    ({"enableAlarms": "true"}, ALARMS, set()),
    ({"enableAlarms": "true", "alarmEmails": '["team@example.org"]'}, ALARMS | {"TopicSubscription"}, set()),
    (
        {"monthlyBudgetUsd": "500", "alarmEmails": '["team@example.org"]'},
        {"MonthlyBudget", "Budget"},
        set(),
    ),
    ({"enableDashboard": "true"}, {"ArchiveDashboard", "Dashboard"}, set()),
    ({"enableContainerInsights": "true"}, set(), {"Cluster.settings"}),
    ({"minTasks": "2"}, set(), {"Service.desiredCount", "Service.availabilityZoneRebalancing"}),
    ({"maxTasks": "3"}, SCALING, {"Service.availabilityZoneRebalancing", "TaskDefinition.containerDefinitions"}),
    ({"fargateSpotPercent": "100"}, set(), {"Service.capacityProviderStrategies"}),
    ({"cpuArchitecture": "ARM64"}, set(), {"TaskDefinition.runtimePlatform", "Image.imageName", "Image.build"}),
    (
        {"deploymentMode": "stopFirst"},
        set(),
        {
            *("Service.deploymentMinimumHealthyPercent", "Service.deploymentMaximumPercent"),
            "Service.healthCheckGracePeriodSeconds",
            "TargetGroup.deregistrationDelay",
        },
    ),
    (
        {"orthancImage": "orthancteam/orthanc:26.9.1"},
        set(),
        {"Image.imageName", "Image.build", "Parameter.value"},
    ),
    ({"logRetentionDays": "7"}, set(), {"LogGroup.retentionInDays"}),
    ({"databaseInstanceClass": "db.m7g.large"}, set(), {"Instance.instanceClass"}),
]


@pytest.mark.parametrize(("settings", "added", "changed"), FLAGS)
def test_a_setting_changes_what_it_names_and_nothing_else(
    settings: dict[str, str], added: set[str], changed: set[str]
):
    before = {resource.urn: resource for resource in deployed().resources}
    after = {resource.urn: resource for resource in deployed(**settings).resources}
    assert before.keys() <= after.keys(), "turning it on takes something away"
    assert {after[urn].type for urn in after.keys() - before.keys()} == added
    different = {
        f"{after[urn].type}.{key}"
        for urn, resource in before.items()
        for key in resource.inputs.keys() | after[urn].inputs.keys()
        if resource.inputs.get(key) != after[urn].inputs.get(key)
    }
    assert different == changed


def test_backups_and_standby_are_what_the_flags_promise():
    plain, safe = deployed(), deployed(enableMultiAz="true", enableRdsBackup="true")
    for program, multi_az, days, tasks in [(plain, False, 0, 1), (safe, True, 30, 2)]:
        database = program.one("Instance").inputs
        assert (database["multiAz"], database["backupRetentionPeriod"]) == (multi_az, days)
        assert program.one("Service").inputs["desiredCount"] == tasks


def test_flow_logs_record_everything_and_can_write():
    program = deployed(enableVpcFlowLogs="true")
    log = program.one("FlowLog")
    assert log.inputs["trafficType"] == "ALL" and log.inputs["vpcId"] == "vpc-1"
    assert log.waits_for(program.one("RolePolicyAttachment", "orthanc-network-flow-logs")), (
        "the first records are lost"
    )
