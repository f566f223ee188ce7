"""Transfers between viewers and Orthanc: the limits on their size and duration, derived from two settings.

The limits of all hops are derived here, so that no hop blocks what the others allow:

- CloudFront waits `responseTimeoutSeconds` for the next byte of a response. It accepts bodies of up to 64 GB, and
  does not limit the duration of a response that keeps sending data.
- The load balancer keeps an idle connection a little longer. Orthanc keeps a connection between two requests
  longer still. So the hop nearest to the viewer reports a timeout, and no hop closes a connection that another one
  still uses.
- A task that is replaced continues its transfers for `transfer_seconds`. Then it is stopped, which interrupts
  them.
- Orthanc stops sending a part of a response after `transfer_seconds`. Over TLS, that part is a whole file:
  CivetWeb, its web server, counts from the first byte of the file, and checks the limit whenever the viewer has
  stalled for 2 s. With Orthanc's default of 30 s, a file that takes longer is cut off at its first stall.
- Orthanc accepts request bodies, and files inside an uploaded ZIP, of up to `largestStudyMib`. It holds several
  copies of them in memory. A task has memory for two of them at once.
"""

import math
from typing import TYPE_CHECKING

from pydantic import Field

from components.config.values import Group, Problem, Rule

if TYPE_CHECKING:
    from components.config import Settings

# The longest time that CloudFront waits for an origin without a quota increase (CloudFront quotas, "Response
# timeout").
LONGEST_ORIGIN_TIMEOUT_SECONDS = 120

# The slowest connection over which the largest study can still be transferred while tasks are replaced. At other
# times, slower connections work as well.
SLOWEST_LINE_BITS_PER_SECOND = 25_000_000

# CivetWeb, Orthanc's web server, uses one thread per connection until it closes, idle or not. A load balancer has
# a node in each zone (at least two). Each node has its own connections: one for each request in progress, kept
# open for its idle timeout. So a task needs a thread for every connection that all nodes together keep open.
# Without a free thread, it does not respond, not even to its own health check, and is killed. The viewer OHIF has
# up to 200 requests in progress (its `maxNumRequests`: 100 + 75 + 25). The numbers allow for two viewers that open
# a study at the same time. The other threads are for health checks, and for nodes that AWS adds under load. A
# waiting thread costs about 0.1 MiB.
_NODES, _VIEWERS, _REQUESTS_OF_A_VIEWER, _OTHER_THREADS = 2, 2, 200, 200
HTTP_THREADS = _NODES * _VIEWERS * _REQUESTS_OF_A_VIEWER + _OTHER_THREADS

# Memory of a task, as measured with 1 to 6 concurrent uploads of 200 MiB (Orthanc 1.13, POST and STOW-RS). Each
# upload has three copies of its file in memory (the request body, the parsed file, and the data for S3). Three
# more copies remain from earlier uploads. Downloads need less. A task has memory for this number of the largest
# uploads at once. With more, Linux kills the task, and all its transfers fail. The rest of the memory is for
# Orthanc itself, its threads and caches, and for small files.
UPLOADS_AT_ONCE = 2
_COPIES_OF_AN_UPLOAD, _COPIES_OF_EARLIER_ONES = 3, 3
COPIES_IN_MEMORY = UPLOADS_AT_ONCE * _COPIES_OF_AN_UPLOAD + _COPIES_OF_EARLIER_ONES
_MEMORY_FOR_THE_REST_MIB = 1024


class TransferSettings(Group):
    """Transfers."""

    # The default is the size for which a task of the default size has memory. The maximum is the size that the
    # slowest connection transfers within 3600 s, the longest time that a load balancer waits for a target.
    largest_study_mib: int = Field(default=320, ge=64, le=10240)
    """Largest study that a single request uploads or downloads as an archive, in MiB. Task memory is checked
    to hold two at once, and the limits and timeouts of every hop are derived from it."""
    response_timeout_seconds: int = Field(default=120, ge=30, le=LONGEST_ORIGIN_TIMEOUT_SECONDS)
    """Longest time that Orthanc may take to start or continue a response, 30 to 120 seconds. The timeouts of
    every hop are derived from it."""

    @property
    def load_balancer_idle_seconds(self) -> int:
        """How long the load balancer keeps an idle connection: longer than CloudFront waits for a response."""
        return self.response_timeout_seconds + 10

    @property
    def keep_alive_seconds(self) -> int:
        """How long Orthanc keeps an idle connection: longer than the load balancer does."""
        return self.load_balancer_idle_seconds + 10

    @property
    def transfer_seconds(self) -> int:
        """How long the largest study takes over the slowest connection, including the response."""
        bits = self.largest_study_mib * 2**20 * 8
        return math.ceil(bits / SLOWEST_LINE_BITS_PER_SECOND) + self.response_timeout_seconds


def memory_needed_mib(largest_study_mib: int) -> int:
    """Returns the memory, in MiB, of a task that accepts studies of this size in one request."""
    return largest_study_mib * COPIES_IN_MEMORY + _MEMORY_FOR_THE_REST_MIB


def _study_fits_memory(settings: "Settings") -> Problem | None:
    needed = memory_needed_mib(settings.largest_study_mib)
    if needed <= settings.task_memory_mib:
        return None
    fitting = (settings.task_memory_mib - _MEMORY_FOR_THE_REST_MIB) // COPIES_IN_MEMORY
    rule = (
        f"{UPLOADS_AT_ONCE} such uploads at once need {COPIES_IN_MEMORY} times as much of a task's memory, and"
        f" {_MEMORY_FOR_THE_REST_MIB} MiB are for the rest: {needed} MiB together, but taskMemoryMib is"
        f" {settings.task_memory_mib}"
    )
    remedy = f"pulumi config set largestStudyMib {fitting}, or taskMemoryMib {-(-needed // 1024) * 1024} or more"
    return Problem("largestStudyMib", settings.largest_study_mib, rule, remedy)


RULES = (Rule(frozenset({"largestStudyMib", "taskMemoryMib"}), _study_fits_memory),)
