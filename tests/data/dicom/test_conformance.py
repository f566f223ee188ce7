"""docs/reference/conformance.md states what the running system does: each of its rows is a test."""

import pytest

from tests.data.conformance.claims import Claim
from tests.data.conformance.document import SECTIONS, claims
from tests.data.conformance.security import OVER_TLS
from tests.data.conformance.system import System
from tests.data.modalities import Opened

CLAIMS = dict(claims(*(section for section in SECTIONS if section is not OVER_TLS)))


@pytest.fixture(scope="module")
def system(opened: Opened) -> System:
    return System(opened)


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_what_is_stated_is_so(system: System, claim: Claim):
    assert claim.measure(system) == claim.states, (
        "whoever connects a device reads otherwise; state it (make conformance) or mend it"
    )
