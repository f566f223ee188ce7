"""How fast health checks go: at the pace that is deployed, or in a test so many times as fast."""

import os

VARIABLE = "ORTHANC_LOCAL_CLOCK"
"""The environment variable with the factor. It holds for a whole emulator, so that proportions stay."""

_FACTOR = float(os.environ.get(VARIABLE, "1"))


def seconds(deployed: float) -> float:
    """How long an interval, a start period or a grace period of so many seconds takes here.

    Timeouts stay as they are: what is checked is not faster.
    """
    return deployed / _FACTOR
