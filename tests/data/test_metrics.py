"""Orthanc's own metrics, scraped as docs/how-to/monitor.md tells."""

import re
from typing import Any

import pytest
import requests
import yaml

from tests.data.archive import Archive
from tests.data.conftest import VIEWER
from tests.embedded import PROJECT


@pytest.fixture(scope="module")
def job() -> dict[str, Any]:
    """The scrape job of the document."""
    text = (PROJECT / "docs/how-to/monitor.md").read_text()
    marked = text.partition("<!-- scraped by the tests as it stands -->")[2]
    configuration = yaml.safe_load(marked.partition("```yaml\n")[2].partition("```")[0])
    [job] = configuration["scrape_configs"]
    return job


def scrape(archive: Archive, job: dict[str, Any], user: str, password: str) -> requests.Response:
    """One scrape, through the edge; on the embedded AWS the edge speaks plain HTTP."""
    return requests.get(f"{archive.url}{job['metrics_path']}", auth=(user, password), timeout=30)


def test_who_may_only_look_sees_how_many_studies_there_are(on_efs: Archive, job: dict[str, Any]):
    answer = scrape(on_efs, job, VIEWER, on_efs.passwords()[VIEWER])
    assert answer.status_code == 200, answer.text
    found = dict(re.findall(r"^(orthanc_\w+) (\S+)", answer.text, re.MULTILINE))
    studies = on_efs.get("/statistics").json()["CountStudies"]
    assert float(found["orthanc_count_studies"]) == studies
    assert found.keys() >= {"orthanc_jobs_running", "orthanc_rest_api_active_requests"}


def test_nobody_else_does(on_efs: Archive, job: dict[str, Any]):
    assert scrape(on_efs, job, VIEWER, "guessed").status_code == 401
    assert job["basic_auth"].keys() == {"username", "password_file"}, "the document shows a password"
