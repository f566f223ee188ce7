"""`make conformance`: docs/reference/conformance.md, from the claims that tests check on the running system."""

from tests.data.conformance.document import DOCUMENT, markdown

DOCUMENT.write_text(markdown())
