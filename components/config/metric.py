"""A CloudWatch metric that components provide for alarms and the dashboard."""

from collections.abc import Mapping
from typing import NamedTuple

import pulumi


class Metric(NamedTuple):
    """A metric with its dimensions and its Region.

    `statistic`: Sum, Average, Maximum, Minimum, or a percentile such as p95. Dimensions may be unknown during a
    preview.
    """

    namespace: pulumi.Input[str]
    name: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: str
    region: str
