"""The speed of health checks: as deployed, or faster by a factor in tests."""

import os

VARIABLE = "ORTHANC_LOCAL_CLOCK"
"""The environment variable with the factor. It applies to the whole emulator, so that proportions are kept."""

_FACTOR = float(os.environ.get(VARIABLE, "1"))


def seconds(deployed: float) -> float:
    """The seconds that an interval, a start period or a grace period of `deployed` seconds takes here.

    Timeouts are not shortened, because the checked services are not faster.
    """
    return deployed / _FACTOR
