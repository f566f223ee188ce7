"""Each setting changes what it names."""

import pytest
from pydantic.alias_generators import to_camel

from components.config import Settings
from tests.unit.program import BOUNDARY, INTERNAL, OWN_DOMAIN, OWN_ZONE, deployed
from tests.unit.test_program import STACKS

# What CloudFront and load balancer do once a certificate covers the latter: HTTPS, in place of HTTP.
HTTPS = (
    "Listener.port Listener.protocol Listener.certificateArn Listener.sslPolicy VpcOrigin.vpcOriginEndpointConfig"
    " SecurityGroupIngressRule.fromPort SecurityGroupIngressRule.toPort SecurityGroupIngressRule.description"
    " Distribution.aliases Distribution.viewerCertificate"
)
ROLE = "Role Policy RolePolicyAttachment"
LOGS = "LogDeliverySource LogDeliveryDestination LogDelivery AccessLogs BucketLogging"
BUCKET = (
    "Bucket BucketOwnershipControls BucketPublicAccessBlock BucketPolicy BucketVersioning"
    " BucketServerSideEncryptionConfiguration BucketLifecycleConfiguration"
)
ALARMS = "Alarms MetricAlarm EventRule EventTarget AlarmTopic Topic TopicPolicy Key"
WAF = "Firewall WebAcl WebAclLoggingConfiguration LogGroup"
CONTAINER = "TaskDefinition.containerDefinitions"
OWN_KEYS = "Instance.kmsKeyId Secret.kmsKeyId LogGroup.kmsKeyId Policy.policy Repository.encryptionConfigurations"

# Settings, the types that they add, and the properties that they change.
FLAGS: list[tuple[dict[str, str], str, str]] = [
    ({"enableRdsBackup": "true"}, "", "Instance.backupRetentionPeriod"),
    (
        {"enableMultiAz": "true"},
        *("", "Instance.multiAz Service.desiredCount Service.availabilityZoneRebalancing"),
    ),
    ({"permissionsBoundaryArn": BOUNDARY}, "", "Role.permissionsBoundary"),
    ({"vpcCidr": "10.9.0.0/16"}, "", "Vpc.cidrBlock"),
    ({"enableVpcFlowLogs": "true"}, f"FlowLog LogGroup {ROLE}", ""),
    ({"accessLogsBucketArn": "arn:aws:s3:::logs"}, LOGS, "LoadBalancer.accessLogs"),
    (
        {"enableAccessLogs": "true", "accessLogRetentionDays": "400"},
        *(f"{LOGS} {BUCKET}", "LoadBalancer.accessLogs"),
    ),
    (
        {"enableDataEvents": "true", "enableAccessLogs": "true"},
        *(f"{LOGS} {BUCKET} ObjectTrail Key Trail", "LoadBalancer.accessLogs"),
    ),
    ({"storageClass": "GLACIER_IR"}, "", "BucketLifecycleConfiguration.rules"),
    ({"oldVersionRetentionDays": "12"}, "", "BucketLifecycleConfiguration.rules"),
    ({"objectLockDays": "30"}, "BucketObjectLockConfiguration", ""),
    ({"enableBucketEvents": "true"}, "BucketNotification", ""),
    ({"replicaRegion": "eu-west-1"}, f"{BUCKET} Replica Key {ROLE} BucketReplicationConfig", ""),
    (
        {"enableBackupPlan": "true", "backupVaultLockDays": "7", "backupRetentionDays": "90"},
        *(f"Backup Key Vault VaultLockConfiguration Plan Selection {ROLE}", ""),
    ),
    ({"corsAllowedOrigins": '["https://a.example"]'}, "", "Function.code ResponseHeadersPolicy.corsConfig"),
    ({"frameAncestors": '["https://a.example"]'}, "", "ResponseHeadersPolicy.securityHeadersConfig"),
    ({"priceClass": "PriceClass_All"}, "", "Distribution.priceClass"),
    (OWN_DOMAIN, "", HTTPS),
    (OWN_ZONE, "Certificate CertificateValidation Record", HTTPS),
    ({"enableWaf": "true", "wafRateLimit": "500"}, WAF, "Distribution.webAclId"),
    (
        {"enableWaf": "true", "allowedCidrs": '["203.0.113.0/24"]'},
        *(f"{WAF} IpSet", "Distribution.webAclId Distribution.isIpv6Enabled"),
    ),
    ({"allowedCountries": '["CH"]'}, "", "Distribution.restrictions"),
    ({"largestStudyMib": "256"}, "", f"TargetGroup.deregistrationDelay {CONTAINER}"),
    (
        {"responseTimeoutSeconds": "60"},
        *("", f"TargetGroup.deregistrationDelay LoadBalancer.idleTimeout Distribution.origins {CONTAINER}"),
    ),
    (
        INTERNAL,
        "DicomIngress Listener LoadBalancer TargetGroup"
        " SecurityGroup SecurityGroupEgressRule SecurityGroupIngressRule",
        f"Service.loadBalancers {CONTAINER}",
    ),
    ({"dicomAet": "ARCHIVE"}, "", CONTAINER),
    ({"dicomDefaultEncoding": "Latin1"}, "", CONTAINER),
    ({"orthancName": "Archive"}, "", CONTAINER),
    ({"orthancConfiguration": '{"UnknownSopClassAccepted": true}'}, "", CONTAINER),
    ({"enableCustomerKeys": "true"}, "Key Parameter", OWN_KEYS),
    (
        {"enableCustomerKeys": "true", "enableExec": "true"},
        "Key Parameter LogGroup",
        f"{OWN_KEYS} Service.enableExecuteCommand Cluster.configuration TaskDefinition.volumes {CONTAINER}",
    ),
    ({"orthancUsers": '[{"name": "chief", "role": "full"}]'}, "RandomPassword", "SecretVersion.secretString"),
    ({"orthancUsers": '[{"name": "viewer"}]'}, "RandomPassword", f"SecretVersion.secretString {CONTAINER}"),
    ({"credentialsVersion": "2"}, "", f"RandomPassword.keepers {CONTAINER}"),
    ({"enableAlarms": "true"}, ALARMS, ""),
    ({"enableAlarms": "true", "alarmEmails": '["team@example.org"]'}, f"{ALARMS} TopicSubscription", ""),
    ({"monthlyBudgetUsd": "500", "alarmEmails": '["team@example.org"]'}, "MonthlyBudget Budget", ""),
    ({"enableDashboard": "true"}, "ArchiveDashboard Dashboard", ""),
    ({"enableContainerInsights": "true"}, "", "Cluster.settings"),
    ({"minTasks": "2"}, "", "Service.desiredCount Service.availabilityZoneRebalancing"),
    (
        {"maxTasks": "3", "targetCpuPercent": "50", "targetRequestsPerTask": "900"},
        *("TaskScaling Target Policy", f"Service.availabilityZoneRebalancing {CONTAINER}"),
    ),
    ({"fargateSpotPercent": "100"}, "", "Service.capacityProviderStrategies"),
    ({"cpuArchitecture": "ARM64"}, "", "TaskDefinition.runtimePlatform Image.imageName Image.build"),
    (
        {"taskCpu": "4096", "taskMemoryMib": "8192"},
        *("", f"TaskDefinition.cpu TaskDefinition.memory {CONTAINER}"),
    ),
    (
        {"deploymentMode": "stopFirst"},
        "",
        "Service.deploymentMinimumHealthyPercent Service.deploymentMaximumPercent"
        " Service.healthCheckGracePeriodSeconds TargetGroup.deregistrationDelay",
    ),
    ({"orthancImage": "orthancteam/orthanc:26.9.1"}, "", "Image.imageName Image.build Parameter.value"),
    ({"logRetentionDays": "7"}, "", "LogGroup.retentionInDays"),
    ({"databaseInstanceClass": "db.m7g.large"}, "", "Instance.instanceClass"),
    ({"databaseName": "index"}, "", f"Instance.dbName SecretVersion.secretString {CONTAINER}"),
    (
        {"databaseStorageGib": "50", "databaseMaxStorageGib": "500"},
        *("", "Instance.allocatedStorage Instance.maxAllocatedStorage"),
    ),
]
# Changing these removes or replaces something; other tests cover them.
OTHERWISE = {
    *(
        "kmsKeyArn",
        "databaseEngineVersion",
        "databasePasswordSchedule",
        "publicSubnetIds",
        "regionalCertificateArn",
    ),
}


def test_every_setting_is_turned_in_a_test():
    turned = {key for settings, *_ in FLAGS for key in settings} | OTHERWISE
    turned |= {key.partition(":")[2] for settings in STACKS.values() for key in settings}
    untried = {to_camel(name) for name in Settings.model_fields} - turned
    assert not untried, "a setting that no test turns is not a feature"


@pytest.mark.parametrize(("settings", "added", "changed"), FLAGS)
def test_a_setting_changes_what_it_names_and_nothing_else(settings: dict[str, str], added: str, changed: str):
    before = {resource.urn: resource for resource in deployed().resources}
    after = {resource.urn: resource for resource in deployed(**settings).resources}
    assert before.keys() <= after.keys(), "turning it on takes something away"
    assert {after[urn].type for urn in after.keys() - before.keys()} == set(added.split())
    different = {
        f"{after[urn].type}.{key}"
        for urn, resource in before.items()
        for key in resource.inputs.keys() | after[urn].inputs.keys()
        if resource.inputs.get(key) != after[urn].inputs.get(key)
    }
    assert different == set(changed.split())


def test_flow_logs_record_everything_and_can_write():
    program = deployed(enableVpcFlowLogs="true")
    log = program.one("FlowLog")
    assert log.inputs["trafficType"] == "ALL" and log.inputs["vpcId"] == "vpc-1"
    assert log.waits_for(program.one("RolePolicyAttachment", "orthanc-network-flow-logs")), (
        "the first records are lost"
    )
