"""docs/reference/conformance.md has the claims that the tests hold against the running system."""

from collections import Counter

from tests.data.conformance.document import DOCUMENT, SECTIONS, claims, markdown


def test_the_document_is_that_of_the_claims():
    assert DOCUMENT.read_text() == markdown(), "the claims have changed; remedy: make conformance"


def test_each_claim_has_a_row_of_its_own():
    twice = [name for name, times in Counter(name for name, _ in claims(*SECTIONS)).items() if times > 1]
    assert not twice, "only one of them would be tested"


def test_each_row_has_a_cell_for_each_column():
    for section in SECTIONS:
        for claim in section.claims:
            cells = f"{claim.subject} | {claim.states}".split(" | ")
            assert len(cells) == len(section.columns), f"{section.title}: {claim.subject}"
            assert all(cells[1:]) or len(cells) > 2, f"{section.title}: {claim.subject} states nothing"
