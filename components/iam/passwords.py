"""Generated passwords."""

import pulumi
import pulumi_random as random

from components.config import Settings


def generated(name: str, settings: Settings, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """Returns a secret password, which differs for each `credentialsVersion`.

    It has letters and digits only and starts with a letter: Orthanc's start-up script parses values as JSON first
    (digits alone would become a number), RDS rejects some characters, and people use it in URLs and shells. Its 32
    random characters have 190 bits of entropy.
    """
    keepers = {"credentialsVersion": str(settings.credentials_version)}
    characters = random.RandomPassword(name, length=32, special=False, keepers=keepers, opts=opts)
    return pulumi.Output.concat("p", characters.result)


def secret_options(parent: pulumi.Resource, key_arn: pulumi.Input[str] | None) -> pulumi.ResourceOptions:
    """Returns the options of a secret that is encrypted with this key, or with the AWS managed key (None).

    The provider cannot change a secret back to the AWS managed key, so a secret that loses its key is replaced.
    The new one has the same value.
    """
    return pulumi.ResourceOptions(parent=parent, replace_on_changes=[] if key_arn else ["kmsKeyId"])
