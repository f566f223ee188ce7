"""What moves between viewers and Orthanc: how large it may be and how long it may take, from two settings.

Every limit on the way is derived here, so that none of them cuts what the others let pass:

- CloudFront waits `responseTimeoutSeconds` for the next byte of an answer. It takes bodies of 64 GB, and an answer
  that keeps flowing may take as long as it likes.
- The load balancer keeps a silent connection a little longer, and Orthanc one between two requests longer still:
  the hop nearest to the viewer reports a timeout, and none closes a connection that another still uses.
- A task that is replaced goes on with its transfers for `transfer_seconds`, then it is stopped, which cuts them.
- Orthanc gives up a piece of an answer after `transfer_seconds`. Over TLS that piece is a whole file: CivetWeb,
  its web server, counts from the file's first byte and looks whenever the viewer has stalled for 2 s. At the
  default, 30 s, a file that takes longer is cut off at its first stall.
- Orthanc takes request bodies, and files inside of an uploaded ZIP, of `largestStudyMib`. It holds them in memory,
  several times; a task has room for two of them at once.
"""

import math
from typing import TYPE_CHECKING

from pydantic import Field

from components.config.values import Group, Problem, Rule

if TYPE_CHECKING:
    from components.config import Settings

# The longest that CloudFront waits for an origin without a raised quota (CloudFront quotas, "Response timeout").
LONGEST_ORIGIN_TIMEOUT_SECONDS = 120

# The line over which the largest study must still pass while tasks are replaced. Slower lines do at other times.
SLOWEST_LINE_BITS_PER_SECOND = 25_000_000

# CivetWeb, Orthanc's web server, gives a thread to every connection until it closes, idle or not. A load balancer
# has a node in each zone (at least two). Each node has connections of its own: one for each request under way,
# kept for its idle timeout. So a task needs a thread for every connection that all nodes together hold open: when
# none is left it answers nobody, its own health check included, and is killed. OHIF, the viewer, has up to 200
# requests under way (its `maxNumRequests`: 100 + 75 + 25); two viewers open a study at a time. What is left over
# is for health checks, and for nodes that AWS adds under load. A thread that waits costs some 0.1 MiB.
_NODES, _VIEWERS, _REQUESTS_OF_A_VIEWER, _OTHER_THREADS = 2, 2, 200, 200
HTTP_THREADS = _NODES * _VIEWERS * _REQUESTS_OF_A_VIEWER + _OTHER_THREADS

# Memory of a task, as measured with 1 to 6 uploads of 200 MiB at once (Orthanc 1.13, POST and STOW-RS): each
# upload has its file in memory three times (the request's body, the parsed file, what goes to S3), and three more
# copies are of uploads before it. Downloads need less. A task has room for so many of the largest uploads at once;
# with more of them Linux kills it, and every transfer of it fails. The rest is for Orthanc itself, its threads and
# caches, and for small files.
UPLOADS_AT_ONCE = 2
_COPIES_OF_AN_UPLOAD, _COPIES_OF_EARLIER_ONES = 3, 3
COPIES_IN_MEMORY = UPLOADS_AT_ONCE * _COPIES_OF_AN_UPLOAD + _COPIES_OF_EARLIER_ONES
_MEMORY_FOR_THE_REST_MIB = 1024


class TransferSettings(Group):
    """Transfers."""

    # By default what a task of the default size has room for. At most what passes over the slowest line within
    # 3600 s, the longest that a load balancer waits for a target.
    largest_study_mib: int = Field(default=320, ge=64, le=10240)
    """Largest study that a single request uploads or downloads as an archive, in MiB. Task memory is checked
    to hold two at once, and the limits and timeouts of every hop are derived from it."""
    response_timeout_seconds: int = Field(default=120, ge=30, le=LONGEST_ORIGIN_TIMEOUT_SECONDS)
    """Longest time that Orthanc may take to start or continue a response, 30 to 120 seconds. The timeouts of
    every hop are derived from it."""

    @property
    def load_balancer_idle_seconds(self) -> int:
        """How long the load balancer keeps a silent connection, longer than CloudFront waits for an answer."""
        return self.response_timeout_seconds + 10

    @property
    def keep_alive_seconds(self) -> int:
        """How long Orthanc keeps an idle connection, longer than the load balancer does."""
        return self.load_balancer_idle_seconds + 10

    @property
    def transfer_seconds(self) -> int:
        """How long the largest study takes over the slowest line, its answer included."""
        bits = self.largest_study_mib * 2**20 * 8
        return math.ceil(bits / SLOWEST_LINE_BITS_PER_SECOND) + self.response_timeout_seconds


def memory_needed_mib(largest_study_mib: int) -> int:
    """The memory of a task that takes studies of this size in one request."""
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
