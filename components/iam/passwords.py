"""Generated passwords."""

import pulumi
import pulumi_random as random

from components.config import Settings


def generated(name: str, settings: Settings, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """A secret password; each `credentialsVersion` has a different one.

    It has letters and digits only and starts with a letter: Orthanc's start-up script parses values as JSON first
    (digits alone would become a number), RDS rejects some characters, and people use it in URLs and shells. Its 32
    random characters are 190 bits.
    """
    keepers = {"credentialsVersion": str(settings.credentials_version)}
    characters = random.RandomPassword(name, length=32, special=False, keepers=keepers, opts=opts)
    return pulumi.Output.concat("p", characters.result)


def secret_options(parent: pulumi.Resource, key_arn: pulumi.Input[str] | None) -> pulumi.ResourceOptions:
    """Options of a secret that is encrypted under this key, or under AWS's own key (None).

    The provider cannot move a secret back to AWS's own key, so a secret that loses its key is replaced. The new
    one has the same value.
    """
    return pulumi.ResourceOptions(parent=parent, replace_on_changes=[] if key_arn else ["kmsKeyId"])
