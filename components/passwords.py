"""Passwords that nobody chooses."""

import pulumi
import pulumi_random as random


def generated(name: str, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """A secret password that every reader on its way takes as it is.

    Orthanc's start-up script reads each environment variable as JSON first (all digits would become a number) and
    the PostgreSQL plugin puts the password unquoted into its connection string: letters and digits only, the
    first one a letter. 32 drawn characters are 190 bits.
    """
    drawn = random.RandomPassword(name, length=32, special=False, opts=opts)
    return pulumi.Output.concat("p", drawn.result)
