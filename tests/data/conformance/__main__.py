"""`make conformance`: docs/conformance.md from the claims, which the tests hold against the running system."""

from tests.data.conformance.document import DOCUMENT, markdown

DOCUMENT.write_text(markdown())
