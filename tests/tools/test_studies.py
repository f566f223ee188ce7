"""What studies cost to keep, by the size of their files."""

from pathlib import Path

import pytest

from components.storage.bucket import SMALLEST_FOR_GLACIER_BYTES
from tools import studies
from tools.studies import Kind, kept

PROJECT = Path(__file__).parents[2]
SMALLEST_KB = SMALLEST_FOR_GLACIER_BYTES // 1024


def test_the_document_has_the_table():
    assert studies.table() in (PROJECT / "docs/reference/performance.md").read_text(), (
        "python -m tools.studies prints another"
    )


def test_glacier_takes_what_becomes_cheaper_within_two_years():
    smaller, larger = Kind("", 1, SMALLEST_KB - 8), Kind("", 1, SMALLEST_KB + 8)
    assert kept(larger, "GLACIER_IR", 24) < kept(larger, "STANDARD", 24)
    assert kept(smaller, "GLACIER_IR", 24) == kept(smaller, "STANDARD", 24), "moved although it pays too late"


@pytest.mark.parametrize(("kb", "cheaper"), [(127, False), (512, True)])
def test_intelligent_tiering_leaves_small_files_where_they_are(kb: int, cheaper: bool):
    kind = Kind("", 1, kb)
    assert (kept(kind, "INTELLIGENT_TIERING", 120) < kept(kind, "STANDARD", 120)) is cheaper


def test_a_month_more_costs_a_month_more():
    for storage_class in ("STANDARD", "INTELLIGENT_TIERING", "GLACIER_IR"):
        for kind in studies.KINDS:
            months = [kept(kind, storage_class, number) for number in range(2, 30)]
            assert months == sorted(months), f"{storage_class} gets cheaper by keeping"
