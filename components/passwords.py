"""Passwords that nobody chooses."""

import pulumi
import pulumi_random as random


def generated(name: str, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """A secret password that every reader on its way takes as it is.

    Orthanc's start-up script reads what it is given as JSON first (all digits would become a number), RDS refuses
    some characters, people put it into URLs and shells: letters and digits only, the first one a letter. 32 drawn
    characters are 190 bits.
    """
    drawn = random.RandomPassword(name, length=32, special=False, opts=opts)
    return pulumi.Output.concat("p", drawn.result)
