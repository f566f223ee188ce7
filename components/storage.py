"""Where DICOM files live: an S3 bucket or an EFS file system, never both.

Both hold patients' images and follow `dataOnDestroy`. Each carries the policy that lets a task role use it, so
that the service asks its storage instead of knowing its kinds.
"""

import pulumi
import pulumi_aws as aws

from components import key_policies, policies, private_bucket, protection
from components.access_logs import AccessLogs
from components.networking import Network
from components.replica import Replica
from components.settings import Settings

# The upstream image's user and group; tasks run as it and files belong to it.
ORTHANC_UID = 999

_NFS_PORT = 2049

# Days after which an image is rarely opened again and the cheaper class wins over its cost of transition.
DAYS_UNTIL_TIERING = 30
_DAYS_UNTIL_INCOMPLETE_UPLOADS_GO = 30
# S3 moves no object below 128 KB unless a rule says so. In Glacier Instant Retrieval such an object is billed as
# 128 KB. At 0.004 USD a GB and 0.02 USD for 1,000 moves, objects larger than this still save the price of the move
# within two years (Amazon S3 pricing, us-east-1). In Intelligent-Tiering they would stay at Standard's price.
SMALLEST_FOR_GLACIER_BYTES = 64 << 10


class Bucket(pulumi.ComponentResource):
    """What the other components ask of a bucket for DICOM files, the stack's own or a brought one."""

    bucket_name: pulumi.Output[str]
    bucket_arn: pulumi.Output[str]
    key_arn: pulumi.Output[str | None]
    """The key of its objects, where it is not S3's own."""
    task_policy: pulumi.Output[str]
    """JSON: what a task's role needs to use it."""
    replica_name: pulumi.Output[str] | None = None
    """The bucket that holds a copy of each file, where there is one."""


class BroughtBucket(Bucket):
    """The bucket `existingBucketName`: its owner's, in all but its use.

    `data_survey` has seen that it will do. Nothing is set on it, so that nothing is unset when the stack goes.
    """

    def __init__(self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None):
        """Makes nothing; the tasks may also use `existingBucketKeyArn` where the bucket has a key of its own."""
        super().__init__("orthanc:storage:BroughtBucket", name, None, opts)
        arn = f"arn:{settings.account.partition}:s3:::{settings.existing_bucket_name}"
        self.bucket_name = pulumi.Output.from_input(settings.existing_bucket_name)
        self.bucket_arn = pulumi.Output.from_input(arn)
        self.key_arn = pulumi.Output.from_input(settings.existing_bucket_key_arn or None)
        self.task_policy = pulumi.Output.from_input(
            policies.use_bucket(arn, settings.existing_bucket_key_arn or None)
        )
        self.register_outputs({"bucketName": self.bucket_name})


class DicomBucket(Bucket):
    """A bucket for DICOM files with a KMS key of its own."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        access_logs: AccessLogs | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Builds the bucket; who reads and writes is recorded in `access_logs` where there are any."""
        super().__init__("orthanc:storage:DicomBucket", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        key_arn = _key_of_files(name, settings, self, "DICOM files of Orthanc in S3", "s3")
        built = private_bucket.build(
            name,
            settings,
            self,
            policy=policies.bucket_over_tls_only,
            encryption=private_bucket.under_key(key_arn),
            lifecycle=_lifecycle(settings),
            lock_days=settings.object_lock_days,
        )
        bucket = built.bucket
        if access_logs:
            aws.s3.BucketLogging(
                name,
                bucket=bucket.bucket,
                target_bucket=access_logs.bucket_name,
                target_prefix=f"{policies.BUCKET_LOGS}/",
                opts=pulumi.ResourceOptions(parent=self, depends_on=access_logs.ready),
            )
        if settings.enable_bucket_events:
            aws.s3.BucketNotification(name, bucket=bucket.bucket, eventbridge=True, opts=child)
        if settings.replica_region:
            replica = Replica(
                f"{name}-replica",
                settings,
                source=built,
                source_key_arn=key_arn,
                lifecycle=_lifecycle(settings),
                opts=child,
            )
            self.replica_name = replica.bucket_name

        self.bucket_name = bucket.bucket
        self.bucket_arn = bucket.arn
        self.key_arn = key_arn
        self.task_policy = pulumi.Output.all(bucket.arn, key_arn).apply(lambda arns: policies.use_bucket(*arns))
        self.register_outputs({"bucketName": self.bucket_name})


class DicomFileSystem(pulumi.ComponentResource):
    """An EFS file system for DICOM files, reached through one access point as Orthanc's user.

    `file_system_id`, `file_system_arn`, `key_arn`, `access_point_id`, `task_policy` (JSON): Output[str].
    `ready: list[pulumi.Resource]`, what a task waits for before it can mount.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        network: Network,
        opts: pulumi.ResourceOptions | None = None,
    ):
        """Each zone of `network` gets a mount target in its isolated subnet."""
        super().__init__("orthanc:storage:DicomFileSystem", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        stateful = protection.stateful(self, settings)

        key_arn = _key_of_files(name, settings, self, "DICOM files of Orthanc on EFS", "elasticfilesystem")
        file_system = aws.efs.FileSystem(
            name,
            encrypted=True,
            kms_key_id=key_arn,
            throughput_mode="elastic",  # an archive idles, then takes a study at once
            lifecycle_policies=[
                {"transition_to_ia": "AFTER_14_DAYS"},
                {"transition_to_primary_storage_class": "AFTER_1_ACCESS"},
            ],
            opts=stateful,
        )
        access_point = aws.efs.AccessPoint(
            name,
            file_system_id=file_system.id,
            posix_user={"uid": ORTHANC_UID, "gid": ORTHANC_UID},
            root_directory={
                "path": "/orthanc",
                "creation_info": {"owner_uid": ORTHANC_UID, "owner_gid": ORTHANC_UID, "permissions": "0750"},
            },
            opts=stateful,
        )
        arns = pulumi.Output.all(file_system.arn, access_point.arn)
        policy = aws.efs.FileSystemPolicy(
            name,
            file_system_id=file_system.id,
            policy=arns.apply(lambda both: policies.file_system_through_access_point_only(*both)),
            opts=stateful,
        )
        aws.efs.BackupPolicy(
            name,
            file_system_id=file_system.id,
            backup_policy={"status": "ENABLED" if _is_backed_up_by_aws(settings) else "DISABLED"},
            opts=stateful,
        )
        security_group = network.security_groups.reached_by_tasks("file-system", "DICOM files on EFS", _NFS_PORT)
        mount_targets = [
            aws.efs.MountTarget(
                f"{name}-{zone}",
                file_system_id=file_system.id,
                subnet_id=network.isolated_subnet_ids[zone],
                security_groups=[security_group.id],
                opts=child,
            )
            for zone in range(network.isolated_subnets)
        ]

        self.file_system_id, self.file_system_arn, self.key_arn = file_system.id, file_system.arn, key_arn
        self.access_point_id = access_point.id
        self.task_policy = arns.apply(lambda both: policies.use_file_system(*both))
        self.ready: list[pulumi.Resource] = [policy, *mount_targets]
        self.register_outputs({"fileSystemId": self.file_system_id})


def _is_backed_up_by_aws(settings: Settings) -> bool:
    """Whether AWS makes its own daily backup of the file system, into a vault of AWS's, and keeps it for 35 days.

    Next to the plan it would be paid for twice. The vault cannot be deleted, nor can what is in it before its
    time, so data that goes with the stack is not copied there (Amazon EFS User Guide, "Backing up EFS file
    systems").
    """
    return not settings.enable_backup_plan and settings.data_on_destroy != "delete"


def _key_of_files(
    name: str, settings: Settings, parent: pulumi.Resource, description: str, service: str
) -> pulumi.Output[str]:
    """The ARN of the key that is brought, or of one for the files alone, which their service uses."""
    if settings.kms_key_arn:
        return pulumi.Output.from_input(settings.kms_key_arn)
    return aws.kms.Key(
        name,
        description=description,
        policy=key_policies.used_through(settings.account, [service]),
        enable_key_rotation=True,
        deletion_window_in_days=protection.key_deletion_window_days(settings),
        opts=protection.stateful(parent, settings),
    ).arn


def _lifecycle(settings: Settings) -> list[private_bucket.LifecycleRule]:
    # Every class to choose from answers at once, and of Intelligent-Tiering the archive tiers, which Orthanc
    # cannot read, are opt-in.
    tier: private_bucket.LifecycleRule = {
        "id": "tier",
        "status": "Enabled",
        "filter": {"object_size_greater_than": SMALLEST_FOR_GLACIER_BYTES}
        if settings.storage_class == "GLACIER_IR"
        else {"prefix": ""},
        "transitions": [{"days": DAYS_UNTIL_TIERING, "storage_class": settings.storage_class}],
    }
    return [
        *([tier] if settings.storage_class != "STANDARD" else []),
        {
            "id": "forget-old-versions",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "noncurrent_version_expiration": {"noncurrent_days": settings.old_version_retention_days},
            "expiration": {"expired_object_delete_marker": True},
        },
        {
            "id": "forget-incomplete-uploads",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "abort_incomplete_multipart_upload": {"days_after_initiation": _DAYS_UNTIL_INCOMPLETE_UPLOADS_GO},
        },
    ]
