"""What AWS's own policies for the same jobs allow, action by action: ours allow it too, or it is said why not.

AWS changes its policies when a service needs more. moto carries them; with a newer moto this finds what is
missing. Jobs for which AWS manages no policy but documents one are listed here, with the source.
"""

import json
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from tests.unit.program import EFS, PUBLIC, deployed

_MANAGED: dict[str, Any] = json.loads(aws_managed_policies_data)

# By the guide and its chapter, the actions that it lists.
DOCUMENTED = {
    "VPC User Guide, IAM role for publishing flow logs to CloudWatch Logs": {
        *("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
        *("logs:DescribeLogGroups", "logs:DescribeLogStreams"),
    },
    "S3 User Guide, Setting up permissions for live replication; Replicating encrypted objects": {
        *("s3:GetReplicationConfiguration", "s3:ListBucket", "s3:GetObjectVersionForReplication"),
        *("s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging", "s3:ReplicateObject", "s3:ReplicateDelete"),
        *("s3:ReplicateTags", "s3:GetObjectRetention", "s3:GetObjectLegalHold", "kms:Decrypt", "kms:Encrypt"),
    },
    "ECS Developer Guide, Monitor Amazon ECS containers with ECS Exec": {
        *("ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel"),
        *("ssmmessages:OpenDataChannel", "logs:DescribeLogGroups", "logs:CreateLogStream"),
        *("logs:DescribeLogStreams", "logs:PutLogEvents", "s3:PutObject", "s3:GetEncryptionConfiguration"),
        "kms:Decrypt",
    },
}
_FLOW_LOGS, _REPLICATION, _EXEC = DOCUMENTED
_PLAN = {"enableBackupPlan": "true"}
_BUCKET = _PLAN | {"enableBucketBackup": "true"}
_SHELLS = {"enableExec": "true", "enableCustomerKeys": "true"}

# Actions in AWS's policies that ours leave out, and why; a pattern can stand for several actions.
_NO_BACKUP_OF = {
    "backup-gateway:*": "no virtual machines",
    "cloudformation:*": "no CloudFormation stacks are backed up",
    "dsql:*": "no Aurora DSQL",
    "dynamodb:*": "no DynamoDB tables",
    "ec2:*": "no EBS volumes and no EC2 instances",
    "eks:*": "no Kubernetes",
    "fsx:*": "no FSx file systems",
    "guardduty:*": "backups are not scanned for malware",
    "iam:PassRole": "to GuardDuty, which scans nothing here",
    "redshift*:*": "no Redshift",
    "ssm-sap:*": "no SAP HANA",
    "ssm:*": "no Windows instances with VSS",
    "storagegateway:*": "no Storage Gateway",
    "timestream:*": "no Timestream",
    "backup:Copy*BackupVault": "the plan has no copy action: one vault, in the stack's region",
    "rds:CopyDBSnapshot": "the plan has no copy action",
    "rds:*DBCluster*": "no Aurora cluster",
    "rds:ModifyDBInstance": "no continuous backups: those are RDS's own (enableRdsBackup)",
    "rds:DeleteDBInstanceAutomatedBackup": "no continuous backups",
    "kms:Decrypt": "for DynamoDB and Aurora DSQL",
    "kms:GenerateDataKey": "for DynamoDB",
    "kms:GenerateDataKeyWithoutPlaintext": "for EBS",
    "kms:ReEncrypt*": "for EBS",
}
_NO_FILE_SYSTEM = {"elasticfilesystem:*": "files are on S3", "backup:TagResource": "RDS's copies are snapshots"}
_NO_BUCKET_OF_SHELLS = {"s3:GetEncryptionConfiguration": "shells are recorded in CloudWatch Logs, not in a bucket"}
_NO_MANAGED_INSTANCE = {
    "ec2messages:*": "the messages of Run Command, which ECS Exec does not use",
    "ssm:*": "a task is no managed instance: no inventory, patches, associations or parameters",
}
_MOUNTED_BY_NAME = {"elasticfilesystem:DescribeMountTargets": "Fargate finds the mount target by its DNS name"}
_GROUP_IS_THERE = {"logs:CreateLogGroup": "the stack makes the group"}


class Job(NamedTuple):
    """Something that a service does: AWS's policy or guide for it, our role, in which stack; what is not ours."""

    of_aws: str
    role: str
    settings: dict[str, str]
    not_ours: dict[str, str]

    def missing(self) -> set[str]:
        """What AWS allows and we do not."""
        listed = self.of_aws in DOCUMENTED
        theirs = DOCUMENTED[self.of_aws] if listed else actions(_MANAGED[self.of_aws]["Document"])
        return theirs - of_ours(self.role, self.settings)

    def reasons(self, action: str) -> set[str]:
        """The patterns of `not_ours` that match an action."""
        return {pattern for pattern in self.not_ours if fnmatchcase(action, pattern)}


_BACKUP = "AWSBackupServiceRolePolicyForBackup"
JOBS = [
    Job(_BACKUP, "orthanc-backup", _PLAN, _NO_BACKUP_OF | _NO_FILE_SYSTEM),
    Job(_BACKUP, "orthanc-backup", _PLAN | EFS, _NO_BACKUP_OF),
    Job("AWSBackupServiceRolePolicyForS3Backup", "orthanc-backup", _BUCKET, {}),
    Job("AmazonECSTaskExecutionRolePolicy", "orthanc-execution", {}, {}),
    Job(_FLOW_LOGS, "orthanc-network-flow-logs", {"enableVpcFlowLogs": "true"}, _GROUP_IS_THERE),
    Job(_REPLICATION, "orthanc-dicom-replica", {"replicaRegion": "eu-west-1"}, {}),
    Job(_EXEC, "orthanc-task", _SHELLS, _NO_BUCKET_OF_SHELLS),
    Job("AmazonSSMManagedInstanceCore", "orthanc-task", _SHELLS, _NO_MANAGED_INSTANCE),
    Job("AmazonElasticFileSystemClientReadWriteAccess", "orthanc-task", EFS, _MOUNTED_BY_NAME),
]


def actions(document: Any) -> set[str]:
    """What the statements of a policy allow."""
    listed = [statement["Action"] for statement in document["Statement"] if statement["Effect"] == "Allow"]
    return {action for each in listed for action in ([each] if isinstance(each, str) else each)}


def of_ours(role: str, settings: dict[str, str]) -> set[str]:
    return actions(json.loads(deployed(**settings).one("Policy", role).inputs["policy"]))


@pytest.mark.parametrize("job", JOBS, ids=lambda job: f"{job.of_aws} {'+'.join(job.settings)}")
def test_what_aws_allows_for_a_job_ours_allow_or_it_is_said_why_not(job: Job):
    lacking = {action for action in job.missing() if not job.reasons(action)}
    assert not lacking, f"{job.role} may not do what AWS's own policy for the job allows"


@pytest.mark.parametrize("job", JOBS, ids=lambda job: f"{job.of_aws} {'+'.join(job.settings)}")
def test_every_reason_is_needed(job: Job):
    used = {key for action in job.missing() for key in job.reasons(action)}
    assert used == set(job.not_ours), "AWS asks for it no more, or ours have it"


def test_copies_of_tagged_sources_can_be_tagged():
    """Since 30 September 2025 a job fails else, for EFS and S3, whose sources have tags by aws:defaultTags."""
    assert "backup:TagResource" in of_ours("orthanc-backup", _PLAN | EFS)
    assert "backup:TagResource" in of_ours("orthanc-backup", _BUCKET)
    assert "backup:TagResource" not in of_ours("orthanc-backup", _PLAN), "of the database it tags snapshots"


def test_monitoring_has_awss_own_policy():
    attachments = deployed(**PUBLIC).all("RolePolicyAttachment")
    [monitoring] = [each for each in attachments if each.name.startswith("orthanc-database-monitoring")]
    assert monitoring.inputs["policyArn"].rpartition("/")[2] in _MANAGED


def test_restores_are_not_the_stacks():
    """They run as a role that the one who restores names: AWS Backup's own (docs/how-to/restore.md)."""
    ours = of_ours("orthanc-backup", _BUCKET)
    restores = {"AWSBackupServiceRolePolicyForRestores", "AWSBackupServiceRolePolicyForS3Restore"}
    writing = {"rds:RestoreDBInstanceFromDBSnapshot", "elasticfilesystem:Restore", "s3:PutObject"}
    assert writing <= set.union(*(actions(_MANAGED[name]["Document"]) for name in restores))
    assert not writing & ours, "a role that only copies could overwrite what it copies"
