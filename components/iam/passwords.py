"""Passwords that nobody chooses."""

import pulumi
import pulumi_random as random

from components.config import Settings


def generated(name: str, settings: Settings, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """A secret password that every reader on its way takes as it is; another one with each `credentialsVersion`.

    Orthanc's start-up script reads what it is given as JSON first (all digits would become a number), RDS refuses
    some characters, people put it into URLs and shells: letters and digits only, the first one a letter. 32 drawn
    characters are 190 bits.
    """
    keepers = {"credentialsVersion": str(settings.credentials_version)}
    drawn = random.RandomPassword(name, length=32, special=False, keepers=keepers, opts=opts)
    return pulumi.Output.concat("p", drawn.result)


def secret_options(parent: pulumi.Resource, key_arn: pulumi.Input[str] | None) -> pulumi.ResourceOptions:
    """Options of a secret that is encrypted under this key, or under AWS's own key (None).

    The provider cannot move a secret back to AWS's own key, so a secret that loses its key is replaced. The new
    one has the same value.
    """
    return pulumi.ResourceOptions(parent=parent, replace_on_changes=[] if key_arn else ["kmsKeyId"])
