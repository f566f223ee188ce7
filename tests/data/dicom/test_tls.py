"""DICOM over TLS, which ends at the network load balancer."""

import ssl

import pytest

from tests.certificates import imported
from tests.data.archive import SUCCESS
from tests.data.conformance.claims import Claim
from tests.data.conformance.document import claims
from tests.data.conformance.security import OVER_TLS
from tests.data.conformance.system import System
from tests.data.modalities import CERTIFIED, Opened, new_ct

CLAIMS = dict(claims(OVER_TLS))


@pytest.fixture(scope="module")
def trusting(opened: Opened) -> ssl.SSLContext:
    """The same over TLS, and a client that trusts the workspace's authority."""
    embedded = opened.archive.embedded
    certificate = imported(embedded.client("acm"), CERTIFIED)
    tasks = [task["name"] for task in opened.archive.tasks()]
    embedded.configure(dicomCertificateArn=certificate)
    embedded.changes()
    assert [task["name"] for task in opened.archive.tasks()] == tasks, (
        "a certificate is none of the tasks' business"
    )
    context = ssl.create_default_context(cafile=str(embedded.workspace.home / "tls/ca.pem"))
    opened.archive.eventually(lambda: opened.is_let_in("SCANNER", tls=context), "the listener speaks no TLS")
    return context


def test_over_tls(opened: Opened, trusting: ssl.SSLContext):
    sent = new_ct()
    assert opened.store(sent, tls=trusting) == SUCCESS
    [back] = opened.archive.dicomweb().retrieve_study(sent.StudyInstanceUID)
    assert back == sent
    assert not opened.is_let_in("STRANGER", tls=trusting)
    assert not opened.is_let_in("SCANNER", tls=trusting, address=opened.network.far)
    assert not opened.is_let_in("SCANNER"), "a device may still speak in clear"
    assert not opened.is_let_in("SCANNER", tls=ssl.create_default_context()), (
        "the certificate is not the workspace's"
    )


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_what_is_stated_is_so(opened: Opened, trusting: ssl.SSLContext, claim: Claim):
    """Rows of docs/reference/conformance.md."""
    assert claim.measure(System(opened, trusting)) == claim.states
