"""The deployments that DICOM goes into: two tasks, files on S3, no way out; and one task, files on EFS, NAT."""

from collections.abc import Iterator

import pytest

from tests.data.archive import Archive
from tests.embedded import Embedded, free_port

# The deployment on EFS stands behind WAF, two sites' pages may call it, and another's show it in frames.
SITE, OHIF_SITE, PORTAL = "https://viewer.example.org", *(f"http://localhost:{free_port()}" for _ in range(2))
RATE_LIMIT = 600
EDGE = {
    "enableWaf": "true",
    "wafRateLimit": str(RATE_LIMIT),
    "allowedCidrs[0]": "127.0.0.0/29",
    "corsAllowedOrigins[0]": SITE,
    "corsAllowedOrigins[1]": OHIF_SITE,
    "frameAncestors[0]": PORTAL,
}
# … and has users beside the administrator, who may look, or do everything.
VIEWER, CHIEF = "viewer", "chief"
USERS = {"orthancUsers[0].name": VIEWER, "orthancUsers[1].name": CHIEF, "orthancUsers[1].role": "full"}

# The deployment on S3 has keys of its own, and shells in its tasks can be opened.
KEYS = {"enableCustomerKeys": "true", "enableExec": "true"}
# … and a third task comes under load, and some of them are Spot.
SCALED = {"enableMultiAz": "true", "maxTasks": "3", "fargateSpotPercent": "50"}


@pytest.fixture(scope="session")
def on_s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    yield from _deployed(Embedded(tmp_path_factory.mktemp("s3")), natGateways="none", **SCALED, **KEYS)


@pytest.fixture(scope="session")
def on_efs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    yield from _deployed(Embedded(tmp_path_factory.mktemp("efs")), enableDicomS3Storage="false", **EDGE, **USERS)


@pytest.fixture(scope="session", params=["on_s3", "on_efs"])
def archive(request: pytest.FixtureRequest) -> Archive:
    """Both, one after the other: what a user sees does not depend on where the files are."""
    return request.getfixturevalue(request.param)


def _deployed(embedded: Embedded, **configuration: str) -> Iterator[Archive]:
    try:
        embedded.local("up", *(f"--config={key}={value}" for key, value in configuration.items()))
        embedded.enter()
        yield Archive(embedded)
    finally:
        embedded.local("down")
