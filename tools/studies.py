"""The cost of studies on S3 by the size of their files: a Markdown table of docs/reference/performance.md.

    python -m tools.studies

A study is read in its first month and rarely after that. A KB has 1,024 bytes.
"""

from typing import NamedTuple, get_args

from components.config.bucket import StorageClass
from components.storage.bucket import DAYS_UNTIL_TIERING, SMALLEST_FOR_GLACIER_BYTES
from tools import prices

STUDIES = 1000
YEARS = (1, 10)
# By default, S3 does not move smaller objects, and bills them as this size in Glacier Instant Retrieval (Amazon S3
# User Guide, "Lifecycle transition general considerations").
_SMALLEST_KB = 128
# Intelligent-Tiering's tiers, by the months in which a file was not read.
_INFREQUENT_AFTER, _ARCHIVED_AFTER = 1, 3


class Kind(NamedTuple):
    """Studies of one kind: the number of files in each, and KB per file."""

    name: str
    files: int
    kb: int


KINDS = (
    Kind("small files (ultrasound stills, reports)", 100, 40),
    Kind("a hospital's average of all files", 300, 100),
    Kind("computed tomography", 500, 512),
    Kind("radiography", 4, 10240),
)


def kept(kind: Kind, storage_class: str, months: int) -> float:
    """Returns USD for a study of that kind, kept for `months` (2 or more) from the day it was stored."""
    standard = kind.kb / 2**20 * prices.S3_GB
    first = DAYS_UNTIL_TIERING // 30
    later = months - first
    if storage_class == "GLACIER_IR" and kind.kb * 1024 > SMALLEST_FOR_GLACIER_BYTES:
        billed = max(kind.kb, _SMALLEST_KB) / 2**20
        moved = prices.S3_MOVE[storage_class] + later * billed * prices.S3_ARCHIVE_INSTANT_GB
    elif storage_class == "INTELLIGENT_TIERING" and kind.kb >= _SMALLEST_KB:
        gb = kind.kb / 2**20
        frequent = min(later, _INFREQUENT_AFTER)
        infrequent = min(later, _ARCHIVED_AFTER) - frequent
        archived = later - frequent - infrequent
        per_gb = (
            (frequent, prices.S3_GB),
            (infrequent, prices.S3_INFREQUENT_GB),
            (archived, prices.S3_ARCHIVE_INSTANT_GB),
        )
        moved = prices.S3_MOVE[storage_class] + gb * sum(each * price for each, price in per_gb)
        moved += later * prices.S3_MONITORING
    else:
        moved = later * standard
    return kind.files * (first * standard + moved)


def table() -> str:
    """Returns USD for a thousand studies of each kind: to store them, to keep them, to read them once."""
    classes = get_args(StorageClass)
    spans = [f"{years} year{'s' * (years > 1)}, `{each}`" for years in YEARS for each in classes]
    lines = [
        "| " + " | ".join([f"{STUDIES:,} studies, USD", "GB", "to store", *spans, "to read once"]) + " |",
        "|---|" + "---:|" * (3 + len(spans)),
    ]
    for kind in KINDS:
        gb = kind.files * kind.kb / 2**20
        stored = kind.files * (prices.S3_PUT + prices.CLOUDFRONT_REQUEST) + gb * prices.CLOUDFRONT_IN_GB
        read = kind.files * (prices.S3_GET + prices.CLOUDFRONT_REQUEST) + gb * prices.CLOUDFRONT_GB
        usd = [stored, *(kept(kind, each, 12 * years) for years in YEARS for each in classes), read]
        size = f"{kind.kb} KB" if kind.kb < 1024 else f"{kind.kb // 1024} MB"
        cells = [
            f"{kind.name}: {kind.files} × {size}",
            f"{STUDIES * gb:.0f}",
            *(f"{STUDIES * each:.2f}" for each in usd),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
