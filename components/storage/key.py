"""The KMS key of DICOM files."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.config import Settings
from components.iam import key_policies, retention


def key_of_files(
    name: str, settings: Settings, parent: pulumi.Resource, description: str, service: str
) -> pulumi.Output[str]:
    """Returns `kmsKeyArn`, or the ARN of a new key only for the files, used by `service`.

    `service`: s3 or elasticfilesystem.
    """
    if settings.kms_key_arn:
        return pulumi.Output.from_input(settings.kms_key_arn)
    return aws.kms.Key(
        name,
        description=description,
        policy=key_policies.used_through(settings.account, [service]),
        enable_key_rotation=True,
        deletion_window_in_days=retention.key_deletion_window_days(settings),
        opts=retention.stateful(parent, settings),
    ).arn
